"""What rasdaemon prints of records that it has no words for, as a block; written here as rasdaemon 0.8.5 writes it."""

import random
from contextlib import suppress

import pytest
from formats import strategies

from raslib.formats.arm import ArmProcessor, ArmValid, ContextInformation, ErrorInformation, RunningState
from raslib.formats.cper import Severity
from raslib.formats.ghes import StatusBlock
from raslib.formats.more.nvidia import Nvidia
from raslib.formats.more.vendor import AmpereRas
from raslib.formats.sections import GUIDS, NAMES
from raslib.intake import OBSERVATIONS, read, read_all

GUID = GUIDS[Nvidia]
JOURNAL = "Nov 25 19:46:41 host rasdaemon[812]: "


def rows(data: bytes) -> str:
    """Words of 4 bytes, as many as are whole; after 16 bytes the head of the next row, be there one or not."""
    said = "  00000000: "
    for at in range(0, len(data) - 3, 4):
        said += data[at : at + 4][::-1].hex() + (f"\n  {at + 4:08x}: " if at % 16 == 12 else " ")
    return said


def section(data: bytes, kind: str = str(GUID), fru: str = "", fru_id: str = "0" * 32, severity: str = "Fatal") -> str:
    dashed = "-".join((fru_id[:8], fru_id[8:12], fru_id[12:16], fru_id[16:20], fru_id[20:]))
    head = f"2026-05-01 10:00:00 +0000  {severity} section type: {kind} fru text: {fru} fru id: {dashed} "
    return f"{head} length: {len(data)} error:\n{rows(data)}\n"


def arm(section: ArmProcessor, severity: str = "", packed: bool = False) -> str:
    errors = b"".join(e.build() for e in section.error_information)
    contexts = b"".join(c.build() for c in section.context_information)
    valid = section.validation_bits
    head = (
        f"2026-05-01 10:00:00 +0000 affinity: {section.error_affinity_level if valid.error_affinity_level else 255}"
        f" MPIDR: 0x{section.mpidr_el1:x} MIDR: 0x{section.midr_el1:x}"
        f" running_state: {section.running_state.build() if valid.running_state else -1}"
        f" psci_state: {section.psci_state if valid.running_state else -1}"
    )
    parts = (("ARM Processor Err Info", errors), ("ARM Processor Err Context Info", contexts))
    said = "".join(
        f" {name} data len: {len(data)}\n{rows(data)}"
        for name, data in (*parts, ("Vendor Specific Err Info", section.vendor_specific))
    )
    return head + said + (f"\n cpu: 3\n severity: {severity}" if severity else "") + "\n"


def body(found) -> object:
    (entry,) = StatusBlock.parse(found.data).entries
    return entry.section


@pytest.mark.parametrize("prefix", ["", JOURNAL])
@pytest.mark.parametrize("seed", range(12))
def test_a_section_comes_back_from_its_words(prefix, seed):
    made = Nvidia.parse(strategies.generate(Nvidia, seed)).replace(beyond=b"")
    text = "".join(f"{prefix}{line}\n" for line in section(made.build()).splitlines())
    found = read(text)
    assert body(found) == made
    entry = StatusBlock.parse(found.data).entries[0]
    assert (entry.section_type, entry.error_severity) == (GUID, Severity.FATAL)
    assert (found.kind, found.dump) == ("status-block", "words")


def test_what_the_line_does_not_tell_is_unknown():
    found = read(section(bytes(32)))
    assert found.unknown == (
        *("data_length", "raw_data_offset", "raw_data_length"),
        *("entries[0].flags", "entries[0].revision", "entries[0].validation_bits.timestamp"),
    )
    assert found.note == "from a trace event, lines 1 to 4"


def test_a_fru_is_valid_if_it_is_named():
    named = StatusBlock.parse(read(section(bytes(32), fru="DIMM_A0", fru_id="0123456789abcdef" * 2)).data).entries[0]
    assert (named.fru_text, str(named.fru_id)) == ("DIMM_A0", "01234567-89ab-cdef-0123-456789abcdef")
    assert (named.validation_bits.fru_text, named.validation_bits.fru_id) == (True, True)
    bare = StatusBlock.parse(read(section(bytes(32))).data).entries[0]
    assert (bare.validation_bits.fru_text, bare.validation_bits.fru_id) == (False, False)


def test_an_event_that_cannot_be_read_does_not_take_the_one_before_it_along():
    first, word = read_all(section(bytes(32)) + section(bytes(32), kind="-" * 36) + "  00000020: 00000000\n")
    assert (first.data, first.note) == (read(section(bytes(32))).data, "from a trace event, lines 1 to 4")
    assert (word.kind, word.note) == (OBSERVATIONS, f"not read: line 5: '{'-' * 36}' is not a GUID")


@pytest.mark.parametrize("severity", ["Informational", "Corrected", "Recoverable", "Fatal"])
def test_the_severity_is_that_of_the_word(severity):
    block = StatusBlock.parse(read(section(bytes(32), severity=severity)).data)
    assert block.error_severity == block.entries[0].error_severity == Severity[severity.upper()]


def test_amperes_section_has_a_name_of_its_own():
    made = AmpereRas(payload=bytes(44))
    entry = StatusBlock.parse(read(section(made.build(), kind="Ampere Specific Error")).data).entries[0]
    assert NAMES[entry.section_type] == "Ampere RAS"
    assert entry.section.build() == made.build()


def test_bytes_that_make_no_word_are_lost_and_said_to_be():
    found = read(section(bytes(range(1, 31)), kind="12345678-1234-1234-1234-123456789abc"))
    assert body(found) == bytes(range(1, 29)) + bytes(2)
    assert "the last 2 bytes of a dump are not in the log: 0 here" in found.note


FULL = ArmProcessor(
    validation_bits=ArmValid(mpidr=True, error_affinity_level=True, running_state=True, vendor_specific=True),
    error_affinity_level=2,
    mpidr_el1=0x80000100,
    midr_el1=0x410FD0C1,
    running_state=RunningState(running=True),
    error_information=(ErrorInformation(type=2, error_information=0x91000F), ErrorInformation(type=4)),
    context_information=(
        ContextInformation(register_context_type=5, registers=bytes(range(136))),
        ContextInformation(register_context_type=8, registers=bytes(20)),
    ),
    vendor_specific=b"their own bytes!",
)
FULL = ArmProcessor.parse(FULL.build())


@pytest.mark.parametrize("prefix", ["", JOURNAL])
def test_an_arm_section_comes_back_from_its_parts(prefix):
    text = "".join(f"{prefix}{line}\n" for line in arm(FULL, "Recoverable").splitlines())
    found = read(text)
    assert body(found) == FULL
    assert StatusBlock.parse(found.data).error_severity == Severity.RECOVERABLE
    assert [path for path in found.unknown if path.startswith("entries[0].section")] == ["entries[0].section.reserved"]
    assert "entries[0].fru_id" not in found.unknown, "it is not valid, so nobody asks"
    assert "entries[0].validation_bits" in found.unknown, "an ARM event tells nothing of it"


def test_without_its_own_line_the_severity_is_unknown():
    found = read(arm(FULL))
    assert {"error_severity", "entries[0].error_severity"} <= set(found.unknown)
    assert body(found) == FULL


@pytest.mark.parametrize("errors", [1, 3])
@pytest.mark.parametrize("valid", [False, True])
def test_what_is_not_valid_is_said_by_all_ones_and_stays_so(valid, errors):
    made = ArmProcessor(
        validation_bits=ArmValid(mpidr=valid, error_affinity_level=valid, running_state=valid),
        mpidr_el1=7 if valid else 0,
        error_affinity_level=3 if valid else 0,
        psci_state=5 if valid else 0,
        error_information=(ErrorInformation(type=2),) * errors,
    )
    assert body(read(arm(made))) == made


def test_contexts_without_padding_are_counted_too():
    packed = tuple(c.replace(padding=b"") for c in FULL.context_information)
    made = FULL.replace(context_information=packed)
    found = body(read(arm(made)))
    assert found.context_info_num == 2
    assert found.build() == made.build()


def test_several_events_are_several_blocks():
    found = read_all(section(bytes(32)) + arm(FULL) + section(bytes(36), severity="Corrected"))
    lengths = [len(text.splitlines()) for text in (section(bytes(32)), arm(FULL))]
    assert [f.note.split(";")[0] for f in found] == [
        "from a trace event, lines 1 to 4",
        f"from a trace event, lines 5 to {sum(lengths)}",
        f"from a trace event, lines {sum(lengths) + 1} to {sum(lengths) + 4}",
    ]
    assert [StatusBlock.parse(f.data).error_severity for f in found] == [1, 0xFFFF, 2]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (section(bytes(4)).replace("length: 4", "length: 99999"), "line 1: 99999 bytes, more than the 65536"),
        (
            section(bytes(32)).replace("  00000010: ", "  00000008: "),
            "line 3: a row for offset 0x8, where 0x10 is to come",
        ),
        ("ARM Processor Err Info data len: 32\n", "no line begins a trace event"),
    ],
)
def test_values_that_cannot_be_name_their_line(text, why):
    with pytest.raises(ValueError, match=why):
        read_all(text)


@pytest.mark.parametrize("text", [section(bytes(range(64))), arm(FULL, "Fatal")], ids=["section", "arm"])
def test_mutations_of_the_text_raise_nothing_but_valueerror(text):
    r = random.Random(5)
    for _ in range(150):
        changed = list(text)
        for _ in range(r.randint(1, 6)):
            at = r.randrange(len(changed))
            changed[at : at + r.randint(0, 12)] = r.choice(
                ("", "f", "9" * 20, "\n", "  ", changed[at], " data len: 65536\n")
            )
        with suppress(ValueError):
            for one in read_all("".join(changed)):
                assert one.kind == OBSERVATIONS or StatusBlock.explain(one.data).spans
