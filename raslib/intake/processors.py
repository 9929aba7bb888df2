"""The sections of ARM and of IA32/X64 processors from the lines of a log."""

from typing import Any

from ..formats.arm import ArmProcessor, ContextInformation, Dialect, ErrorInformation
from ..formats.more.x86 import Cpuid, X86ContextInformation, X86ErrorInformation, X86Processor
from . import linux
from .draft import Draft, DumpedBytes, Log, guid, length
from .fields import fixed, whole
from .linux import ARM_DETAILS, LINES
from .sections import Section, Structure

ERRORS, CONTEXTS = "error_information", "context_information"  # fields of the sections of both
FIXED, CONTEXT = fixed(ArmProcessor, "error_information"), fixed(ContextInformation, "registers")
LENGTH = LINES["arm_length"]
SMALL, BIG, INCORRECT = (LENGTH[name].head for name in ("small", "big", "incorrect"))
NO_ROOM = 0x100  # bytes that a context with no room is said to have; how many it was, the log does not say
FLAGS = ("flags",)  # all of them: those without a line are clear
REGISTERS = ("register_context_type", "register_array_size", "registers")


class Arm(Section):
    """One core's errors and contexts, and behind them the vendor's bytes."""

    record, lines = ArmProcessor(), LINES["arm"].values()
    errors = LINES["arm_error"] | {"type": linux.ARM_TYPE[Dialect.UEFI_2_10]}
    parts = (
        Structure(errors, ERRORS, ErrorInformation, ARM_DETAILS, FLAGS),
        Structure(LINES["arm_context"], CONTEXTS, ContextInformation, (), REGISTERS, dumped=True),
    )
    follows = frozenset({"err_info_num", "context_info_num", "section_length", "vendor_specific"})

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.size: int | None = None  # of a section that says another length, as the log has it
        self.cut_short = False  # Linux found no room for the last context

    def take(self, number: int, text: str) -> bool:
        if (found := LINES["arm_vendor"]["vendor"].read(text)) is not None:
            self.dump = self.draft.dump = DumpedBytes(self.log, length(number, found[-1].value))
        elif text == SMALL and self.inner[CONTEXTS]:
            self.cut_short = True
        elif text not in (SMALL, BIG, INCORRECT):
            return self._wrong(number, text) or super().take(number, text)
        return True

    def _wrong(self, number: int, text: str) -> bool:
        """Lines of a section whose lengths are wrong; its bytes then are as many as its entry says, or unknown."""
        for name in ("wrong", "wrong_before", "count"):
            if (found := LENGTH[name].read(text)) is None:
                continue
            sizes = [f for f in found if f.path == "error_data_length"]
            if name != "count":
                self.sized = bool(sizes)
                self.size = length(number, sizes[-1].value) if sizes else FIXED
                if self.size < FIXED:
                    raise ValueError(f"line {number}: {self.size} bytes, too few for Linux to say so")
            self.draft.put(number, [f for f in found if f not in sizes])
            return True
        return False

    def body(self) -> bytes:
        if self.size is not None:
            data: bytes = self.draft.whole().build()
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
        return super().paths() if self.size is None else {*self.draft.given}


def _arm_context(draft: Draft, packed: bool) -> Any:
    """*packed* without the padding, which older releases took for the next context or the vendor's bytes.

    Of a context whose type Linux does not know it says no more; with padding, any release finds room for it.
    """
    known = draft.record.register_context_type in LINES["arm_context"]["type"].words
    return draft.whole().replace(registers=draft.dump.data, padding=b"" if packed and known else None)


NAMED = {name: line.head for name, line in LINES["x86_named"].items()}
TYPES = {name: kind for kind, name in linux.CHECKED.items()}
UNNAMED = 0xFFFF  # a context type that Linux has no word for


class X86(Section):
    """One processor's errors and contexts, and what CPUID gave."""

    record, lines = X86Processor(), LINES["x86"].values()
    again = tuple(line.head for line in LINES["x86_check"].values())
    parts = (
        Structure(LINES["x86_error"], ERRORS, X86ErrorInformation, again),
        Structure(LINES["x86_context"], CONTEXTS, X86ContextInformation, (), REGISTERS[1:], dumped=True),
    )
    follows = frozenset({"cpuid", *map("validation_bits.{}".format, ("cpuid", "error_info_num", "context_info_num"))})

    def take(self, number: int, text: str) -> bool:
        if text == NAMED["cpuid"]:
            self.dump = self.draft.dump = DumpedBytes(self.log)
            self.draft.give(number, "validation_bits.cpuid", 1)
        return text in (NAMED["cpuid"], NAMED["array"]) or super().take(number, text)

    def read(self, draft: Draft, number: int, text: str) -> bool:
        kind = text.removeprefix(NAMED["type"]).strip()
        is_type = text.startswith(NAMED["type"]) and draft in self.inner[ERRORS]
        if is_type and kind != "unknown":  # else the GUID is on another such line
            draft.give(number, "structure_type", TYPES.get(kind) or guid(number, kind))
        return is_type or super().read(draft, number, text)

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
