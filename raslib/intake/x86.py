"""The IA32/X64 processor error section from the lines of a log."""

from typing import Any

from ..formats.more.x86 import Cpuid, X86ContextInformation, X86ErrorInformation, X86Processor
from . import linux_x86 as words
from .draft import Draft, DumpedBytes, Log
from .fields import whole
from .parts import ProcessorLines, guid

_TYPES = {text: kind for kind, text in words.CHECK_KINDS.items()}
UNNAMED = 0xFFFF  # a context type that Linux has no word for
CONTEXT = (words.CONTEXT_TYPE, words.ARRAY_SIZE, *words.ARRAY_ADDRESS.values())


class X86(ProcessorLines):
    """One processor's errors and contexts, and what CPUID gave."""

    error = words.ERROR, X86ErrorInformation, (words.CHECK, *words.ADDRESSES)
    context = words.CONTEXT, X86ContextInformation, CONTEXT
    details = tuple({line.head for lines in words.CHECK_DETAILS.values() for line in lines})

    def __init__(self, log: Log) -> None:
        super().__init__(log, X86Processor(), (words.ID,))
        self.cpuid: DumpedBytes | None = None

    def take(self, number: int, text: str) -> bool:
        if text == words.CPUID:
            self.dump = self.cpuid = DumpedBytes(self.log)
            self.head.give(number, "validation_bits.cpuid", 1)
            return True
        return text == words.ARRAY or super().take(number, text)

    def of_error(self, error: Draft, number: int, text: str) -> bool:
        kind = text.removeprefix(words.TYPE).strip()
        if text.startswith(words.TYPE) and kind != "unknown":  # else the GUID is on another such line
            error.record = error.record.replace(structure_type=_TYPES.get(kind) or guid(number, kind))
            error.given["structure_type"] = number
        return text.startswith(words.TYPE) or super().of_error(error, number, text)

    def body(self) -> bytes:
        contexts = (_context(*context) for context in self.contexts)
        head = self.head.whole()
        if self.cpuid:
            size = whole(Cpuid)
            head = head.replace(cpuid=Cpuid.parse(self.cpuid.data[:size].ljust(size, b"\0")))
        errors = tuple(error.whole() for error in self.errors)
        return head.replace(error_information=errors, context_information=tuple(contexts)).build()  # type: ignore[no-any-return]

    def given(self) -> set[str]:
        counts = {f"validation_bits.{name}" for name in ("cpuid", "error_info_num", "context_info_num")}
        return super().given() | counts | {"cpuid"}


def _context(draft: Draft, dump: DumpedBytes) -> Any:
    """The context with its registers. Of a type that Linux calls "unknown" the log does not tell the number."""
    kind = draft.record.register_context_type if "register_context_type" in draft.given else UNNAMED
    registers = dump.data.ljust(draft.record.register_array_size, b"\0")
    return draft.whole().replace(register_context_type=kind, registers=registers, padding=None)
