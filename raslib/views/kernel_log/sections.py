"""The sections that Linux prints field by field, all but the ARM processor's (drivers/firmware/efi/cper.c and others).

Those are memory, generic processor, PCI Express, references to firmware; CXL protocol errors (cper_cxl.c); and IA32/X64
processor (cper-x86.c), for which a kernel for arm64 has no printer: to it, that section is of an unknown type.
"""

from collections.abc import Callable, Iterator
from uuid import UUID

from ...formats.arm import ArmProcessor
from ...formats.firmware import FirmwareReference
from ...formats.memory import PlatformMemory
from ...formats.more.cxl import CxlProtocol, CxlRasCapability
from ...formats.more.x86 import CHECKS, Cpuid, X86ContextInformation, X86ContextType, X86ErrorInformation, X86Processor
from ...formats.pcie import Pcie
from ...formats.pcie_config import PcieCapability
from ...formats.processor import GenericProcessor
from ...formats.sections import GUIDS
from ...intake import linux, linux_cxl, linux_x86
from ...intake.fields import fixed, whole
from ...records import Register
from . import arm
from .body import INDENT, INNER, Body, Said, Wording, bits, dump

MEMORY, MEMORY_BEFORE = whole(PlatformMemory), fixed(PlatformMemory, "extended")
NUMBERED, NAMED = (len(FirmwareReference(revision=revision).build()) for revision in (0, 2))
LONGEST = 254  # characters that Linux keeps of a location


def memory(body: Body, wording: Wording) -> Iterator[str]:
    """Linux reads 80 bytes, but for the form of exactly 73, of which it does not trust later validation bits."""
    old = body.length == MEMORY_BEFORE
    values = body.values(PlatformMemory, size=MEMORY_BEFORE if old else MEMORY)
    if old and values.number("validation_bits") >> 15:
        yield linux.BEYOND
        return
    in_words = wording.since(linux.MEMORY_IN_WORDS)
    yield from values.write(linux.STATUS if in_words else linux.STATUS_BEFORE, *linux.ADDRESS)
    if said := "".join(_located(values).write(*linux.LOCATION, indent="")):
        yield INDENT + (said if in_words else said.replace(":", ": "))[:LONGEST]
    yield from values.write(linux.MEMORY_TYPE, linux.DIMM)


def _located(values: Said) -> Said:
    """The fields with the whole row, whose upper bits count if the validation bit of the extended row is set."""
    upper = values.number("extended.row") if values.valid("extended_row") else 0
    values.more["row"] = values.number("row") | upper << 16
    return values


def processor(body: Body, wording: Wording) -> Iterator[str]:
    values = body.values(GenericProcessor)
    for line in linux.PROCESSOR:
        yield from values.write(line)
        if line in (linux.ERROR_BITS, linux.FLAG_BITS) and values.valid(line.valid):
            yield from bits(values.number(line.valid), line.words, INDENT)


def pcie(body: Body, wording: Wording) -> Iterator[str]:
    values = body.values(Pcie)
    yield from values.write(*linux.PCIE)
    if wording.since(linux.AER_ALWAYS):
        yield from values.write(linux.AER_CORRECTABLE, *linux.AER)
    elif body.severity & 1:  # a test of a bit, and so true of fatal (1) and of informational (3)
        yield from values.write(*linux.AER)


def firmware(body: Body, wording: Wording) -> Iterator[str]:
    """Linux takes what follows the fields of that revision for the record itself."""
    values = body.values(FirmwareReference, size=NAMED, error_data_length=body.length)
    yield from values.write(*linux.FIRMWARE)
    revision = values.number("revision")
    at = {0: NUMBERED, 1: fixed(FirmwareReference, "record_id")}.get(revision, NAMED)
    if revision == 0:
        yield from values.write(linux.FIRMWARE_ID)
    elif revision == 2:
        yield f"{INDENT}{linux.FIRMWARE_GUID}{values['record_id_guid']}"
    if at <= body.length:
        yield from dump(body.data[at : body.length], INDENT, wording, text=True)
    elif wording.since(linux.CHECKED_LENGTHS):
        yield INDENT + linux.FIRMWARE_SHORT.write(lambda path: at if path == "offset" else body.length)


# --- IA32/X64 processor ---------------------------------------------------------------------------------------------

X86_FIXED = fixed(X86Processor, "error_information")
X86_CPUID = fixed(X86Processor, "cpuid")
X86_ERROR = whole(X86ErrorInformation)
X86_CONTEXT = fixed(X86ContextInformation, "registers")


def x86(body: Body, wording: Wording) -> Iterator[str]:
    """Linux takes the numbers of structures from the validation bits and does not look at the section's length."""
    values = body.values(X86Processor, size=X86_FIXED)
    yield from values.write(linux_x86.ID)
    if values.valid("cpuid"):
        yield INDENT + linux_x86.CPUID
        yield from dump(body.data[X86_CPUID : X86_CPUID + whole(Cpuid)], INDENT, wording)
    errors, contexts = (values.number(f"validation_bits.{part}_info_num") for part in ("error", "context"))
    for i in range(errors):
        if body.lacks(X86_FIXED + X86_ERROR * (i + 1)):
            yield linux.PAST
            return
        yield from _x86_error(body.values(X86ErrorInformation, X86_FIXED + X86_ERROR * i, index=i))
    yield from _x86_contexts(body, X86_FIXED + X86_ERROR * errors, contexts, wording)


def _x86_error(values: Said) -> Iterator[str]:
    kind = values["structure_type"]
    yield from values.write(linux_x86.ERROR)
    yield f"{INNER}{linux_x86.TYPE}{linux_x86.CHECK_KINDS.get(kind, 'unknown')}"
    if kind not in linux_x86.CHECK_KINDS:
        yield f"{INNER}{linux_x86.TYPE}{kind}"
    yield from values.write(linux_x86.CHECK, indent=INNER)
    if values.valid("check_information") and kind in CHECKS:
        yield from _check(CHECKS[kind].layout.parse(values.number("check_information")), INNER + " ")
    yield from values.write(*linux_x86.ADDRESSES, indent=INNER)


def _check(word: Register, indent: str) -> Iterator[str]:
    for line in linux_x86.CHECK_DETAILS[type(word)]:
        if getattr(word, line.valid):
            yield indent + line.write(lambda field: int(getattr(word, field)))


def _x86_contexts(body: Body, at: int, count: int, wording: Wording) -> Iterator[str]:
    for i in range(count):
        if body.lacks(at + X86_CONTEXT):
            yield linux.PAST
            return
        values = body.values(X86ContextInformation, at, X86_CONTEXT, index=i)
        kind, length = values.number("register_context_type"), values.number("register_array_size")
        yield from values.write(linux_x86.CONTEXT)
        yield from values.write(linux_x86.CONTEXT_TYPE, linux_x86.ARRAY_SIZE, indent=INNER)
        if kind in linux_x86.ARRAY_ADDRESS:
            yield from values.write(linux_x86.ARRAY_ADDRESS[X86ContextType(kind)], indent=INNER)
        yield INNER + linux_x86.ARRAY
        group = 8 if kind == X86ContextType.MSR else 4
        yield from dump(body.data[at + X86_CONTEXT : at + X86_CONTEXT + length], INNER, wording, group=group)
        if body.lacks(at + X86_CONTEXT + length):
            yield linux.PAST
            return
        at += X86_CONTEXT + length
        if wording.since(linux.PADDED_CONTEXTS):
            at += -at % 16


# --- CXL protocol error ---------------------------------------------------------------------------------------------

CXL_FIXED = fixed(CxlProtocol, "dvsec")
CXL_CAPABILITY = fixed(CxlProtocol, "capability")
CXL_REGISTERS, CXL_HEADER_LOG = whole(CxlRasCapability), fixed(CxlRasCapability, "header_log")


def cxl(body: Body, wording: Wording) -> Iterator[str]:
    """Which lines there are depends on who detected the error. Linux takes the RAS registers to be whole."""
    values = body.values(CxlProtocol, size=CXL_FIXED)
    agent = values.number("agent_type")
    yield from values.write(linux_cxl.AGENT, indent=INNER)
    if agent in linux_cxl.ON_PCIE:
        yield from values.write(*linux_cxl.DEVICE, indent=INNER)
    elif agent in linux_cxl.AGENT.words:
        yield from values.write(linux_cxl.RCRB, indent=INNER)
    if agent in linux_cxl.NUMBERED:
        yield from values.write(linux_cxl.SERIAL, indent=INNER)
    if agent in linux_cxl.ON_PCIE and values.valid("capability"):
        yield from dump(body.data[CXL_CAPABILITY : CXL_CAPABILITY + whole(PcieCapability)], INDENT, wording)
    log = CXL_FIXED + values.number("dvsec_length")
    if values.valid("dvsec"):
        yield from values.write(linux_cxl.DVSEC_LENGTH, indent=INNER)
        yield INNER + linux_cxl.DVSEC
        yield from dump(body.data[CXL_FIXED:log], INDENT, wording)
    if body.lacks(log + (CXL_REGISTERS if values.valid("error_log") else 0)):
        yield linux.PAST
    elif values.valid("error_log"):
        yield from _cxl_log(values, body.data[log : log + CXL_REGISTERS], wording)


def _cxl_log(values: Said, registers: bytes, wording: Wording) -> Iterator[str]:
    yield from values.write(linux_cxl.LOG_LENGTH, indent=INNER)
    yield INNER + linux_cxl.LOG
    yield from Said(CxlRasCapability, registers).write(*linux_cxl.REGISTERS, indent=INNER)
    yield INNER + linux_cxl.HEADER_LOG
    yield from dump(registers[CXL_HEADER_LOG:], INDENT, wording)


# of the sections that Linux prints: the bytes that it asks for at least, and how it prints them
PRINTERS: dict[UUID, tuple[int, Callable[[Body, Wording], Iterator[str]]]] = {
    GUIDS[GenericProcessor]: (whole(GenericProcessor), processor),
    GUIDS[PlatformMemory]: (MEMORY_BEFORE, memory),
    GUIDS[Pcie]: (whole(Pcie), pcie),
    GUIDS[ArmProcessor]: (arm.FIXED, arm.arm),
    GUIDS[X86Processor]: (X86_FIXED, x86),
    GUIDS[FirmwareReference]: (NUMBERED, firmware),
    GUIDS[CxlProtocol]: (CXL_FIXED, cxl),
}
