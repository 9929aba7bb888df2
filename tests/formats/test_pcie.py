"""PCI Express sections: what a root port's record says, and copies of capabilities."""

from formats import acpi_checks as checks

from raslib.formats import pcie, pcie_config
from raslib.formats.cper import CperRecord
from raslib.formats.ghes import StatusBlock
from raslib.formats.pcie_config import CorrectableErrors, UncorrectableErrors
from raslib.records import Register


def on(register: Register) -> set[str]:
    """The flags that are set."""
    return {name for name, *_ in register.layout if getattr(register, name) is True}


def sections(name: str) -> list[pcie.Pcie]:
    data = checks.sample(name)
    found = (
        CperRecord.parse(data).sections
        if data[:4] == b"CPER"
        else [entry.section for entry in StatusBlock.parse(data).entries]
    )
    return [section for section in found if isinstance(section, pcie.Pcie)]


def test_the_root_port_of_the_vector():
    [port] = sections("vectors/g_pcie.bin")
    assert on(port.validation_bits) == {
        *("port_type", "version", "command_status", "device_id", "bridge", "capability", "aer")
    }
    assert port.port_type is pcie_config.PortType.ROOT_PORT
    assert (port.version_major, port.version_minor) == (1, 1)
    assert (port.command.build(), port.status.build()) == (0x0146, 0x0010)
    assert on(port.command) == {"memory_space", "bus_master", "parity_error_response", "serr_enable"}
    assert on(port.status) == {"capabilities_list"}
    assert str(port.device_id) == "0000:10:02.0"
    assert (port.device_id.slot.number, port.device_id.secondary_bus) == (5, 0x11)
    assert (port.device_id.vendor_id, port.device_id.device_id) == (0x1AF4, 0x1000)
    assert port.device_id.class_code == pcie_config.ClassCode(base_class=6, subclass=4)
    assert (port.secondary_status.build(), port.bridge_control.build()) == (0, 0)
    assert port.aer.uncorrectable_status == UncorrectableErrors(completion_timeout=True)
    assert port.aer.uncorrectable_mask == UncorrectableErrors(unsupported_request=True)
    assert port.aer.uncorrectable_severity.build() == 0x00463031
    assert port.aer.correctable_status == CorrectableErrors(advisory_non_fatal=True)
    assert port.aer.correctable_mask.build() == 0xE000
    assert port.aer.header_log == pcie_config.HeaderLog()
    assert port.aer.header.capability_id == 1


def test_a_root_port_that_windows_recorded():
    [port] = sections("samples/whea/edk2-pytool-012.cper")
    assert (port.device_id.vendor_id, port.device_id.device_id) == (0x8086, 0x2030)
    assert port.capability.capability_id == 0x10
    assert port.capability.capabilities.port_type is pcie_config.PortType.ROOT_PORT
    assert on(port.capability.device_status) == {"correctable_error", "non_fatal_error", "fatal_error"}
    assert (port.capability.link_status.speed, port.capability.link_status.lanes) == (1, 16)
    assert on(port.aer.uncorrectable_status) == {"completion_timeout"}
    assert on(port.aer.uncorrectable_severity) >= {"completion_timeout", "malformed_tlp"}
    assert port.aer.control.first_error_pointer == 14, "the bit of a completion timeout"


def test_an_endpoint_that_windows_recorded():
    [device] = sections("samples/whea/edk2-pytool-008.cper")
    assert device.port_type is pcie_config.PortType.ENDPOINT
    assert str(device.device_id) == "0000:03:01.0"
    assert (device.device_id.vendor_id, device.serial_number) == (0x1022, 3526133790277633)


def test_the_capability_has_its_control_before_its_status():
    """As in configuration space; libcper has them the other way round, and the first word two bytes too long."""
    data = bytes.fromhex("10000200 00000000 0f00 0300") + bytes(28) + bytes.fromhex("09000800") + bytes(16)
    found = pcie_config.PcieCapability.parse(data)
    assert (found.device_control.build(), found.device_status.build()) == (0x0F, 0x03)
    assert (found.device_control_2.build(), found.device_status_2) == (9, 8)


def test_a_version_that_is_no_decimal_stays_as_it_was():
    data = pcie.Pcie(version_major=2, version_minor=10).build()
    assert data[12:14] == bytes.fromhex("1002")
    odd = data[:12] + b"\x1a\xff" + data[14:]
    assert (pcie.Pcie.parse(odd).version_minor, pcie.Pcie.parse(odd).version_major) == (b"\x1a", b"\xff")
    checks.lossless(pcie.Pcie, odd)


def test_the_serial_number_has_its_lower_word_first():
    data = pcie.Pcie(serial_number=0x11223344_55667788).build()
    assert data[40:48] == bytes.fromhex("88776655 44332211")
