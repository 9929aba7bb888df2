"""The IA32/X64 processor error section from the lines of a log."""

from typing import Any

from ..formats.more.x86 import Cpuid, X86ContextInformation, X86ErrorInformation, X86Processor
from . import linux_x86 as words
from .draft import Draft, DumpedBytes, Log
from .fields import whole
from .parts import Section, guid

_DETAILS = tuple({line.head for lines in words.CHECK_DETAILS.values() for line in lines})
_TYPES = {text: kind for kind, text in words.CHECK_KINDS.items()}
ERROR = (words.CHECK, *words.ADDRESSES)
UNNAMED = 0xFFFF  # a context type that Linux has no word for
CONTEXT = (words.CONTEXT_TYPE, words.ARRAY_SIZE, *words.ARRAY_ADDRESS.values())


class X86(Section):
    """One processor's errors and contexts. A dump belongs to what was named last."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.head = Draft(X86Processor(), (words.ID,), log)
        self.cpuid: DumpedBytes | None = None
        self.errors: list[Draft] = []
        self.contexts: list[tuple[Draft, DumpedBytes]] = []

    def take(self, number: int, text: str) -> bool:
        if text == words.CPUID:
            self.cpuid = DumpedBytes(self.log)
            self.head.give(number, "validation_bits.cpuid", 1)
        elif words.ERROR.read(text) is not None:
            self.errors.append(Draft(X86ErrorInformation(), ERROR, self.log))
        elif words.CONTEXT.read(text) is not None:
            self.contexts.append((Draft(X86ContextInformation(), CONTEXT, self.log), DumpedBytes(self.log)))
        elif text != words.ARRAY:
            return self._dump(number, text) or self._field(number, text)
        return True

    def _dump(self, number: int, text: str) -> bool:
        dump = self.contexts[-1][1] if self.contexts else self.cpuid
        return dump is not None and dump.take(number, text)

    def _field(self, number: int, text: str) -> bool:
        if self.contexts:
            return self.contexts[-1][0].take(number, text) is not None
        if not self.errors:
            return self.head.take(number, text) is not None
        error = self.errors[-1]
        if text.startswith(words.TYPE):
            self._type(error, number, text.removeprefix(words.TYPE).strip())
            return True
        return error.take(number, text) is not None or text.startswith(_DETAILS)

    def _type(self, error: Draft, number: int, text: str) -> None:
        """Linux says "unknown" first, and then on another line the GUID."""
        if text != "unknown":
            error.record = error.record.replace(structure_type=_TYPES.get(text) or guid(number, text))
            error.given["structure_type"] = number

    def body(self) -> bytes:
        contexts = (_context(draft, dump) for draft, dump in self.contexts)
        head = self.head.whole()
        if self.cpuid:
            size = whole(Cpuid)
            head = head.replace(cpuid=Cpuid.parse(self.cpuid.data[:size].ljust(size, b"\0")))
        errors = tuple(error.whole() for error in self.errors)
        return head.replace(error_information=errors, context_information=tuple(contexts)).build()  # type: ignore[no-any-return]

    def given(self) -> set[str]:
        given = [error.paths() for error in self.errors]
        errors = {f"error_information[{i}].{path}" for i, paths in enumerate(given) for path in paths}
        contexts = {
            f"context_information[{i}].{path}"
            for i, (draft, _) in enumerate(self.contexts)
            for path in {*draft.given, "register_array_size", "registers"}
        }
        counts = {f"validation_bits.{name}" for name in ("cpuid", "error_info_num", "context_info_num")}
        return self.head.paths() | errors | contexts | counts | {"cpuid"}


def _context(draft: Draft, dump: DumpedBytes) -> Any:
    """The context with its registers. Of a type that Linux calls "unknown" the log does not tell the number."""
    kind = draft.record.register_context_type if "register_context_type" in draft.given else UNNAMED
    registers = dump.data.ljust(draft.record.register_array_size, b"\0")
    return draft.whole().replace(register_context_type=kind, registers=registers, padding=None)
