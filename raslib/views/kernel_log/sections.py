"""The sections that Linux prints field by field, in its words (drivers/firmware/efi/cper.c and others).

Those are memory, generic processor, PCI Express, references to firmware; ARM processor (cper-arm.c); CXL protocol
errors (cper_cxl.c); and IA32/X64 processor (cper-x86.c), for which a kernel for arm64 has no printer: to it, that
section is of an unknown type.
"""

from collections.abc import Callable, Iterator
from uuid import UUID

from ...formats.arm import ArmProcessor, BusError, ContextInformation, Dialect, ErrorInformation, Kind, read_type
from ...formats.firmware import FirmwareReference
from ...formats.memory import PlatformMemory
from ...formats.more.cxl import CxlAgent, CxlProtocol, CxlRasCapability
from ...formats.more.x86 import CHECKS, Cpuid, X86ContextInformation, X86ContextType, X86ErrorInformation, X86Processor
from ...formats.pcie import Pcie
from ...formats.pcie_config import PcieCapability
from ...formats.processor import GenericProcessor
from ...formats.sections import GUIDS
from ...intake.fields import fixed, whole
from ...intake.linux import ARM_TYPE, CHECKED, LINES
from .body import INDENT, INNER, Body, Said, bits, details

MEMORY, MEMORY_BEFORE = whole(PlatformMemory), fixed(PlatformMemory, "extended")
NUMBERED, NAMED = (len(FirmwareReference(revision=revision).build()) for revision in (0, 2))
LONGEST = 254  # characters that Linux keeps of a location


def memory(body: Body) -> Iterator[str]:
    """Linux reads 80 bytes, but for the form of exactly 73, of which it does not trust later validation bits."""
    old = body.length == MEMORY_BEFORE
    values = body.values(PlatformMemory, size=MEMORY_BEFORE if old else MEMORY)
    if old and values.number("validation_bits") >> 15:
        yield from values.write("warning", "beyond", indent="")
        return
    # the whole row, whose upper bits count if the validation bit of the extended row is set
    upper = values.number("extended.row") if values.valid("extended_row") else 0
    values.more["row"] = values.number("row") | upper << 16
    in_words = body.wording.says("memory_in_words")
    yield from values.write("memory", "status" if in_words else "status_before", "address", "mask")
    if located := "".join(values.write("location", indent="")):
        yield INDENT + (located if in_words else located.replace(":", ": "))[:LONGEST]
    yield from values.write("memory", "type", "dimm")


def processor(body: Body) -> Iterator[str]:
    values = body.values(GenericProcessor)
    for name, line in LINES["processor"].items():
        yield from values.write("processor", name)
        if name in ("error_bits", "flag_bits") and values.valid(line.valid):
            yield from bits(values.number(line.valid), line.words, INDENT)


def pcie(body: Body) -> Iterator[str]:
    values = body.values(Pcie)
    yield from values.write("pcie")
    if body.wording.says("aer_always"):
        yield from values.write("aer")
    elif body.severity & 1:  # a test of a bit, and so true of fatal (1) and of informational (3)
        yield from values.write("aer", "uncorrectable", "severity", "header")


def firmware(body: Body) -> Iterator[str]:
    """Linux takes what follows the fields of that revision for the record itself."""
    values = body.values(FirmwareReference, size=NAMED, error_data_length=body.length)
    yield from values.write("firmware", "type", "revision")
    revision = values.number("revision")
    at = {0: NUMBERED, 1: fixed(FirmwareReference, "record_id")}.get(revision, NAMED)
    if revision == 0:
        yield from values.write("firmware", "id")
    elif revision == 2:
        yield f"{INDENT}{LINES['reference']['guid'].head}{values['record_id_guid']}"
    if at <= body.length:
        yield from body.dump(at, body.length - at, text=True)
    elif body.wording.says("checked_lengths"):
        values.more["offset"] = at
        yield from values.write("reference", "short")


# --- ARM processor --------------------------------------------------------------------------------------------------

ARM_FIXED, ARM_ERROR = fixed(ArmProcessor, "error_information"), fixed(ErrorInformation, "beyond")
ARM_CONTEXT = fixed(ContextInformation, "registers")


def arm(body: Body) -> Iterator[str]:
    """Linux steps through errors of 32 bytes whatever their length says, and knows the end from `section_length`."""
    values = body.values(ArmProcessor, size=ARM_FIXED, error_data_length=body.length)
    yield from values.write("arm", "midr")
    errors, length = values.number("err_info_num"), values.number("section_length")
    left = _int32(length - ARM_FIXED - ARM_ERROR * errors)
    checked = body.wording.says("checked_lengths")
    if left < 0 or (checked and length > body.length):
        wrong, how = "wrong" if checked else "wrong_before", "small" if left < 0 else "big"
        yield from values.write("arm_length", wrong, how, "incorrect", "count")
        return
    yield from values.write("arm", "mpidr", "level", "running", "psci")
    for error in body.parts(ErrorInformation, ARM_FIXED, ARM_ERROR, errors):
        yield from _arm_error(error, body.wording.dialect)
    yield from _arm_contexts(body, ARM_FIXED + ARM_ERROR * errors, left, values.number("context_info_num"))


def _int32(value: int) -> int:
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def _arm_error(values: Said, dialect: Dialect) -> Iterator[str]:
    yield from values.write("arm_error", "begin", "count")
    yield from values.write("arm_error", "first", "last", "propagated", "overflow", indent=INNER)
    kinds = read_type(values.number("type"), dialect).kinds
    yield INNER + ARM_TYPE[dialect].write(values.number)
    yield from values.write("arm_error", "information", indent=INNER)
    before = dialect is Dialect.UEFI_2_9
    # of a vendor's word, and of an unknown number as type, nothing is told
    if values.valid("error_information") and Kind.MICRO_ARCHITECTURAL not in kinds and (kinds or not before):
        word = BusError.parse(values.number("error_information"))  # of the three layouts, the one that has all fields
        for name, text in details("arm_details", word, [kind.value for kind in kinds]):
            named = not before and name.endswith("_operation")
            yield f"{INNER} {LINES['arm_details'][name].of}, {text}" if named else f"{INNER} {text}"
    yield from values.write("arm_error", "virtual", "physical", indent=INNER)


def _arm_contexts(body: Body, at: int, left: int, count: int) -> Iterator[str]:
    """Processor contexts, then what is left, which Linux takes for the vendor's whatever the validation bit says.

    Where a release checks no length, its loop goes on behind the block; what lies there is not told.
    """
    for i in range(count):
        if left >= ARM_CONTEXT:
            body.needs(at + ARM_CONTEXT)
        values = body.values(ContextInformation, at, ARM_CONTEXT, index=i)
        yield from values.write("arm_context", "begin")
        length = values.number("register_array_size")
        step = ARM_CONTEXT + length
        if body.wording.says("padded_contexts"):
            step += -step % 16
        if left < step:
            yield from values.write("arm_length", "small", indent=INNER)
            yield from values.write("arm_length", "incorrect")
            return
        known = values.number("register_context_type") in LINES["arm_context"]["type"].words
        yield from values.write("arm_context", "type" if known else "unknown", indent=INNER)
        if not known:
            return
        yield from body.dump(at + ARM_CONTEXT, length, INNER)
        at, left = at + step, left - step
    if left > 0:
        yield INDENT + LINES["arm_vendor"]["vendor"].write(lambda _: left)
        yield from body.dump(at, left, INNER, text=True)


# --- IA32/X64 processor ---------------------------------------------------------------------------------------------

X86_FIXED = fixed(X86Processor, "error_information")
X86_CPUID = fixed(X86Processor, "cpuid")
X86_ERROR = whole(X86ErrorInformation)
X86_CONTEXT = fixed(X86ContextInformation, "registers")


def x86(body: Body) -> Iterator[str]:
    """Linux takes the numbers of structures from the validation bits and does not look at the section's length."""
    values = body.values(X86Processor, size=X86_FIXED)
    yield from values.write("x86")
    if values.valid("cpuid"):
        yield from values.write("x86_named", "cpuid")
        yield from body.dump(X86_CPUID, whole(Cpuid))
    errors, contexts = (values.number(f"validation_bits.{part}_info_num") for part in ("error", "context"))
    for error in body.parts(X86ErrorInformation, X86_FIXED, X86_ERROR, errors):
        yield from _x86_error(error)
    yield from _x86_contexts(body, X86_FIXED + X86_ERROR * errors, contexts)


def _x86_error(values: Said) -> Iterator[str]:
    guid = values["structure_type"]
    kind, named = CHECKED.get(guid, "unknown"), INNER + LINES["x86_named"]["type"].head
    yield from values.write("x86_error", "begin")
    yield named + kind
    if guid not in CHECKED:
        yield f"{named}{guid}"
    yield from values.write("x86_error", "check", indent=INNER)
    if values.valid("check_information") and guid in CHECKED:
        word = CHECKS[guid].layout.parse(values.number("check_information"))
        yield from (f"{INNER} {text}" for _, text in details("x86_check", word, [kind]))
    yield from values.write("x86_error", "target", "requestor", "responder", "ip", indent=INNER)


def _x86_contexts(body: Body, at: int, count: int) -> Iterator[str]:
    addresses: dict[int, tuple[str, ...]] = {X86ContextType.MSR: ("msr",), X86ContextType.MEMORY_MAPPED: ("memory",)}
    for i in range(count):
        body.needs(at + X86_CONTEXT)
        values = body.values(X86ContextInformation, at, X86_CONTEXT, index=i)
        kind, length = values.number("register_context_type"), values.number("register_array_size")
        yield from values.write("x86_context", "begin")
        yield from values.write("x86_context", "type", "size", *addresses.get(kind, ()), indent=INNER)
        yield from values.write("x86_named", "array", indent=INNER)
        yield from body.dump(at + X86_CONTEXT, length, INNER, group=8 if kind == X86ContextType.MSR else 4)
        at += X86_CONTEXT + length
        if body.wording.says("padded_contexts"):
            at += -at % 16


# --- CXL protocol error ---------------------------------------------------------------------------------------------

CXL_FIXED = fixed(CxlProtocol, "dvsec")
CXL_CAPABILITY = fixed(CxlProtocol, "capability")
CXL_REGISTERS, CXL_HEADER_LOG = whole(CxlRasCapability), fixed(CxlRasCapability, "header_log")
# an agent has an address of PCI Express, and what goes with it, or is a port of a restricted host; none other has more
ON_PCIE = frozenset(CxlAgent) - {CxlAgent.RCH_DOWNSTREAM_PORT}
WITH_SERIAL = frozenset((CxlAgent.RCD, CxlAgent.DEVICE, CxlAgent.LOGICAL_DEVICE, CxlAgent.MANAGED_LOGICAL_DEVICE))


def cxl(body: Body) -> Iterator[str]:
    """Which lines there are depends on who detected the error. Linux takes the RAS registers to be whole."""
    values = body.values(CxlProtocol, size=CXL_FIXED)
    agent = values.number("agent_type")
    yield from values.write("cxl", "agent", indent=INNER)
    if agent in ON_PCIE:
        yield from values.write("cxl_device", indent=INNER)
    elif agent == CxlAgent.RCH_DOWNSTREAM_PORT:
        yield from values.write("cxl", "rcrb", indent=INNER)
    if agent in WITH_SERIAL:
        yield from values.write("cxl", "serial", indent=INNER)
    if agent in ON_PCIE and values.valid("capability"):
        yield from body.dump(CXL_CAPABILITY, whole(PcieCapability))
    log = CXL_FIXED + values.number("dvsec_length")
    if values.valid("dvsec"):
        yield from values.write("cxl_dumps", "dvsec_length", "dvsec", indent=INNER)
        yield from body.dump(CXL_FIXED, log - CXL_FIXED)
    body.needs(log + (CXL_REGISTERS if values.valid("error_log") else 0))
    if values.valid("error_log"):
        yield from values.write("cxl_dumps", "log_length", "log", indent=INNER)
        yield from body.values(CxlRasCapability, log).write("cxl_registers", indent=INNER)
        yield from values.write("cxl_dumps", "header_log", indent=INNER)
        yield from body.dump(log + CXL_HEADER_LOG, CXL_REGISTERS - CXL_HEADER_LOG)


# of the sections that Linux prints: the bytes that it asks for at least, and how it prints them
PRINTERS: dict[UUID, tuple[int, Callable[[Body], Iterator[str]]]] = {
    GUIDS[GenericProcessor]: (whole(GenericProcessor), processor),
    GUIDS[PlatformMemory]: (MEMORY_BEFORE, memory),
    GUIDS[Pcie]: (whole(Pcie), pcie),
    GUIDS[ArmProcessor]: (ARM_FIXED, arm),
    GUIDS[X86Processor]: (X86_FIXED, x86),
    GUIDS[FirmwareReference]: (NUMBERED, firmware),
    GUIDS[CxlProtocol]: (CXL_FIXED, cxl),
}
