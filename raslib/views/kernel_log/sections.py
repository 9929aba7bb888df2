"""The sections that Linux prints field by field: memory, generic processor, PCI Express, references to firmware."""

from collections.abc import Iterator

from ...formats.firmware import FirmwareReference
from ...formats.memory import PlatformMemory
from ...formats.pcie import Pcie
from ...formats.processor import GenericProcessor
from ...intake import linux
from ...intake.fields import fixed, whole
from .body import Body, Said, Wording, bits, dump

INDENT = "  "
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
    yield from values.write(linux.STATUS if in_words else linux.STATUS_BEFORE, *linux.ADDRESS, indent=INDENT)
    if said := "".join(_located(values).write(*linux.LOCATION)):
        yield INDENT + (said if in_words else said.replace(":", ": "))[:LONGEST]
    yield from values.write(linux.MEMORY_TYPE, linux.DIMM, indent=INDENT)


def _located(values: Said) -> Said:
    """The fields with the whole row, whose upper bits count if the validation bit of the extended row is set."""
    upper = values.number("extended.row") if values.valid("extended_row") else 0
    values.more["row"] = values.number("row") | upper << 16
    return values


def processor(body: Body, wording: Wording) -> Iterator[str]:
    values = body.values(GenericProcessor)
    for line in linux.PROCESSOR:
        yield from values.write(line, indent=INDENT)
        if line in (linux.ERROR_BITS, linux.FLAG_BITS) and values.valid(line.valid):
            yield from bits(values.number(line.valid), line.words, INDENT)


def pcie(body: Body, wording: Wording) -> Iterator[str]:
    values = body.values(Pcie)
    yield from values.write(*linux.PCIE, indent=INDENT)
    if wording.since(linux.AER_ALWAYS):
        yield from values.write(linux.AER_CORRECTABLE, *linux.AER, indent=INDENT)
    elif body.severity & 1:  # a test of a bit, and so true of fatal (1) and of informational (3)
        yield from values.write(*linux.AER, indent=INDENT)


def firmware(body: Body, wording: Wording) -> Iterator[str]:
    """Linux takes what follows the fields of that revision for the record itself."""
    values = body.values(FirmwareReference, size=NAMED, error_data_length=body.length)
    yield from values.write(*linux.FIRMWARE, indent=INDENT)
    revision = values.number("revision")
    at = {0: NUMBERED, 1: fixed(FirmwareReference, "record_id")}.get(revision, NAMED)
    if revision == 0:
        yield from values.write(linux.FIRMWARE_ID, indent=INDENT)
    elif revision == 2:
        yield f"{INDENT}{linux.FIRMWARE_GUID}{values['record_id_guid']}"
    if at <= body.length:
        yield from dump(body.data[at : body.length], INDENT, wording, text=True)
    elif wording.since(linux.CHECKED_LENGTHS):
        yield INDENT + linux.FIRMWARE_SHORT.write(lambda path: at if path == "offset" else body.length)
