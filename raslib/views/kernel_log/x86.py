"""The IA32/X64 processor error section in Linux's words (drivers/firmware/efi/cper-x86.c).

A kernel for arm64 has no such printer: to it, this section is of an unknown type.
"""

from collections.abc import Iterator

from ...formats.more.x86 import CHECKS, Cpuid, X86ContextInformation, X86ContextType, X86ErrorInformation, X86Processor
from ...intake import linux
from ...intake import linux_x86 as words
from ...intake.fields import fixed, whole
from ...records import Register
from .body import Body, Said, Wording, dump

FIXED = fixed(X86Processor, "error_information")
CPUID = fixed(X86Processor, "cpuid")
ERROR = whole(X86ErrorInformation)
CONTEXT = fixed(X86ContextInformation, "registers")
INDENT = "  "


def x86(body: Body, wording: Wording) -> Iterator[str]:
    """Linux takes the numbers of structures from the validation bits and does not look at the section's length."""
    values = body.values(X86Processor, size=FIXED)
    yield from values.write(words.ID, indent=INDENT)
    if values.valid("cpuid"):
        yield INDENT + words.CPUID
        yield from dump(body.data[CPUID : CPUID + whole(Cpuid)], INDENT, wording)
    errors = values.number("validation_bits.error_info_num")
    for i in range(errors):
        if body.lacks(FIXED + ERROR * (i + 1)):
            yield linux.PAST
            return
        yield from _error(body.values(X86ErrorInformation, FIXED + ERROR * i, index=i))
    yield from _contexts(body, FIXED + ERROR * errors, values.number("validation_bits.context_info_num"), wording)


def _error(values: Said) -> Iterator[str]:
    inner = INDENT + " "
    kind = values["structure_type"]
    yield from values.write(words.ERROR, indent=INDENT)
    yield f"{inner}{words.TYPE}{words.CHECK_KINDS.get(kind, 'unknown')}"
    if kind not in words.CHECK_KINDS:
        yield f"{inner}{words.TYPE}{kind}"
    yield from values.write(words.CHECK, indent=inner)
    if values.valid("check_information") and kind in CHECKS:
        yield from _details(CHECKS[kind].layout.parse(values.number("check_information")), inner + " ")
    yield from values.write(*words.ADDRESSES, indent=inner)


def _details(word: Register, indent: str) -> Iterator[str]:
    for line in words.CHECK_DETAILS[type(word)]:
        if getattr(word, line.valid):
            yield indent + line.write(lambda field: int(getattr(word, field)))


def _contexts(body: Body, at: int, count: int, wording: Wording) -> Iterator[str]:
    inner = INDENT + " "
    for i in range(count):
        if body.lacks(at + CONTEXT):
            yield linux.PAST
            return
        values = body.values(X86ContextInformation, at, CONTEXT, index=i)
        kind, length = values.number("register_context_type"), values.number("register_array_size")
        yield from values.write(words.CONTEXT, indent=INDENT)
        yield from values.write(words.CONTEXT_TYPE, words.ARRAY_SIZE, indent=inner)
        if kind in words.ARRAY_ADDRESS:
            yield from values.write(words.ARRAY_ADDRESS[X86ContextType(kind)], indent=inner)
        yield inner + words.ARRAY
        group = 8 if kind == X86ContextType.MSR else 4
        yield from dump(body.data[at + CONTEXT : at + CONTEXT + length], inner, wording, group=group)
        if body.lacks(at + CONTEXT + length):
            yield linux.PAST
            return
        at += CONTEXT + length
        if wording.since(linux.PADDED_CONTEXTS):
            at += -at % 16
