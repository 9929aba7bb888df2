"""What firmware writes: every kind of block, whole and spoilt, and what a kernel can see of it at a glance."""

from itertools import product

import pytest

from raslib.formats.cper import Severity
from raslib.formats.ghes import StatusBlock
from raslib.formats.memory import PlatformMemory
from raslib.formats.sections import GUIDS
from raslib.records import RecordError
from raslib.rules import FindingLevel, lint
from raslib.sim.el3.blocks import block_of, spoilt, status_block
from raslib.sim.linux import estatus
from raslib.sim.model.choices import Corruption, SectionKind
from raslib.sim.model.lazy import Lazy, Partial, force, force_args, ignoring, lazy
from raslib.sim.model.platform import HOST_BLOCK
from raslib.sim.model.scenario import AXES, Scenario

KINDS = list(product(SectionKind, Severity, Severity, (False, True)))


def test_every_block_is_as_its_documents_want_it():
    for kind in KINDS:
        block = status_block(*kind)
        parsed = StatusBlock.parse(block)
        assert parsed.build() == block
        found = [finding for finding in lint(StatusBlock, block) if finding.level is not FindingLevel.NOTE]
        assert found == [] or kind[1] is not kind[2]  # a section may be worse than its block on purpose
        read = estatus.read_estatus(block, HOST_BLOCK)
        assert (read.severity, read.length, read.problem, read.why) == (parsed.error_severity, len(block), None, "")
        assert [section[:5] for section in read.sections] == [
            (e.section_type, e.error_severity, e.flags.error_threshold_exceeded, e.flags.reset, e.error_data_length)
            for e in parsed.entries
        ]
        for section, entry in zip(read.sections, parsed.entries, strict=True):
            body = entry.section if isinstance(entry.section, bytes) else entry.section.build()
            assert section.data.startswith(body)


def test_the_sections_say_what_was_chosen():
    names = {}
    for section in SectionKind:
        block = StatusBlock.parse(status_block(section, Severity.RECOVERABLE, Severity.FATAL, False))
        names[section.value] = [type(entry.section).__name__ for entry in block.entries]
        assert block.error_severity is Severity.RECOVERABLE
        assert {entry.error_severity for entry in block.entries} == {Severity.FATAL}
    assert names == {
        "memory": ["PlatformMemory"],
        "ARM-processor": ["ArmProcessor"],
        "ARM-processor-bus": ["ArmProcessor"],
        "memory-no-address": ["PlatformMemory"],
        "memory-bad-address": ["PlatformMemory"],
        "two-sections": ["PlatformMemory", "ArmProcessor"],
        "PCIe": ["Pcie"],
        "vendor": ["bytes"],
    }


@pytest.mark.parametrize(
    ("by", "problem"),
    [
        (Corruption.EMPTY, estatus.EMPTY),
        (Corruption.SHORT, estatus.UNREADABLE),
        (Corruption.LONG, estatus.TOO_LONG),
        (Corruption.ENTRY, estatus.UNREADABLE),
    ],
)
def test_a_spoilt_block_is_refused_whatever_is_in_it(by: Corruption, problem: estatus.StepText):
    """So a kernel can be asked whether it reads a block before anybody asks what is in it."""
    for kind in KINDS:
        found = estatus.read_estatus(spoilt(by, status_block(*kind)), HOST_BLOCK)
        assert found.problem is problem
        assert bool(found.why) is (problem is not estatus.EMPTY)
    if by is not Corruption.EMPTY:
        with pytest.raises(RecordError):
            StatusBlock.parse(spoilt(by, status_block(*KINDS[0])))


def test_an_unknown_severity_spoils_nothing_else():
    for kind in KINDS:
        found = estatus.read_estatus(spoilt(Corruption.SEVERITY, status_block(*kind)), HOST_BLOCK)
        assert (found.problem, found.severity, found.rank) == (None, 9, Severity.FATAL)


@pytest.mark.parametrize(
    ("header", "text", "why"),
    [
        ((1, 0, 1, 0), estatus.TRUNCATED, "it says 1 bytes"),
        ((1, 0, 0, 0x1000), estatus.TOO_LONG, "it says 4116"),
        ((1, 0, 0, 63), estatus.BAD_HEADER, "data_length says 63 bytes of entries"),
        ((1, 20, 100, 80), estatus.BAD_HEADER, "raw_data_offset says 20, entries end at 100"),
        ((1, 0, 0, 64), None, ""),
        ((1, 0, 0, 0), None, ""),
        ((0, 0, 0, 63), estatus.EMPTY, ""),
    ],
)
def test_a_header_is_checked_in_the_order_of_linux(header: tuple[int, ...], text: estatus.StepText | None, why: str):
    memory = b"".join(n.to_bytes(4, "little") for n in header)
    found = estatus.read_estatus(memory, HOST_BLOCK)
    assert (found.problem, found.why) == (text, why)
    assert found.peeked is (text is not None)


def entry(length: int, revision: int = 0x300) -> bytes:
    """The head of an entry of no kind that says that *length* bytes follow."""
    head = bytes(20) + revision.to_bytes(2, "little") + bytes(2) + length.to_bytes(4, "little")
    return head.ljust(72 if revision >= 0x300 else 64, b"\0")


@pytest.mark.parametrize(
    ("raw", "data_length", "entries", "text", "lengths"),
    [
        # sums of the header wrap in 32 bits
        ((0, 0), 0xFFFF_FFFF, b"", estatus.TRUNCATED, []),
        ((0, 0), 0xFFFF_FFF0, b"", estatus.TRUNCATED, []),
        ((0, 0), 0xFFFF_FFEC, b"", estatus.TRUNCATED, []),
        ((0xFFFF_FFF0, 0x100), 72, entry(0), None, [0]),
        ((0xFFFF_FFF0, 0x23), 72, entry(0), estatus.TRUNCATED, []),
        # so do those of an entry
        ((0, 0), 64, entry(0xFFFF_FFF8), estatus.UNREADABLE, []),  # 64 bytes, but its head has 72
        ((0, 0), 136, entry(0xFFFF_FFF8)[:64] + entry(0), None, [0xFFFF_FFF8, 0]),
        ((0, 0), 64, entry(0, 0x201), None, [0]),
        ((0, 0), 72, entry(0xFFFF_FFB8), estatus.HANGS, []),  # no bytes at all: the walk goes nowhere
        ((0, 0), 100, entry(28), None, [28]),
        ((0, 0), 100, entry(29), estatus.UNREADABLE, []),
        ((0, 0), 101, entry(28), estatus.UNREADABLE, []),
    ],
)
def test_lengths_are_added_in_32_bits_as_linux_does(raw, data_length, entries, text, lengths):
    memory = b"".join(n.to_bytes(4, "little") for n in (1, *raw, data_length, 0)) + entries
    found = estatus.read_estatus(memory, HOST_BLOCK)
    assert found.problem is text
    assert [section.length for section in found.sections] == lengths


def test_linux_reads_64_kib_at_most():
    """Whatever length the source has."""
    memory = b"\1" + bytes(11) + (0x10000).to_bytes(4, "little")
    assert estatus.read_estatus(memory, 0x20000).problem is estatus.TOO_LONG


# --- looking late ----------------------------------------------------------------------------------------------------


def noting(asked: list[str], *choices: str) -> Partial:
    """A scenario that notes in *asked* what is asked of it."""
    s = Scenario.of(*choices)
    return Partial({name: s[name] for name in AXES}, asked)


def test_a_choice_that_has_no_bearing_is_not_asked_for():
    asked: list[str] = []
    s = noting(asked, "cper.section=vendor", "cper.bytes=severity")
    memory = lazy(s, block_of, Severity.CORRECTED)  # type: ignore[arg-type]
    assert isinstance(memory, Lazy)
    apart = ignoring(s, "cper.section", "cper.section_severity", "cper.threshold_exceeded")  # type: ignore[arg-type]
    found = StatusBlock.parse(force(apart, memory))
    assert asked == ["cper.bytes"]
    assert found.error_severity == 9
    assert found.entries[0].section_type == GUIDS[PlatformMemory]
    whole = Scenario.of("cper.section=vendor")
    assert ignoring(whole, "cper.section") is whole


def test_what_a_value_is_made_of_can_be_settled_and_the_value_stay_open():
    s = noting([], "cper.severity=FATAL")
    severity = lazy(s, lambda s: s.cper.severity)  # type: ignore[arg-type]
    assert force_args(s, Lazy(block_of, (severity,))) == Lazy(block_of, (Severity.FATAL,))  # type: ignore[arg-type]
    assert force_args(Scenario(), b"bytes") == b"bytes"
