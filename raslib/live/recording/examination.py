"""Questions to a real kernel that nobody has thought of, made by a seed; and the answers, held to predictions."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from ...formats.arm import ArmProcessor
from ...formats.cper import Severity, Timestamp
from ...formats.firmware import FirmwareReference
from ...formats.framing import block_of
from ...formats.ghes import HEADER, DataEntry, EntryFlags, EntryValid
from ...formats.memory import MemoryErrorType, PlatformMemory
from ...formats.pcie import DeviceId, Pcie, PcieValid
from ...formats.pcie_config import AerCapability
from ...formats.processor import GenericProcessor
from ...formats.sections import GUIDS, NAMES
from ...sim.aspects import ASPECTS, AspectRow, Held, written
from . import blocks
from .comparison import compare_case
from .layout import BASE, PAGE
from .question import SOURCES, TOP, KernelQuestion, own_case
from .reaction import PLACES, WITHIN, Reaction, places_of
from .session import home, plain, reaction_of

_OFTEN = {"gpio": 4, "sea": 4, "sdei": 2, "sdei-critical": 2}

# where there is no page: beside the flash of QEMU's virt machine, in a hole of it, beyond the RAM, RASMEM itself,
# beyond what any machine has
NOWHERE = (0, 0x0B00_0000, 0x2_0000_0000, BASE + 0x10_0000, 0xFFF_0000_0000_0)
SHORT = (PlatformMemory, ArmProcessor, GenericProcessor, Pcie, FirmwareReference)
LENGTHS = (0, 1, 8, 19, 20, 63, 64, 72, 200, 4000, 9000, 0x7FFF_FFFF, 0xFFFF_FFF0, 0xFFFF_FFF8, 0xFFFF_FFFF)
# what may go wrong: offsets of 32-bit words in the block, and in its first entry
WRONG = {"block_status": 0, "raw_data_offset": 4, "raw_data_length": 8, "data_length": 12, "error_severity": 16}
WRONG |= {"entry's error_severity": HEADER + 16, "entry's revision": HEADER + 20, "error_data_length": HEADER + 24}


def invent(seed: int, number: int) -> KernelQuestion:
    """Question *number* of *seed*: any severity, section, validity, address, source, victim; some are malformed."""
    return _Inventor(seed, number).question()


class _Inventor:
    """Makes one question; `words` says what was chosen."""

    def __init__(self, seed: int, number: int) -> None:
        self.seed, self.number, self.words = seed, number, list[str]()
        self.random = Random(f"raslib {seed} {number}")

    def one(self, weights: dict[str, int]) -> str:
        return self.random.choices(list(weights), list(weights.values()))[0]

    def maybe(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def question(self) -> KernelQuestion:
        source = self.one({name: _OFTEN.get(name, 1) for name in SOURCES})
        severity = self.severity(fatal=4)
        entries = [self.entry(severity) for _ in range(self.random.choices((1, 2, 3, 0), (64, 22, 10, 4))[0])]
        block = block_of(*entries, error_severity=severity).build()
        if self.maybe(18):
            block = self.broken(block)
        hurt = "victim" in places_of(block)
        victim = self.one({"late": 3, "early": 2, "": 0 if hurt or "sea" in source else 3})
        calm = severity in (Severity.CORRECTED, Severity.INFORMATIONAL) and not any(places_of(block))
        repeated = calm and self.maybe(25)
        again = ", again" if repeated else ""
        words = f"{_name(severity)} by {source}, victim {victim or 'none'}{again}: {'; '.join(self.words) or 'empty'}"
        return KernelQuestion(block, source, victim, repeated, self.seed, self.number, words)

    def severity(self, fatal: int) -> int:
        weights = {"CORRECTED": 36, "RECOVERABLE": 48, "INFORMATIONAL": 8, "FATAL": fatal, "": 1}
        name = self.one(weights)
        return Severity[name] if name else 7

    def entry(self, severity: int) -> DataEntry:
        """A section of any kind, most often of the severity of its block."""
        own = severity if self.maybe(75) else self.severity(fatal=2)
        kind = self.one({"memory": 44, "arm": 22, "pcie": 8, "other": 14, "short": 12})
        self.words.append(f"{kind} {_name(own)}")
        section, section_type = getattr(self, f"_{kind}")()
        flags = EntryFlags(error_threshold_exceeded=self.maybe(15))
        revision = 0x300 if self.maybe(80) else 0x201
        details = [f"revision {revision:#x}"] if revision != 0x300 else []
        details += ["threshold exceeded"] if flags.error_threshold_exceeded else []
        self.words[-1] = " ".join([self.words[-1], *details])
        return DataEntry(
            error_severity=own,
            revision=revision,
            flags=flags,
            validation_bits=EntryValid(fru_text=True),
            fru_text=f"{self.seed}.{self.number}.{len(self.words)}",  # no two records are the same
            section=section,
            section_type=section_type,
            timestamp=None if revision == 0x201 else Timestamp(),
        )

    def address(self) -> int:
        place = self.one({"victim": 48, "free": 12, "text": 6, "slab": 6, "nowhere": 24, "reserved": 4})
        reserved = TOP[self.number * PAGE % len(TOP)]
        page = {"nowhere": self.random.choice(NOWHERE), "reserved": reserved, **PLACES}[place]
        self.words[-1] += f" at {page:#x}" if place == "nowhere" else f" at {place}"
        return page + self.random.choice((0, *WITHIN))

    def _memory(self) -> tuple[Any, UUID]:
        section = blocks.memory(self.address(), MemoryErrorType.MULTI_BIT_ECC)
        return self.perhaps_invalid(section, "physical_address"), GUIDS[PlatformMemory]

    def _arm(self) -> tuple[Any, UUID]:
        infos = []
        for _ in range(self.random.choices((1, 2, 3, 0), (60, 25, 10, 5))[0]):
            type_ = self.random.choice((2, 2, 2, 2, 4, 8, 16, 1, 0, 3, 6))
            self.words[-1] += f" type {type_}"
            info = blocks.info(type_, self.address())
            infos.append(self.perhaps_invalid(info, "physical_fault_address"))
        wrong = {"err_info_num": len(infos) + 2} if self.maybe(5) else {}
        self.words[-1] += " and counts wrong" if wrong else ""
        return blocks.arm(*infos, **wrong), GUIDS[ArmProcessor]

    def perhaps_invalid(self, section: Any, field: str) -> Any:
        """*section*, of which *field* is not valid now and then."""
        if not self.maybe(10):
            return section
        self.words[-1] += " (not valid)"
        return replace(section, validation_bits=replace(section.validation_bits, **{field: False}))

    def _pcie(self) -> tuple[Any, UUID]:
        valid = PcieValid(port_type=True, device_id=self.maybe(85), aer=self.maybe(60))
        bus, device = (0, 1) if self.maybe(5) else (9, 3)
        self.words[-1] += f" {bus:02x}:{device:02x}.0" + (" with AER" if valid.aer else "")
        registers = AerCapability.parse((self.random.randbytes(72) if self.maybe(50) else b"").ljust(96, b"\0"))
        where = DeviceId(bus=bus, device=device)
        return Pcie(validation_bits=valid, port_type=4, device_id=where, aer=registers), GUIDS[Pcie]

    def _other(self) -> tuple[Any, UUID]:
        """A section that Linux hands on or only prints; its bytes are any."""
        acted_on = {GUIDS[record] for record in SHORT}
        section_type = self.random.choice([*(guid for guid in NAMES if guid not in acted_on), blocks.UNKNOWN])
        self.words[-1] += f" ({NAMES.get(section_type, 'unknown')})"
        return self.random.randbytes(self.random.randrange(1, 200)), section_type

    def _short(self) -> tuple[Any, UUID]:
        """A section that ends too early for its kind."""
        record = self.random.choice(SHORT)
        body = record().build()
        size = self.random.randrange(len(body) + 1)
        self.words[-1] += f" {record.__name__} cut to {size} of {len(body)} bytes"
        return body[:size], GUIDS[record]

    def broken(self, block: bytes) -> bytes:
        """*block* with one of its words wrong."""
        name = self.random.choice([name for name, at in WRONG.items() if at + 4 <= len(block)])
        at = WRONG[name]
        old = int.from_bytes(block[at : at + 4], "little")
        value = self.random.choice((*LENGTHS, max(old - 1, 0), old + 1))
        self.words.append(f"{name} {value:#x}")
        return block[:at] + value.to_bytes(4, "little") + block[at + 4 :]


def _name(severity: int) -> str:
    return severity.name.lower() if isinstance(severity, Severity) else f"severity {severity}"


# --- what a kernel answers --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KernelAnswer:
    """A question, and what the kernel did; or why there is no answer."""

    question: KernelQuestion
    reaction: Reaction | None = None
    trouble: str = ""

    @cached_property
    def held(self) -> Held | None:
        """What was predicted, held to what the kernel did."""
        if self.reaction is None:
            return None
        return compare_case(self.reaction, own_case(self.question, self.reaction.kernel), lab=True)

    @property
    def differences(self) -> tuple[AspectRow, ...]:
        return tuple(row for row in self.held.rows if not row.same) if self.held else ()

    @property
    def unexplained(self) -> bool:
        """Is there no answer, or a difference without a reason?"""
        return self.held is None or any(not row.known for row in self.differences)

    def __str__(self) -> str:
        lines = [f"{self.question.seed}.{self.question.number}  {self.question.words}"]
        lines += [f"    no answer: {self.trouble}"] if self.trouble else []
        for row in self.differences:
            lines += [f"  ! {row.aspect:<14} predicted: {written(row.predicted)}"]
            lines += [f"    {'':<14} real:      {written(row.real)}"]
            lines += [f"    {'':<14} {row.known or 'Nobody knows why.'}"]
        return "\n".join(lines)

    def plain(self) -> dict[str, Any]:
        """The answer as JSON has it: the question, and the reaction without its block, which is the question's."""
        asked = {**self.question._asdict(), "block": self.question.block.hex()}
        if self.reaction is None:
            return {**asked, "trouble": self.trouble}
        reaction = plain(replace(self.reaction, block=None))
        return {**asked, "kernel": self.reaction.kernel, "qemu": self.reaction.qemu, "reaction": reaction}


def agreement(answers: Iterable[KernelAnswer]) -> str:
    """How many questions, and how many of each aspect, were as predicted; a table as text."""
    answers = list(answers)
    asked, same, known = Counter[str](), Counter[str](), Counter[str]()
    for row in (row for answer in answers if answer.held for row in answer.held.rows):
        asked[row.aspect] += 1
        same[row.aspect] += row.same
        known[row.aspect] += bool(not row.same and row.known)
    equal = sum(answer.held is not None and not answer.differences for answer in answers)
    named = sum(bool(answer.differences) and not answer.unexplained for answer in answers)
    special = sum(any(row.same and row.known for row in answer.held.rows) for answer in answers if answer.held)
    lines = [f"{'aspect':<14} {'asked':>5} {'equal':>5} {'known':>5}"]
    lines += [f"{a:<14} {asked[a]:>5} {same[a]:>5} {known[a]:>5}" for a in ASPECTS if asked[a]]
    share = f"{100 * equal / len(answers):.0f} %" if answers else "nothing"
    lines += [
        f"{equal} of {len(answers)} questions equal in every aspect ({share}), {named} differ for known reasons alone",
        f"{special} were predicted by a fact of the lab's machine",
    ]
    return "\n".join(lines)


# --- as recordings ----------------------------------------------------------------------------------------------------


def path(release: str) -> Path:
    """Where answers of a release of Linux are recorded."""
    return home() / release / "examination" / "answers.jsonl"


def load(path: Path) -> list[KernelAnswer]:
    """Recorded answers, one in each line. Raises ValueError, with file and line, for what is none."""
    answers = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            answers.append(_answer(json.loads(line)))
        except (KeyError, TypeError, AttributeError, ValueError) as e:
            raise ValueError(f"{path.name}, line {number}, holds no answer: {e!r}") from e
    return answers


def _answer(plain: dict[str, Any]) -> KernelAnswer:
    asked = {name: plain[name] for name in KernelQuestion._fields}
    question = KernelQuestion(**{**asked, "block": bytes.fromhex(plain["block"])})
    if "trouble" in plain:
        return KernelAnswer(question, trouble=plain["trouble"])
    reaction = reaction_of(plain["reaction"], plain["kernel"], plain["qemu"])
    return KernelAnswer(question, replace(reaction, block=question.block))
