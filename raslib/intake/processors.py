"""The sections of ARM and of IA32/X64 processors from the lines of a log."""

from typing import Any

from ..formats.arm import ArmProcessor, ContextInformation, Dialect, ErrorInformation
from ..formats.more.x86 import Cpuid, X86ContextInformation, X86ErrorInformation, X86Processor
from . import linux_arm, linux_x86
from .draft import Draft, DumpedBytes, Log, guid, length
from .fields import fixed, whole
from .sections import Section, Structure

ERRORS, CONTEXTS = "error_information", "context_information"  # fields of the sections of both
FIXED, CONTEXT = fixed(ArmProcessor, "error_information"), fixed(ContextInformation, "registers")
BEFORE = (6, 6)  # a Linux that read the error type as a number
TYPE_BEFORE = linux_arm.TYPE[Dialect.UEFI_2_9]
ERROR = (linux_arm.TYPE[Dialect.UEFI_2_10], TYPE_BEFORE, linux_arm.COUNT, linux_arm.INFORMATION, *linux_arm.ADDRESSES)
NO_ROOM = 0x100  # bytes that a context with no room is said to have; how many it was, the log does not say
FLAGS = ("flags",)  # all of them: those without a line are clear
REGISTERS = ("register_context_type", "register_array_size", "registers")


class Arm(Section):
    """One core's errors and contexts, and behind them the vendor's bytes."""

    record, lines = ArmProcessor(), (linux_arm.MIDR, *linux_arm.SECTION)
    contexts = (linux_arm.CONTEXT_TYPE, linux_arm.CONTEXT_UNKNOWN)
    parts = (
        Structure(linux_arm.ERROR, ERRORS, ErrorInformation, ERROR, linux_arm.DETAILS, FLAGS),
        Structure(linux_arm.CONTEXT, CONTEXTS, ContextInformation, contexts, (), REGISTERS, dumped=True),
    )
    follows = frozenset({"err_info_num", "context_info_num", "section_length", "vendor_specific"})

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.wrong = Draft(ArmProcessor(), (), log)
        self.size: int | None = None  # of a section that says another length, as the log has it
        self.cut_short = False  # Linux found no room for the last context

    def take(self, number: int, text: str) -> bool:
        if (found := linux_arm.VENDOR.read(text)) is not None:
            self.dump = self.draft.dump = DumpedBytes(self.log, length(number, found[-1].value))
        elif text == linux_arm.TOO_SMALL and self.inner[CONTEXTS]:
            self.cut_short = True
        elif text not in (linux_arm.TOO_SMALL, linux_arm.TOO_BIG, linux_arm.INCORRECT):
            return self._wrong(number, text) or super().take(number, text)
        return True

    def _wrong(self, number: int, text: str) -> bool:
        """Lines of a section whose lengths are wrong; its bytes then are as many as its entry says, or unknown."""
        for line in (linux_arm.WRONG_LENGTH, linux_arm.WRONG_LENGTH_BEFORE, linux_arm.WRONG_COUNT):
            if (found := line.read(text)) is None:
                continue
            sizes = [f for f in found if f.path == "error_data_length"]
            if line is not linux_arm.WRONG_COUNT:
                self.sized = bool(sizes)
                self.size = length(number, sizes[-1].value) if sizes else FIXED
                if self.size < FIXED:
                    raise ValueError(f"line {number}: {self.size} bytes, too few for Linux to say so")
            self.wrong.put(number, [f for f in found if f not in sizes])
            return True
        return False

    def of_part(self, part: Draft, number: int, text: str) -> bool:
        for flag, meant in linux_arm.FLAGS.items():
            if text == meant and not self.inner[CONTEXTS]:
                part.give(number, f"flags.{flag}", 1, "flags")
                return True
        line = part.take(number, text)
        self.kernel = BEFORE if line is TYPE_BEFORE else self.kernel
        return line is not None

    def body(self) -> bytes:
        if self.size is not None:
            record = self.wrong.whole()
            counts = {"err_info_num": record.err_info_num, "section_length": record.section_length}
            data: bytes = self.draft.whole().replace(**counts).build()
            return data.ljust(self.size, b"\0")
        contexts = [_arm_context(draft, packed=bool(self.kernel)) for draft in self.inner[CONTEXTS]]
        counted = len(contexts)
        if self.kernel and any((CONTEXT + len(c.registers)) % 16 for c in contexts):
            self.log.note("contexts are taken to follow each other without padding, as Linux before 6.14 saw them")
        left = self.draft.dump.whole()
        if self.cut_short:
            left = contexts.pop().replace(register_array_size=NO_ROOM).build()[:CONTEXT]
        record = self.draft.whole().replace(
            error_information=tuple(error.whole() for error in self.inner[ERRORS]),
            context_information=tuple(contexts),
            vendor_specific=left,
        )
        return record.replace(context_info_num=counted, section_length=record.section_length).build()  # type: ignore[no-any-return]

    def paths(self) -> set[str]:
        return super().paths() if self.size is None else {*self.wrong.given, "midr_el1"}


def _arm_context(draft: Draft, packed: bool) -> Any:
    """*packed* without the padding, which older releases took for the next context or the vendor's bytes.

    Of a context whose type Linux does not know it says no more; with padding, any release finds room for it.
    """
    known = draft.record.register_context_type in linux_arm.CONTEXT_TYPE.words
    return draft.whole().replace(registers=draft.dump.data, padding=b"" if packed and known else None)


TYPES = {text: kind for kind, text in linux_x86.CHECK_KINDS.items()}
UNNAMED = 0xFFFF  # a context type that Linux has no word for


class X86(Section):
    """One processor's errors and contexts, and what CPUID gave."""

    record, lines = X86Processor(), (linux_x86.ID,)
    errors = (linux_x86.CHECK, *linux_x86.ADDRESSES)
    contexts = (linux_x86.CONTEXT_TYPE, linux_x86.ARRAY_SIZE, *linux_x86.ARRAY_ADDRESS.values())
    again = tuple({line.head for lines in linux_x86.CHECK_DETAILS.values() for line in lines})
    parts = (
        Structure(linux_x86.ERROR, ERRORS, X86ErrorInformation, errors, again),
        Structure(linux_x86.CONTEXT, CONTEXTS, X86ContextInformation, contexts, (), REGISTERS[1:], dumped=True),
    )
    follows = frozenset({"cpuid", *map("validation_bits.{}".format, ("cpuid", "error_info_num", "context_info_num"))})

    def take(self, number: int, text: str) -> bool:
        if text == linux_x86.CPUID:
            self.dump = self.draft.dump = DumpedBytes(self.log)
            self.draft.give(number, "validation_bits.cpuid", 1)
        return text in (linux_x86.CPUID, linux_x86.ARRAY) or super().take(number, text)

    def of_part(self, part: Draft, number: int, text: str) -> bool:
        kind = text.removeprefix(linux_x86.TYPE).strip()
        is_type = text.startswith(linux_x86.TYPE) and not self.inner[CONTEXTS]
        if is_type and kind != "unknown":  # else the GUID is on another such line
            part.give(number, "structure_type", TYPES.get(kind) or guid(number, kind))
        return is_type or super().of_part(part, number, text)

    def body(self) -> bytes:
        head, size = self.draft.whole(), whole(Cpuid)
        return head.replace(  # type: ignore[no-any-return]
            cpuid=Cpuid.parse(self.draft.dump.data[:size].ljust(size, b"\0")),
            error_information=tuple(error.whole() for error in self.inner[ERRORS]),
            context_information=tuple(map(_x86_context, self.inner[CONTEXTS])),
        ).build()


def _x86_context(draft: Draft) -> Any:
    """The context with its registers. Of a type that Linux calls "unknown" the log does not tell the number."""
    kind = draft.record.register_context_type if "register_context_type" in draft.given else UNNAMED
    registers = draft.dump.data.ljust(draft.record.register_array_size, b"\0")
    return draft.whole().replace(register_context_type=kind, registers=registers, padding=None)
