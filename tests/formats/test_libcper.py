"""A second opinion on sections: the package `cper` 0.0.4, a binding to an old libcper. Its known faults have names.

It runs in a process of its own, for some input makes it crash or never end.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from formats import acpi_checks as checks
from formats import strategies

from raslib.formats import firmware, memory, pcie, processor
from raslib.formats.arm import ArmProcessor, Dialect, ErrorInformation, read_type
from raslib.formats.cper import CperRecord, SectionDescriptor
from raslib.formats.more import ccix, cxl, cxl_events, dmar, memory2, pci
from raslib.formats.sections import GUIDS
from raslib.records import Record, Register

pytestmark = pytest.mark.skipif(find_spec("cper") is None, reason="cper is missing: pip install raslib[oracle]")

CHILD = """
import cper, json, sys
for line in sys.stdin:
    try:
        print(json.dumps(cper.parse(bytes.fromhex(line))), flush=True)
    except BaseException as e:
        print(json.dumps({"error": str(e)}), flush=True)
"""
MANY = 30  # records of each kind


def theirs(*records: bytes) -> list[Any]:
    """What cper makes of each record."""
    lines = "".join(f"{data.hex()}\n" for data in records)
    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=lines, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-300:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def whole(section: Record) -> bytes:
    return CperRecord.of((SectionDescriptor(section_type=GUIDS[type(section)]), section)).build()


def at(value: Any, path: str) -> Any:
    """The number at *path* of JSON, or of a record; None where JSON has none."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else getattr(value, name)
        if value is None:
            return None
    return value.build() if isinstance(value, Register) else int(value)


_STATUS = """
errorStatus.errorType.value error_status.error_type, errorStatus.addressSignal error_status.address,
errorStatus.controlSignal error_status.control, errorStatus.dataSignal error_status.data,
errorStatus.detectedByResponder error_status.responder, errorStatus.detectedByRequester error_status.requester,
errorStatus.firstError error_status.first_error, errorStatus.overflowDroppedLogs error_status.overflow,
"""
_TABLE = ", ".join(f"pageTableEntry_Level{n} page_table_entry_{n}" for n in range(1, 7))
# cper's path and ours, of every number that it shows of a section
FIELDS: dict[type[Record], str] = {
    memory.PlatformMemory: _STATUS
    + """memoryErrorType.value memory_error_type, physicalAddress physical_address,
        physicalAddressMask physical_address_mask, node node, card card, moduleRank module, device device, row row,
        column column, bitPosition bit_position, requestorID requestor_id, responderID responder_id,
        targetID target_id, rankNumber rank_number, cardSmbiosHandle card_handle, moduleSmbiosHandle module_handle,
        bank.value bank, extended.chipIdentification extended.chip_identification""",
    memory2.PlatformMemory2: _STATUS
    + """memoryErrorType.value memory_error_type, physicalAddress physical_address,
        physicalAddressMask physical_address_mask, node node, card card, module module, device device, row row,
        column column, rank rank, bitPosition bit_position, chipID chip_identification, requestorID requestor_id,
        responderID responder_id, targetID target_id, cardSmbiosHandle card_handle, bank.value bank,
        moduleSmbiosHandle module_handle, status.value status""",
    processor.GenericProcessor: """processorType.value processor_type, processorISA.value processor_isa,
        errorType.value processor_error_type, operation.value operation, flags.restartable flags.restartable,
        flags.preciseIP flags.precise_ip, flags.overflow flags.overflow, flags.corrected flags.corrected, level level,
        cpuVersionInfo cpu_version, processorID processor_id, targetAddress target_address, requestorID requestor_id,
        responderID responder_id, instructionIP instruction_ip""",
    pcie.Pcie: """portType.value port_type,
        commandStatus.commandRegister command, commandStatus.statusRegister status, deviceID.vendorID
        device_id.vendor_id, deviceID.deviceID device_id.device_id, deviceID.classCode device_id.class_code,
        deviceID.functionNumber device_id.function, deviceID.deviceNumber device_id.device, deviceID.segmentNumber
        device_id.segment, deviceID.primaryOrDeviceBusNumber device_id.bus, deviceID.secondaryBusNumber
        device_id.secondary_bus, deviceID.slotNumber device_id.slot.number, deviceSerialNumber serial_number,
        bridgeControlStatus.secondaryStatusRegister secondary_status,
        bridgeControlStatus.controlRegister bridge_control""",
    pci.PciBus: _STATUS
    + """errorType.value error_type, busID.busNumber bus_id.bus, busID.segmentNumber bus_id.segment,
        busAddress bus_address, busData bus_data, busRequestorID requestor_id, busCompleterID completer_id,
        targetID target_id""",
    pci.PciComponent: _STATUS
    + """idInfo.vendorID id_info.vendor_id, idInfo.deviceID id_info.device_id, idInfo.classCode id_info.class_code,
        idInfo.functionNumber id_info.function, idInfo.deviceNumber id_info.device, idInfo.busNumber id_info.bus,
        idInfo.segmentNumber id_info.segment, memoryNumber memory_number, ioNumber io_number""",
    dmar.DmarGeneric: """requesterID requester_id, segmentNumber segment_number, faultReason.value fault_reason,
        accessType.value access_type, addressType.value address_type, architectureType.value architecture_type,
        deviceAddress device_address""",
    dmar.DmarVtd: f"""version version, revision revision, capabilityRegister capability,
        extendedCapabilityRegister extended_capability, globalCommandRegister global_command,
        globalStatusRegister global_status, faultStatusRegister fault_status, {_TABLE}""",
    dmar.DmarIommu: f"revision revision, controlRegister control, statusRegister status, {_TABLE}",
    ccix.CcixPer: "length length, ccixSourceID source_id, ccixPortID port_id",
    cxl.CxlProtocol: """agentType.value agent_type, deviceID.vendorID device_id.vendor_id,
        deviceID.deviceID device_id.device_id, deviceID.subsystemVendorID device_id.subsystem_vendor_id,
        deviceID.subsystemDeviceID device_id.subsystem_id, deviceID.classCode device_id.class_code,
        deviceID.slotNumber device_id.slot.number, dvsecLength dvsec_length, errorLogLength error_log_length""",
    cxl_events.CxlDram: """length length, deviceID.vendorID device_id.vendor_id,
        deviceID.deviceID device_id.device_id, deviceID.functionNumber device_id.function, deviceID.deviceNumber
        device_id.device, deviceID.busNumber device_id.bus, deviceID.segmentNumber device_id.segment,
        deviceID.slotNumber device_id.slot.number, deviceSerial serial_number""",
    firmware.FirmwareReference: "errorRecordType.value record_type, revision revision, recordID record_id",
}


def pairs(kind: type[Record]) -> list[tuple[str, str]]:
    return [(pair.split()[0], pair.split()[1]) for pair in FIELDS[kind].split(",") if pair.strip()]


def believed(section: Any) -> Any:
    """*section* with all validation bits set: of what is not valid, cper shows nothing."""
    if not hasattr(section, "validation_bits"):
        return section
    valid = section.validation_bits
    flags = {name: True for name, _, _, kind, *_ in valid.layout if kind is bool}
    return section.replace(validation_bits=valid.replace(**flags))


def made(kind: type[Record]) -> Iterator[Record]:
    """Sections of *kind* that are as long as the document has them."""
    least = len(kind().build())
    for seed in range(1000):
        data = strategies.generate(kind, seed)
        if len(data) >= least:
            yield believed(kind.parse(data))


HALF = 1 << 63


def _saturates(ours: int, section: Any) -> int:
    """Numbers of 64 bits are signed on their way through JSON: the upper half becomes the largest of the lower."""
    return min(ours, HALF - 1)


def _class_backwards(ours: int, section: Any) -> int:
    """The three bytes of a class code are read from the first on; the lowest byte stands first (PCI, class codes)."""
    return int.from_bytes(ours.to_bytes(3, "little"), "big")


def _agent_with_reserved(ours: int, section: Any) -> int:
    """The agent type takes one byte; seven reserved bytes behind it are read along."""
    return min(int.from_bytes(bytes([ours]) + section.reserved0, "little"), HALF - 1)


FAULTS = {
    (pcie.Pcie, "deviceID.classCode"): _class_backwards,
    (cxl.CxlProtocol, "agentType.value"): _agent_with_reserved,
}


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.__name__)
def test_every_number_that_cper_shows_is_ours_but_for_its_known_faults(kind):
    sections = [section for section, _ in zip(made(kind), range(MANY), strict=False)]
    compared: set[str] = set()
    wrong: set[str] = set()
    for section, answer in zip(sections, theirs(*map(whole, sections)), strict=True):
        (shown,) = answer["sections"][0].values()
        for said, path in pairs(kind):
            number, ours = at(shown, said), at(section, path)
            if number is None or ours is None:
                continue
            compared.add(said)
            assert number == FAULTS.get((kind, said), _saturates)(ours, section), (said, path)
            wrong |= {said} if number != ours else set()
    assert compared == {said for said, _ in pairs(kind)}
    assert {said for fault, said in FAULTS if fault is kind} <= wrong, "a fault that is no longer there"


def test_numbers_of_the_upper_half_are_cut():
    section = memory.PlatformMemory(
        validation_bits=memory.MemoryValid(physical_address=True), physical_address=HALF + 5
    )
    (answer,) = theirs(whole(section))
    assert answer["sections"][0]["Memory"]["physicalAddress"] == HALF - 1


def test_the_architecture_of_a_dma_remapping_error_has_the_name_of_the_other():
    """1 is VT-d and 2 IOMMU (UEFI 2.10 §N.2.11.1); libcper has 0 and 1."""
    names = [
        answer["sections"][0]["GenericDmar"]["architectureType"]["name"]
        for answer in theirs(*(whole(dmar.DmarGeneric(architecture_type=n)) for n in (0, 1)))
    ]
    assert names == ["VT-d", "IOMMU"]
    assert dmar.DmarArchitecture(1) is dmar.DmarArchitecture.VT_D


def _arm(*infos: ErrorInformation, **more: Any) -> ArmProcessor:
    return ArmProcessor(error_information=infos, **more)


def test_arm_types_are_read_as_up_to_uefi_2_9():
    answers = theirs(*(whole(_arm(ErrorInformation(type=n))) for n in range(4)))
    names = [answer["sections"][0]["ArmProcessor"]["errorInfo"][0]["errorType"]["name"] for answer in answers]
    assert names == ["Cache Error", "TLB Error", "Bus Error", "Micro-Architectural Error"]
    ours = [read_type(n, Dialect.UEFI_2_9).kinds[0].value for n in range(4)]
    assert [name.lower() for name in names] == [name.lower() for name in ours]


def test_an_arm_section_whose_contexts_are_padded_is_not_read():
    """UEFI pads them to 16 bytes; what follows a padded one is looked for too early, and the section is given up."""
    (padded, plain) = theirs(checks.sample("vectors/rec_arm_padded.cper"), checks.sample("vectors/rec_arm_el1.cper"))
    assert list(padded["sections"][0]) == ["Unknown"]
    assert list(plain["sections"][0]) == ["ArmProcessor"]
    shown = plain["sections"][0]["ArmProcessor"]
    section = CperRecord.parse(checks.sample("vectors/rec_arm_el1.cper")).sections[0]
    registers = section.context_information[0].registers
    theirs_by_name = {name.lower(): value for name, value in shown["contextInfo"][0]["registerArray"].items()}
    assert theirs_by_name == {
        name.lower(): getattr(registers, name) for name in type(registers).con.names if name != "beyond"
    }
    assert (shown["mpidrEl1"], shown["midrEl1"]) == (section.mpidr_el1, section.midr_el1)


def test_a_status_block_is_no_record_to_it():
    (answer,) = theirs(checks.sample("vectors/g_mem.bin"))
    assert "header" not in answer
    assert "error" in answer
