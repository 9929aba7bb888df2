"""The ARM processor error section from the lines of a log."""

from typing import Any

from ..formats.arm import ArmProcessor, ContextInformation, Dialect, ErrorInformation
from . import linux_arm as words
from .draft import Draft, DumpedBytes, Log, length
from .fields import fixed
from .parts import ProcessorLines

FIXED, CONTEXT = fixed(ArmProcessor, "error_information"), fixed(ContextInformation, "registers")
BEFORE = (6, 6)  # a Linux that read the error type as a number
ERROR = (words.TYPE[Dialect.UEFI_2_10], words.TYPE[Dialect.UEFI_2_9], words.COUNT, words.INFORMATION, *words.ADDRESSES)
NO_ROOM = 0x100  # bytes that a context with no room is said to have; how many it was, the log does not say


class Arm(ProcessorLines):
    """One core's errors and contexts, and the vendor's bytes."""

    error = words.ERROR, ErrorInformation, ERROR
    context = words.CONTEXT, ContextInformation, (words.CONTEXT_TYPE, words.CONTEXT_UNKNOWN)
    details = words.DETAILS

    def __init__(self, log: Log) -> None:
        super().__init__(log, ArmProcessor(), (words.MIDR, *words.SECTION))
        self.wrong = Draft(ArmProcessor(), (), log)
        self.vendor: DumpedBytes | None = None  # what is behind the contexts
        self.size: int | None = None  # of a section that says another length, as the log has it
        self.cut_short = False  # Linux found no room for the last context

    def take(self, number: int, text: str) -> bool:
        if (found := words.VENDOR.read(text)) is not None:
            self.dump = self.vendor = DumpedBytes(self.log, length(number, found[-1].value))
        elif text == words.TOO_SMALL and self.contexts:
            self.cut_short = True
        elif text not in (words.TOO_SMALL, words.TOO_BIG, words.INCORRECT):
            return self._wrong(number, text) or super().take(number, text)
        return True

    def _wrong(self, number: int, text: str) -> bool:
        """Lines of a section whose lengths are wrong; its bytes then are as many as its entry says, or unknown."""
        for line in (words.WRONG_LENGTH, words.WRONG_LENGTH_BEFORE):
            if (found := line.read(text)) is not None:
                sizes = [f for f in found if f.path == "error_data_length"]
                self.sized = bool(sizes)
                self.size = length(number, sizes[-1].value) if sizes else FIXED
                if self.size < FIXED:
                    raise ValueError(f"line {number}: {self.size} bytes, too few for Linux to say so")
                self.wrong.put(number, [f for f in found if f not in sizes])
                return True
        found = words.WRONG_COUNT.read(text)
        if found is not None:
            self.wrong.put(number, found)
        return found is not None

    def of_error(self, error: Draft, number: int, text: str) -> bool:
        for flag, meant in words.FLAGS.items():
            if text == meant:
                error.give(number, f"flags.{flag}", 1, "flags")
                error.given["flags"] = number  # all of them: the others are clear
                return True
        line = error.take(number, text)
        self.kernel = BEFORE if line is ERROR[1] else self.kernel
        return line is not None

    def body(self) -> bytes:
        if self.size is not None:
            record = self.wrong.whole()
            counts = {"err_info_num": record.err_info_num, "section_length": record.section_length}
            data: bytes = self.head.whole().replace(**counts).build()
            return data.ljust(self.size, b"\0")
        contexts = [_context(*context, packed=bool(self.kernel)) for context in self.contexts]
        if self.kernel and any((CONTEXT + len(c.registers)) % 16 for c in contexts):
            self.log.note("contexts are taken to follow each other without padding, as Linux before 6.14 saw them")
        left = self.vendor.whole() if self.vendor else b""
        if self.cut_short:
            left = contexts.pop().replace(register_array_size=NO_ROOM).build()[:CONTEXT]
        whole = self.head.whole().replace(
            error_information=tuple(error.whole() for error in self.errors),
            context_information=tuple(contexts),
            vendor_specific=left,
        )
        counted: ArmProcessor = whole.replace(context_info_num=len(self.contexts), section_length=whole.section_length)
        return counted.build()

    def given(self) -> set[str]:
        if self.size is not None:
            return {*self.wrong.given} | {"midr_el1"}
        types = {f"context_information[{i}].register_context_type" for i in range(len(self.contexts))}
        return super().given() | types | {"err_info_num", "context_info_num", "section_length", "vendor_specific"}


def _context(draft: Draft, dump: DumpedBytes, packed: bool) -> Any:
    """*packed* without the padding, which older releases took for the next context or the vendor's bytes.

    Of a context whose type Linux does not know it says no more; with padding, any release finds room for it.
    """
    known = draft.record.register_context_type in words.CONTEXT_TYPE.words
    return draft.whole().replace(registers=dump.data, padding=b"" if packed and known else None)
