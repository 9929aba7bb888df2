"""The ARM processor error section in Linux's words (drivers/firmware/efi/cper-arm.c)."""

from collections.abc import Iterator

from ...formats.arm import (
    ArmProcessor,
    BusError,
    ContextInformation,
    Dialect,
    ErrorInformation,
    Kind,
    Reading,
    read_type,
)
from ...intake import linux
from ...intake import linux_arm as words
from ...intake.fields import fixed
from .body import INDENT, INNER, Body, Said, Wording, dump

FIXED = fixed(ArmProcessor, "error_information")
ERROR = fixed(ErrorInformation, "beyond")
CONTEXT = fixed(ContextInformation, "registers")


def arm(body: Body, wording: Wording) -> Iterator[str]:
    """Linux steps through errors of 32 bytes whatever their length says, and knows the end from `section_length`."""
    values = body.values(ArmProcessor, size=FIXED, error_data_length=body.length)
    yield from values.write(words.MIDR)
    errors, length = values.number("err_info_num"), values.number("section_length")
    left = _int32(length - FIXED - ERROR * errors)
    checked = wording.since(linux.CHECKED_LENGTHS)
    if left < 0 or (checked and length > body.length):
        wrong = words.WRONG_LENGTH if checked else words.WRONG_LENGTH_BEFORE
        yield from values.write(wrong)
        yield INDENT + (words.TOO_SMALL if left < 0 else words.TOO_BIG)
        yield INDENT + words.INCORRECT
        yield from values.write(words.WRONG_COUNT)
        return
    yield from values.write(*words.SECTION)
    for i in range(errors):
        if body.lacks(FIXED + ERROR * (i + 1)):
            yield linux.PAST
            return
        yield from _error(body.values(ErrorInformation, FIXED + ERROR * i, ERROR, index=i), wording)
    yield from _contexts(body, FIXED + ERROR * errors, left, values.number("context_info_num"), wording)


def _int32(value: int) -> int:
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def _error(values: Said, wording: Wording) -> Iterator[str]:
    yield from values.write(words.ERROR, words.COUNT)
    if values.valid("flags"):
        yield from (INNER + said for flag, said in words.FLAGS.items() if getattr(values["flags"], flag, False))
    reading = read_type(values.number("type"), wording.dialect)
    yield from values.write(words.TYPE[wording.dialect], words.INFORMATION, indent=INNER)
    if values.valid("error_information"):
        word = BusError.parse(values.number("error_information"))  # of the three layouts, the one that has all fields
        yield from (f"{INNER} {said}" for said in _details(word, reading, wording))
    yield from values.write(*words.ADDRESSES, indent=INNER)


def _details(word: BusError, reading: Reading, wording: Wording) -> Iterator[str]:
    """What the error information word says; of a vendor's word, and of an unknown number as type, nothing."""
    if Kind.MICRO_ARCHITECTURAL in reading.kinds or (wording.dialect is Dialect.UEFI_2_9 and not reading.kinds):
        return
    named = wording.dialect is not Dialect.UEFI_2_9
    details = [
        ("", words.TRANSACTION),
        *((f"{kind.value}, " if named else "", words.OPERATIONS[kind]) for kind in reading.kinds),
        *(("", words.LEVELS[kind]) for kind in reading.kinds),
        *(("", line) for line in words.STATE),
        *(("", line) for line in words.BUS if Kind.BUS in reading.kinds),
    ]
    for before, line in details:
        if getattr(word, line.valid) and (said := line.write(lambda field: int(getattr(word, field)))):
            yield before + said


def _contexts(body: Body, at: int, left: int, count: int, wording: Wording) -> Iterator[str]:
    """Processor contexts, then what is left, which Linux takes for the vendor's whatever the validation bit says.

    Where a release checks no length, its loop goes on behind the block; what lies there is not told.
    """
    for i in range(count):
        if left >= CONTEXT and body.lacks(at + CONTEXT):
            yield linux.PAST
            return
        values = body.values(ContextInformation, at, CONTEXT, index=i)
        yield from values.write(words.CONTEXT)
        length = values.number("register_array_size")
        step = CONTEXT + length
        if wording.since(linux.PADDED_CONTEXTS):
            step += -step % 16
        if left < step:
            yield INNER + words.TOO_SMALL
            yield INDENT + words.INCORRECT
            return
        if values.number("register_context_type") not in words.CONTEXT_TYPE.words:
            yield from values.write(words.CONTEXT_UNKNOWN, indent=INNER)
            return
        yield from values.write(words.CONTEXT_TYPE, indent=INNER)
        yield from dump(body.data[at + CONTEXT : at + CONTEXT + length], INNER, wording)
        if body.lacks(at + CONTEXT + length):
            yield linux.PAST
            return
        at, left = at + step, left - step
    if left > 0:
        yield INDENT + words.VENDOR.write(lambda _: left)
        yield from dump(body.data[at : at + left], INNER, wording, text=True)
        if body.lacks(at + left):
            yield linux.PAST
