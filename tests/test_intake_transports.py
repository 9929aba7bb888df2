"""Whatever carried a kernel's lines, the same record is read from them; each carrier is written here."""

import json
import quopri
import re
import textwrap
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_intake import ARM, FIXED, MEMORY, VECTORS, arm, blocks, entries, placed, text_of, unhurried

from raslib.formats.ghes import StatusBlock
from raslib.intake import OBSERVATIONS, read, read_all
from raslib.resources import samples
from raslib.views.kernel_log import kernel_log

RELEASES = ("4.19", "5.10", "5.15.198", "6.1.192", "6.6", "6.11", "6.12", "6.18", "6.19", "7.1")


def lines_of(text: str, number: int = 3) -> list[str]:
    source = "Hardware error from APEI Generic Hardware Error Source: 4"
    return [f"{{{number}}}[Hardware Error]: {line}" for line in (source, *text.split("\n")) if line]


def every(before: str, after: str = "") -> Callable[[list[str]], str]:
    return lambda lines: "".join(f"{before}{line}{after}\n" for line in lines)


def wrapped(lines: list[str], quote: str, flowed: bool = False) -> str:
    """As mail breaks lines that are longer than 72 characters, between words."""
    made = []
    for line in lines:
        parts = textwrap.wrap(f"[  292.644951] {line}", 72, break_long_words=False, break_on_hyphens=False)
        made += [quote + part + (" " if flowed and part is not parts[-1] else "") for part in parts]
    return "\n".join(made) + "\n"


def quoted_printable(lines: list[str]) -> str:
    return "".join(quopri.encodestring(f"{line}\n".encode()).decode() for line in lines)


TRANSPORTS: dict[str, Callable[[list[str]], str | bytes]] = {
    "dmesg": every("[   99.240616] "),
    "dmesg -T": every("[Mon Nov 23 08:28:11 2026] "),
    "dmesg -x": every("kern  :err   : [   99.240616] "),
    "dmesg -r": every("<3>[   99.240616] "),
    "dmesg with callers": every("[   99.240616][    C1] "),
    "dmesg --time-format iso": every("2026-11-23T08:28:11,240616+01:00 "),
    "journalctl": every("Nov 23 08:28:11 node7 kernel: "),
    "journalctl -o short-iso": every("2026-11-23T08:28:11+0100 node7 kernel: "),
    "journalctl -o export": every("MESSAGE="),
    "rsyslog": every("2026-11-23T08:28:11.240616+01:00 node7 kernel: [   99.240616] "),
    "a console server": every("node7:[Mon Nov 23 08:28:11 2026] "),
    "grep": every("var/log/kern.log:2014:[   99.240616] "),
    "serial console": every("[   99.240616] ", "\r"),
    "colours": every("\x1b[32m[   99.240616] \x1b[0m\x1b[31m", "\x1b[0m"),
    "pstore": lambda lines: "Panic#1 Part1\n" + every("<3>[   99.240616] ")(lines),
    "quoted": every(">> > [   99.240616] "),
    "a fence": lambda lines: "Seen today:\n\n```\n" + every("[   99.240616] ")(lines) + "```\n\nWhat is it?\n",
    "escaped brackets": lambda lines: every("host kernel: ")([re.sub(r"([\[\]])", r"\\\1", line) for line in lines]),
    "blank lines between": every("[   99.240616] ", "\n"),
    "no colon": lambda lines: every("[   99.240616] ")([line.replace("Error]: ", "Error]") for line in lines]),
    "no numbers": lambda lines: every("[   99.240616] ")([line.partition("}")[2] for line in lines]),
    "JSON lines": lambda lines: "".join(
        json.dumps({"_HOSTNAME": "node7", "PRIORITY": "3", "MESSAGE": line}) + "\n" for line in lines
    ),
    "JSON with bytes": lambda lines: "".join(json.dumps({"MESSAGE": [*line.encode()]}) + "\n" for line in lines),
    "JSON of one message": lambda lines: json.dumps({"_msg": "\n".join(lines)}),
    "JSON, pretty": lambda lines: "\n".join(json.dumps({"MESSAGE": line}, indent=8) for line in lines),
    "JSON array": lambda lines: json.dumps([{"MESSAGE": line} for line in lines]),
    "a JSON string": lambda lines: json.dumps("\n".join(lines)),
    "one physical line": lambda lines: " ".join(f"[   99.240616] {line}" for line in lines),
    "mail": lambda lines: wrapped(lines, ""),
    "mail, quoted": lambda lines: wrapped(lines, "> > "),
    "mail, format=flowed": lambda lines: wrapped(lines, "", flowed=True),
    "quoted-printable": quoted_printable,
    "mail with headers": lambda lines: (
        "From: a@example.org\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        "Content-Transfer-Encoding: quoted-printable\n\n" + quoted_printable(lines)
    ),
    "UTF-16": lambda lines: every("[   99.240616] ")(lines).encode("utf-16"),
    "UTF-16 without a mark": lambda lines: every("[   99.240616] ")(lines).encode("utf-16-le"),
    "a bad byte": lambda lines: b"[   98.0] usb: caf\xe9\x00 M-i\n" + every("[   99.240616] ")(lines).encode(),
}
PLAIN = [name for name in VECTORS if not name.endswith(("g_short", "g_v201"))]


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_carrier_brings_the_same_record(transport, name):
    text = text_of(name)
    given_ = TRANSPORTS[transport](lines_of(text))
    found = read(given_)
    assert found.data == read(text).data
    assert kernel_log(found) == text
    assert "not understood" not in found.note


words = st.text("ABCDIM_0123456789", max_size=12).map(str.encode)
tame = st.one_of(
    blocks(entries(MEMORY, placed), entries(ARM, arm(aligned=True))),
    blocks(*(entries(kind, body) for kind, body in FIXED.items())),
)


@unhurried
@given(tame, st.sampled_from(RELEASES), st.sampled_from(sorted(TRANSPORTS)), words)
def test_any_record_comes_back_from_any_release_through_any_carrier(data, kernel, transport, fru):
    """But for a FRU text of odd signs, which mail or a terminal may take for its own."""
    block = StatusBlock.explain(data).record
    if block is None:
        return
    tamed = [e.replace(fru_text=fru.decode()) for e in block.entries]
    text = kernel_log(block.replace(entries=tuple(tamed)), kernel)
    direct = read(text)
    found = read(TRANSPORTS[transport](lines_of(text)))
    assert kernel_log(found.data, kernel) == kernel_log(direct.data, kernel) == text
    assert (found.data, found.unknown) == (direct.data, direct.unknown)


def test_the_release_that_a_log_names_is_the_one_that_prints_it():
    boot = "[    0.000000] Linux version 5.10.0-28-arm64 (debian-kernel@lists.debian.org)\n"
    found = read(boot + every("[   99.240616] ")(lines_of(kernel_log(samples("status_blocks/g_mem"), "5.10"))))
    assert found.kernel == "5.10.0"
    assert kernel_log(found) == kernel_log(samples("status_blocks/g_mem"), "5.10")


def test_hosts_that_are_mixed_are_told_apart_though_they_count_alike():
    both = [lines_of(text_of(f"status_blocks/{name}"), 1) for name in ("g_mem", "g_arm")]
    mixed = [
        f"Nov 23 08:28:11 {host} kernel: {one}\n"
        for i in range(80)
        for host, lines in zip(("node7", "node8"), both, strict=True)
        for one in lines[i : i + 1]
    ]
    found = read_all("".join(mixed))
    assert [kernel_log(one) for one in found] == [text_of("status_blocks/g_mem"), text_of("status_blocks/g_arm")]
    assert ["on node7" in found[0].note, "on node8" in found[1].note] == [True, True]


def test_cpus_that_are_mixed_are_told_apart_without_numbers():
    both = [lines_of(text_of(f"status_blocks/{name}")) for name in ("g_mem", "g_arm")]
    mixed = [
        f"[   99.240616][    C{cpu}] {one.partition('}')[2]}\n"
        for i in range(80)
        for cpu, lines in enumerate(both)
        for one in lines[i : i + 1]
    ]
    found = read_all("".join(mixed))
    assert [kernel_log(one) for one in found] == [text_of("status_blocks/g_mem"), text_of("status_blocks/g_arm")]


BEFORE_3_13 = """\
[  101.5] {2}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1
[  101.5] {2}[Hardware Error]: APEI generic hardware error status
[  101.5] {2}[Hardware Error]: severity: 2, corrected
[  101.5] {2}[Hardware Error]: section: 0, severity: 2, corrected
[  101.5] {2}[Hardware Error]: flags: 0x01
[  101.5] {2}[Hardware Error]: primary
[  101.5] {2}[Hardware Error]: fru_text: CorrectedErr
[  101.5] {2}[Hardware Error]: section_type: memory error
[  101.5] {2}[Hardware Error]: error_status: 0x0000000000000400
[  101.5] {2}[Hardware Error]: physical_address: 0x000000078e321000
[  101.5] {2}[Hardware Error]: node: 1
[  101.5] {2}[Hardware Error]: card: 2
[  101.5] {2}[Hardware Error]: bit_position: 5
[  101.5] {2}[Hardware Error]: error_type: 2, single-bit ECC
"""


def test_the_words_of_linux_before_3_13_are_read():
    found = read(BEFORE_3_13)
    (entry,) = StatusBlock.parse(found.data).entries
    section = entry.section
    assert (entry.error_severity, entry.fru_text, entry.flags.build()) == (2, "CorrectedErr", 1)
    assert (section.physical_address, section.node, section.card, section.bit_position) == (0x7_8E32_1000, 1, 2, 5)
    assert (section.memory_error_type, section.error_status.build()) == (2, 0x400)
    assert "not understood" not in found.note
    assert "entries[0].flags" not in found.unknown


def test_class_codes_before_5_4_are_turned_round():
    text = text_of("status_blocks/g_pcie").replace("class_code: 060400", "class_code: 000406")
    if "000406" not in text:
        text = re.sub(r"class_code: [0-9a-f]{6}", "class_code: 000406", text)
    found = read(text)
    assert "the class code stands as before Linux 5.4, the base class last" in found.note
    assert StatusBlock.parse(found.data).entries[0].section.device_id.class_code.build() == 0x060400


# --- what is cut off or left out --------------------------------------------------------------------------------------

PCIE = """\
{1}[Hardware Error]: event severity: fatal
{1}[Hardware Error]:  Error 0, type: fatal
{1}[Hardware Error]:   section_type: PCIe error
{1}[Hardware Error]:   device_id: 0000:40:03.1
{1}[Hardware Error]:   vendor_id: 0x1022, device_id: 0x14
{1}[Hardware Error]:   aer_uncor_status: 0x00100000, aer_uncor_ma
"""


@pytest.mark.parametrize("part", ["Error info", "Context info"])
def test_the_line_that_begins_a_part_begins_none_if_it_is_cut_off(part):
    lines = lines_of(f"{text_of('status_blocks/g_arm')}  {part} structure 2")
    assert f"not understood: line {len(lines)} '{part} structure 2'" in read("\n".join(lines)).note


def test_whole_numbers_before_a_cut_are_kept_and_the_others_are_unknown():
    found = read(PCIE)
    section = StatusBlock.parse(found.data).entries[0].section
    assert (section.device_id.bus, section.device_id.device, section.device_id.function) == (0x40, 3, 1)
    assert (section.device_id.vendor_id, section.aer.uncorrectable_status.build()) == (0x1022, 0x100000)
    assert "line 5 is cut off after device_id.vendor_id" in found.note
    assert "line 6 is cut off after aer.uncorrectable_status" in found.note
    assert "entries[0].section.aer.*" in found.unknown
    assert "entries[0].section.device_id.*" in found.unknown
    assert len(found.unknown) < 20


@pytest.mark.parametrize(
    ("first", "section_type"),
    [
        ("Error 4, type: corrected", "memory error"),
        ("section_type: memory error", "memory error"),
        ("fru_text: DIMM 3", "memory error"),
        ("physical_address: 0x0000000000001000", "memory error"),
        ("MIDR: 0x00000000481fd010", "ARM processor error"),
        ("aer_uncor_severity: 0x000ef030", "PCIe error"),
    ],
)
def test_an_excerpt_without_the_event_line_gives_what_there_is(first, section_type):
    rest = {"ARM processor error": "running state: 0x1", "PCIe error": "port_type: 4, root port"}
    more = rest.get(section_type, "error_type: 3, multi-bit ECC")
    found = read(f"[  9.1] {{1}}[Hardware Error]:  {first}\n[  9.1] {{1}}[Hardware Error]:   {more}\n")
    assert f"section_type: {section_type}" in kernel_log(found)
    assert "error_severity" in found.unknown
    assert "line 1" in found.note


def test_rows_that_are_missing_in_a_dump_are_unknown_and_the_others_are_kept():
    kind = "12345678-1234-1234-1234-123456789abc"
    text = f"event severity: fatal\n Error 0, type: fatal\n  section type: unknown, {kind}\n  section length: 0x30\n"
    found = read(text + "  00000000: 03020100 07060504 0b0a0908 0f0e0d0c\n  00000020: 01020304 0 \n")
    assert StatusBlock.parse(found.data).entries[0].section == bytes(range(16)) + bytes(32)
    found = read(text + "  00000000: 03020100 07060504 0b0a0908 0f0e0d0c\n  00000020: 01020304\n")
    assert StatusBlock.parse(found.data).entries[0].section[32:36] == b"\4\3\2\1"
    assert "the 16 bytes of a dump before it are not in the log" in found.note
    assert found.unknown[0] == "entries[0].section"


def test_one_event_that_cannot_be_read_does_not_take_the_others_along():
    bad = "{8}[Hardware Error]: event severity: fatal\n{8}[Hardware Error]:  Error 0, type: fatal\n"
    bad += "{8}[Hardware Error]:   section_type: memory error\n{8}[Hardware Error]:   node:70000 \n"
    good = every("")(lines_of(text_of("status_blocks/g_mem")))
    found = read_all(good + bad + every("")(lines_of(text_of("status_blocks/g_arm"), 9)))
    assert [one.kind for one in found] == ["status-block", "status-block", OBSERVATIONS]
    assert "70000 does not fit" in found[2].note
    with pytest.raises(ValueError, match="70000 does not fit"):
        read(bad)


def test_no_control_character_of_the_input_is_in_what_is_said():
    text = (
        "\n".join(lines_of(text_of("status_blocks/g_mem")))
        + "\n{3}[Hardware Error]:   \x1b]0;owned\x07\x01odd \x9b31m\n"
    )
    found = read(text + "[ 1.0] EDAC MC0: \x1b[31mred\x1b[0m \x02\n")
    told = found.note + "".join(one.text for one in found.observations)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", told)
    assert "\\x02" in told
