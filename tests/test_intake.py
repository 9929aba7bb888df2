"""Whatever form bytes come in, the same bytes are found; a kernel log gives blocks that are logged so again."""

import base64
import json
import os
import random
import re
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import raslib.intake
from raslib.cli import main
from raslib.formats.arm import ArmProcessor, Dialect
from raslib.formats.firmware import FirmwareReference
from raslib.formats.ghes import DataEntry, StatusBlock
from raslib.formats.memory import PlatformMemory
from raslib.formats.more.cxl import CxlProtocol
from raslib.formats.more.x86 import CHECKS, X86Processor
from raslib.formats.pcie import Pcie
from raslib.formats.processor import GenericProcessor
from raslib.formats.sections import GUIDS, NAMES
from raslib.intake import KINDS, OBSERVATIONS, Found, Observation, kind_of, read, read_all
from raslib.intake.block import Event, noted, read_lines
from raslib.intake.lines import Line
from raslib.intake.logs import Shapes
from raslib.resources import folder, samples
from raslib.views.kernel_log import kernel_log

SHARED = Path(os.environ.get("RASKIT_SHARED") or Path(__file__).parents[2] / "shared")
VECTORS = [name for name in samples() if (folder("data") / f"{name}.linux-7.2.txt").is_file()]  # printed by Linux
PRINTED = [name for name in VECTORS if not name.endswith("g_short")]
HEST = samples("hest/qemu-7.2")
BLOCK = samples("status_blocks/g_mem")


def text_of(name: str) -> str:
    return (folder("data") / f"{name}.linux-7.2.txt").read_text(encoding="utf-8")


# --- kinds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VECTORS)
def test_every_vector_is_a_status_block(name):
    """Even the one that Linux refuses: its first entry is of a known section type."""
    assert kind_of(samples(name)) == "status-block"


@pytest.mark.parametrize("kind", ["hest", "bert", "erst", "einj", "aest", "sdei", "ras2", "rasf", "agdi"])
def test_tables_are_known_by_their_signature(kind):
    assert kind_of(kind.upper().encode() + bytes(32)) == kind


def test_records_are_known_by_their_signature():
    assert kind_of(b"CPER" + bytes(124)) == "record"


def test_every_kind_has_been_named():
    assert tuple(KINDS) == (
        "status-block",
        "record",
        "hest",
        "bert",
        "erst",
        "einj",
        "aest",
        "sdei",
        "ras2",
        "rasf",
        "agdi",
    )


def test_an_empty_block_is_a_status_block():
    assert kind_of(bytes(20)) == "status-block"
    assert kind_of(bytes(400)) == "status-block"


def test_a_block_of_unknown_sections_is_known_by_its_lengths():
    section = DataEntry(section_type=UUID(int=5), section=b"abc")
    assert kind_of(StatusBlock(entries=(section, section)).build()) == "status-block"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "there is nothing in it"),
        (b"\x7fELF\2\1" + bytes(80), "it begins as an ELF file does: of a dump of a kernel, `crash` prints the log"),
        (b"LPKSHHRH" + bytes(80), "it begins as a journal does: `journalctl --file NAME -k` prints it"),
        (
            b"log".ljust(257, b"\0") + b"ustar" + bytes(250),
            "it begins as a tar archive does: unpack it, and give the folder",
        ),
        (b"HEST", "HEST, but 4 bytes are no table: its header takes 36"),
        (b"DSDT" + bytes(32), "none of HEST, BERT, ERST, EINJ, AEST, SDEI, RAS2, RASF, AGDI, CPER"),
        (b"hest" + bytes(32), "none of HEST"),
        (bytes(12) + b"\1" + bytes(7), "StatusBlock.data_length at byte 12 .*: says 1 bytes, 0 are there"),
        (bytes(12) + b"\1" + bytes(20), "StatusBlock.data_length at byte 12 .*: ends at byte 21, entry 0 at byte 84"),
        (b"\0\0\4\0" + bytes(16), "no entries, and no status and severity as an empty block has them"),
        (bytes(16) + b"\4" + bytes(3), "no entries, and no status and severity as an empty block has them"),
    ],
)
def test_what_is_no_kind_says_what_was_looked_at(data, why):
    with pytest.raises(ValueError, match=why):
        kind_of(data)


# --- the same bytes in every form -------------------------------------------------------------------------------------

# a block of a vendor's section of 7 bytes that are signs which tools put around text
SMALL = StatusBlock(
    error_severity=1,
    entries=(
        DataEntry(
            section_type=UUID("12345678-1234-1234-1234-123456789abc"),
            revision=0x0201,
            error_severity=1,
            section=b"a|>  <|",
        ),
    ),
).build()
INJECT = {"execute": "inject-ghes-v2-error", "arguments": {"cper": base64.b64encode(SMALL).decode()}}
FORMS = {
    "xxd": """\
00000000: 0000 0000 0000 0000 0000 0000 4700 0000  ............G...
00000010: 0100 0000 7856 3412 3412 3412 1234 1234  ....xV4.4.4..4.4
00000020: 5678 9abc 0100 0000 0102 0000 0700 0000  Vx..............
00000030: 0000 0000 0000 0000 0000 0000 0000 0000  ................
00000040: 0000 0000 0000 0000 0000 0000 0000 0000  ................
00000050: 0000 0000 617c 3e20 203c 7c              ....a|>  <|
""",
    "xxd -e": """\
00000000: 00000000 00000000 00000000 00000047  ............G...
00000010: 00000001 12345678 12341234 34123412  ....xV4.4.4..4.4
00000020: bc9a7856 00000001 00000201 00000007  Vx..............
00000030: 00000000 00000000 00000000 00000000  ................
00000040: 00000000 00000000 00000000 00000000  ................
00000050: 00000000 203e7c61   7c3c20           ....a|>  <|
""",
    "xxd -i": """\
unsigned char s_bin[] = {
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x47, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x78, 0x56, 0x34, 0x12,
  0x34, 0x12, 0x34, 0x12, 0x12, 0x34, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc,
  0x01, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x61, 0x7c, 0x3e, 0x20, 0x20, 0x3c, 0x7c
};
unsigned int s_bin_len = 91;
""",
    "xxd -p": """\
000000000000000000000000470000000100000078563412341234121234
123456789abc010000000102000007000000000000000000000000000000
000000000000000000000000000000000000000000000000617c3e20203c
7c
""",
    "hexdump -C": """\
00000000  00 00 00 00 00 00 00 00  00 00 00 00 47 00 00 00  |............G...|
00000010  01 00 00 00 78 56 34 12  34 12 34 12 12 34 12 34  |....xV4.4.4..4.4|
00000020  56 78 9a bc 01 00 00 00  01 02 00 00 07 00 00 00  |Vx..............|
00000030  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
00000050  00 00 00 00 61 7c 3e 20  20 3c 7c                 |....a|>  <||
0000005b
""",
    "hexdump": """\
0000000 0000 0000 0000 0000 0000 0000 0047 0000
0000010 0001 0000 5678 1234 1234 1234 3412 3412
0000020 7856 bc9a 0001 0000 0201 0000 0007 0000
0000030 0000 0000 0000 0000 0000 0000 0000 0000
*
0000050 0000 0000 7c61 203e 3c20 007c
000005b
""",
    "od -A x -t x1z": """\
000000 00 00 00 00 00 00 00 00 00 00 00 00 47 00 00 00  >............G...<
000010 01 00 00 00 78 56 34 12 34 12 34 12 12 34 12 34  >....xV4.4.4..4.4<
000020 56 78 9a bc 01 00 00 00 01 02 00 00 07 00 00 00  >Vx..............<
000030 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  >................<
*
000050 00 00 00 00 61 7c 3e 20 20 3c 7c                 >....a|>  <|<
00005b
""",
    "od": """\
0000000 000000 000000 000000 000000 000000 000000 000107 000000
0000020 000001 000000 053170 011064 011064 011064 032022 032022
0000040 074126 136232 000001 000000 001001 000000 000007 000000
0000060 000000 000000 000000 000000 000000 000000 000000 000000
*
0000120 000000 000000 076141 020076 036040 000174
0000133
""",
    "od -b": """\
0000000 000 000 000 000 000 000 000 000 000 000 000 000 107 000 000 000
0000020 001 000 000 000 170 126 064 022 064 022 064 022 022 064 022 064
0000040 126 170 232 274 001 000 000 000 001 002 000 000 007 000 000 000
0000060 000 000 000 000 000 000 000 000 000 000 000 000 000 000 000 000
*
0000120 000 000 000 000 141 174 076 040 040 074 174
0000133
""",
    "od -x": """\
0000000 0000 0000 0000 0000 0000 0000 0047 0000
0000020 0001 0000 5678 1234 1234 1234 3412 3412
0000040 7856 bc9a 0001 0000 0201 0000 0007 0000
0000060 0000 0000 0000 0000 0000 0000 0000 0000
*
0000120 0000 0000 7c61 203e 3c20 007c
0000133
""",
    "od -t x1": """\
0000000 00 00 00 00 00 00 00 00 00 00 00 00 47 00 00 00
0000020 01 00 00 00 78 56 34 12 34 12 34 12 12 34 12 34
0000040 56 78 9a bc 01 00 00 00 01 02 00 00 07 00 00 00
0000060 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
*
0000120 00 00 00 00 61 7c 3e 20 20 3c 7c
0000133
""",
    "od -t x1z": """\
0000000 00 00 00 00 00 00 00 00 00 00 00 00 47 00 00 00  >............G...<
0000020 01 00 00 00 78 56 34 12 34 12 34 12 12 34 12 34  >....xV4.4.4..4.4<
0000040 56 78 9a bc 01 00 00 00 01 02 00 00 07 00 00 00  >Vx..............<
0000060 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  >................<
*
0000120 00 00 00 00 61 7c 3e 20 20 3c 7c                 >....a|>  <|<
0000133
""",
    "od -t x4": """\
0000000 00000000 00000000 00000000 00000047
0000020 00000001 12345678 12341234 34123412
0000040 bc9a7856 00000001 00000201 00000007
0000060 00000000 00000000 00000000 00000000
*
0000120 00000000 203e7c61 007c3c20
0000133
""",
    "od -A d -t x1": """\
0000000 00 00 00 00 00 00 00 00 00 00 00 00 47 00 00 00
0000016 01 00 00 00 78 56 34 12 34 12 34 12 12 34 12 34
0000032 56 78 9a bc 01 00 00 00 01 02 00 00 07 00 00 00
0000048 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
*
0000080 00 00 00 00 61 7c 3e 20 20 3c 7c
0000091
""",
    "the kernel, by words": """\
[   37.883851] {7}[Hardware Error]:   00000000: 00000000 00000000 00000000 00000047
[   37.884373] {7}[Hardware Error]:   00000010: 00000001 12345678 12341234 34123412
[   37.884374] {7}[Hardware Error]:   00000020: bc9a7856 00000001 00000201 00000007
[   37.884375] {7}[Hardware Error]:   00000030: 00000000 00000000 00000000 00000000
[   37.884376] {7}[Hardware Error]:   00000040: 00000000 00000000 00000000 00000000
[   37.884511] {7}[Hardware Error]:   00000050: 00 00 00 00 61 7c 3e 20 20 3c 7c                 ....a|>  <|
""",
    "hex": SMALL.hex(),
    "hex by bytes": SMALL.hex(" "),
    "hex in lines, with comments": "# a block\n" + "\n".join(f"{c:02x} # byte {i}" for i, c in enumerate(SMALL)),
    "hex with 0x": "0x" + SMALL.hex(),
    "hex bytes with 0x": " ".join(f"0x{c:02X};" for c in SMALL),
    "hex bytes with 0x and blanks alone": " ".join(f"0x{c:02x}" for c in SMALL),
    "hex with commas": SMALL.hex(","),
    "hex with colons": SMALL.hex(":"),
    "C with comments and decimal": "const u8 x[91] = { /* 91\n bytes */ " + ",".join(map(str, SMALL)) + "}; // x",
    "C strings": "\n".join(f'"\\x{c:02x}"' for c in SMALL),
    "Python": repr(SMALL.hex(" ")).replace("'", " "),
    "base64": base64.b64encode(SMALL).decode(),
    "base64 in lines": base64.encodebytes(SMALL).decode(),
    "base64 for addresses": base64.urlsafe_b64encode(SMALL).decode(),
    "QMP": json.dumps(INJECT),
    "QMP, a session": f'{{"QMP": {{}}}}\n{json.dumps(INJECT, indent=2)}\n{{"return": {{}}}}\n',
    "QMP through virsh": f"virsh qemu-monitor-command guest '{json.dumps(INJECT)}'",
    "QMP, as its shell writes it": f"(QEMU) inject-ghes-v2-error cper={INJECT['arguments']['cper']}",
    "QMP with slashes escaped": json.dumps(INJECT).replace("/", "\\/"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_form_holds_the_same_bytes(form, newline):
    found = read(FORMS[form].replace("\n", newline))
    assert (found.data, found.kind) == (SMALL, "status-block")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_may_come_as_bytes(encoding):
    assert read(FORMS["xxd"].encode(encoding)).data == SMALL


@pytest.mark.parametrize("name", samples())
def test_binary_files_are_taken_as_they_are(name):
    data = samples(name)
    if name.startswith("memory/"):  # guest memory with two registers before the block
        with pytest.raises(ValueError, match="no status block"):
            read(data)
        assert read(data, "status-block") == Found("status-block", data, "binary")
    else:
        assert read(data) == Found(kind_of(data), data, "binary")


@pytest.mark.parametrize("path", sorted((folder("data") / "status_blocks").glob("*.hex")), ids=lambda path: path.stem)
def test_the_projects_own_hex_files_are_read(path):
    assert read(path.read_bytes()).data == samples(f"status_blocks/{path.stem}")


ACPIDUMP = """
FACP @ 0x0000000047EF0000
    0000: 46 41 43 50 14 01 00 00 06 1C 42 4F 43 48 53 00  FACP......BOCHS.

HEST @ 0x000000004043E898
    0000: 48 45 53 54 26 00 00 00 01 20 42 4F 43 48 53 00  HEST&.... BOCHS.
    0010: 42 58 50 43 20 20 20 20 01 00 00 00 42 58 50 43  BXPC    ....BXPC
    0020: 01 00 00 00 00 00                                ......

EINJ @ 0x0000000000000000
    0000: 45 49 4E 4A 24 00 00 00 01 20 42 4F 43 48 53 00  EINJ$.... BOCHS.
    0010: 42 58 50 43 20 20 20 20 01 00 00 00 42 58 50 43  BXPC    ....BXPC
    0020: 01 00 00 00                                      ....

"""


def test_acpidump_gives_the_tables_that_raslib_knows():
    hest, einj = read_all(ACPIDUMP)
    head = b"\1\x20BOCHS\0BXPC    \1\0\0\0BXPC\1\0\0\0"
    assert hest == Found("hest", b"HEST\x26\0\0\0" + head + b"\0\0", "from a dump at line 6")
    assert einj == Found("einj", b"EINJ\x24\0\0\0" + head, "from a dump at line 11")
    assert read_all(ACPIDUMP, "einj") == (einj,)
    with pytest.raises(ValueError, match="there are 2, not one: hest, from a dump at line 6; einj, from a dump at "):
        read(ACPIDUMP)
    with pytest.raises(ValueError, match="of the tables FACP, none is one of HEST, BERT, ERST, EINJ, AEST, SDEI"):
        read(ACPIDUMP.partition("HEST")[0])


def test_several_arrays_and_several_dumps_are_several_things():
    arrays = "u8 a[] = {" + ",".join(map(hex, SMALL)) + "};\nu8 b[] = {" + ",".join(map(hex, HEST)) + "};\n"
    assert [found.kind for found in read_all(arrays)] == ["status-block", "hest"]
    assert [found.data for found in read_all(FORMS["xxd"] * 2)] == [SMALL, SMALL]


def test_a_comment_of_c_ends_where_c_ends_it():
    """A line's comment may begin another that is none."""
    array = "u8 a[] = { // bytes /* of a block\n" + ",".join(map(hex, SMALL)) + " /* // */ };\n"
    assert read(array).data == SMALL
    with pytest.raises(ValueError, match="line 4: '0x100' is not a byte"):
        read("{0x00, // one\n/* two\nthree */\n0x100}")


def test_a_command_may_inject_several_records_one_after_another():
    found = read_all(f"{json.dumps(INJECT)}\n{json.dumps(INJECT)}\n")
    assert [f.note for f in found] == ["injected by the command at line 1", "injected by the command at line 2"]
    assert [f.data for f in found] == [SMALL, SMALL]


def test_a_kind_that_is_given_is_not_doubted():
    assert read(SMALL[:-1], "record").kind == "record"
    assert read(SMALL[:-1].hex(), "hest") == Found("hest", SMALL[:-1], "from hex digits")
    with pytest.raises(ValueError, match="'table' is not one of status-block, record, hest, bert"):
        read(SMALL, "table")


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ("00 11\n22 3\n", "line 2: '3' is not hex digits of whole bytes"),
        ("00 11\n\n# fine\n0x1g", "line 4: '0x1g' is not hex digits"),
        ("hello", "line 1: 'hello' is not hex digits"),
        ("# nothing", "there are no hex digits"),
        ("", "there are no hex digits"),
        ("00 11 22", "no status block: StatusBlock at byte 3 .*: needs 20 bytes"),
        ("{0x00,\n0x100}", "line 2: '0x100' is not a byte"),
        ("{1,\n2, 256}", "line 2: '256' is not a byte"),
        ("/* \n\n */ {1, 0x12345678}", "line 3: '0x12345678' is not a byte .the order of words is not told"),
        ("u8 x[] = {1, 2", "an array was begun, but none is whole"),
        ('"\\x00"\n"\\x00\\n"', "line 2: .* is not escapes of the form"),
        ("00000000: 00 11\n00000003: 22", "line 2: offset 0x3 follows a row that ends at 0x2"),
        ("00000000: 00 11\nrest", "line 2: 'rest' is not hex digits"),
        ("00000000: 00 11\n*\n10000000: 22", "line 3: offset 0x10000000 follows a row that ends at 0x2"),
        ("00000000: 00 11\n*\n00000005: 22", "line 3: offset 0x5 follows a row that ends at 0x2"),
        ("00000000: 00 11  abc", "is not hex digits"),
        ("000000 00 11 22 33\n000004 44 55\n000005", "line 3: the end is said to be 0x5, the rows end at 0x6"),
        ("# two\n00000000: 00 11", "the dump at line 2: .* no status block"),
    ],
)
def test_what_cannot_be_read_says_where(form, why):
    with pytest.raises(ValueError, match=why):
        read_all(form)


def test_offsets_are_octal_or_decimal_only_where_they_count_the_bytes_so():
    """The second row of 16 bytes begins at 10 in hex, 16 in decimal, 20 in octal; else it is a fault and stays one."""
    row = " ".join(f"{c:02x}" for c in HEST[:16])
    for second in ("0000010", "0000016", "0000020"):
        assert read(f"0000000 {row}\n{second} {row}\n", "hest").data == HEST[:16] * 2
    for second in ("0000011", "0000018", "0000030"):
        with pytest.raises(ValueError, match="line 1|line 2"):
            read(f"0000000 {row}\n{second} {row}\n", "hest")


@pytest.mark.parametrize("form", ["od", "base64", "QMP", "hexdump -C", "xxd -i"])
def test_the_command_line_takes_every_form(form, tmp_path, capsys):
    (tmp_path / "given").write_text(FORMS[form])
    assert main(["roundtrip", str(tmp_path / "given")]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"file": str(tmp_path / "given"), "kind": "status-block", "identical": True}


def test_little_endian_words_are_told_by_text_by_kind_or_by_the_tool():
    """xxd -g4 and Linux write the same digits in another order; what is beside them, or comes out, decides."""
    assert read(f"00000000: {HEST[:4].hex()} {HEST[4:8].hex()}  HEST....\n", "hest").data == HEST[:8]
    assert read(f"00000000: {HEST[3::-1].hex()} {HEST[7:3:-1].hex()}  HEST....\n", "hest").data == HEST[:8]
    rows = [[BLOCK[j : j + 4] for j in range(i, min(i + 16, len(BLOCK)), 4)] for i in range(0, len(BLOCK), 16)]
    for order in (1, -1):  # only in the right order is this a block
        words = [" ".join(word[::order].hex() for word in row) for row in rows]
        assert read("\n".join(f"{16 * i:08x}: {row}" for i, row in enumerate(words))).data == BLOCK
    assert read("00000000: 01020304\n", "hest").data == b"\4\3\2\1"
    assert read("00000000: 0102 0304\n", "hest").data == b"\1\2\3\4"


# --- kernel logs ------------------------------------------------------------------------------------------------------

DMESG = """\
[    0.294334] HEST: Table parsing has been initialized.
[ 1419.542401][    C1] {57}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 9
[ 1419.551435][    C1] {57}[Hardware Error]: event severity: recoverable
[ 1419.557865][    C1] {57}[Hardware Error]:  Error 0, type: recoverable
[ 1419.564295][    C1] {57}[Hardware Error]:   section_type: memory error
[ 1419.571421][    C1] {57}[Hardware Error]:   physical_address: 0x0000001000093c00
[ 1419.571434][    C1] {57}[Hardware Error]:   node:0 card:1 row:65536
[ 1419.586813][    C1] {57}[Hardware Error]:   error_type: 3, multi-bit ECC
[ 1419.783606][T54990] Memory failure: 0x1000093: recovery action for free buddy page: Recovered
"""


def test_a_log_gives_the_block_and_says_what_it_does_not_tell():
    found = read(DMESG)
    (entry,) = StatusBlock.parse(found.data).entries
    section = PlatformMemory()
    assert entry.section == section.replace(
        validation_bits=section.validation_bits.replace(
            physical_address=True, node=True, card=True, extended_row=True, memory_error_type=True
        ),
        physical_address=0x10_0009_3C00,
        card=1,
        extended=section.extended.replace(row=1),
        memory_error_type=3,
    )
    assert found == Found(
        kind="status-block",
        data=found.data,
        note="from a kernel log, lines 3 to 8; event {57}; error source 9",
        unknown=(
            "entries[0].section.extended.chip_identification",
            "data_length",
            "raw_data_offset",
            "raw_data_length",
            "entries[0].flags",
            "entries[0].revision",
            "entries[0].error_data_length",
            "entries[0].section.validation_bits.card_handle",
        ),
        kernel="7.3",
        observations=(
            Observation(
                1,
                "apei",
                "HEST: Table parsing has been initialized.",
                (("text", "Table parsing has been initialized."),),
                time="0.294334",
            ),
            Observation(
                9,
                "memory_failure",
                "Memory failure: 0x1000093: recovery action for free buddy page: Recovered",
                (("pfn", 0x1000093), ("action", "recovery action for free buddy page: Recovered")),
                time="1419.783606",
            ),
        ),
        lines=(3, 8),
        source="9",
        time="1419.542401",
    )


def prefixed(text: str, before: str) -> str:
    return "".join(before + line + "\n" for line in text.split("\n") if line)


@pytest.mark.parametrize(
    "before",
    [
        "",
        "{1}[Hardware Error]: ",
        "[Hardware Error]: ",
        "[   99.240616] {1}[Hardware Error]: ",
        "[   99.240616][   C12] {1}[Hardware Error]: ",
        "[   99.240616][T54990] {12}[Hardware Error]: ",
        "[Mon Nov 23 08:28:11 2026] {1}[Hardware Error]: ",
        "<6>[   99.240616] {1}[Hardware Error]: ",
        "Nov 23 08:28:11 server kernel: {1}[Hardware Error]: ",
        "[   99.240616] ",
        "<3>[   99.240616][    T1] ",
        "        ",
    ],
)
@pytest.mark.parametrize("name", PRINTED)
def test_logs_are_read_with_any_prefix(name, before):
    found = read(prefixed(text_of(name), before))
    assert kernel_log(found) == text_of(name)
    assert found.data == read(text_of(name)).data


def test_events_that_are_mixed_are_told_apart_by_their_numbers():
    texts = [text_of(f"status_blocks/{name}") for name in ("g_arm", "g_mem", "g_vendor")]
    lines = [prefixed(text, f"{{{n}}}[Hardware Error]: ").split("\n") for n, text in enumerate(texts, 1)]
    mixed = [line for i in range(max(map(len, lines))) for one in lines for line in one[i : i + 1]]
    found = read_all("\n".join(mixed))
    assert [kernel_log(one) for one in found] == texts
    assert [one.note.partition("; ")[2][:9] for one in found] == ["event {1}", "event {2}", "event {3}"]


def test_events_one_after_another_need_no_numbers():
    """Not even where the next one begins with the line that nothing is to be done, or with its source."""
    texts = [text_of(f"status_blocks/{name}") for name in ("g_mem", "g_v201", "g_mem73")]
    assert [kernel_log(one) for one in read_all("".join(texts))] == texts
    source = "Hardware error from APEI Generic Hardware Error Source: "
    found = read_all("".join(f"{source}{n}\n{text}" for n, text in enumerate(texts)))
    assert [re.search(r"error source (\d)", one.note)[1] for one in found] == ["0", "1", "2"]


def test_the_same_number_after_a_reboot_is_another_event():
    text = "{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 0\n"
    text += prefixed(text_of("status_blocks/g_mem"), "{1}[Hardware Error]: ")
    assert len(read_all(text * 2)) == 2


def test_warnings_of_the_firmware_belong_to_the_last_event_though_they_have_no_prefix():
    text = prefixed(
        "event severity: fatal\n Error 0, type: fatal\n  section_type: memory error", "{4}[Hardware Error]: "
    )
    found = read(text + "[   12.5] [Firmware Warn]: error section length is too small\n")
    assert kernel_log(found).split("\n")[2:] == [
        "  section_type: memory error",
        "[Firmware Warn]: error section length is too small",
        "",
    ]
    assert "line 4: a section is too short: how short, and what it held, is open" in found.note


def log_of(*lines: str, kind: str = "memory error") -> str:
    return "\n".join(["event severity: fatal", " Error 0, type: fatal", f"  section_type: {kind}", *lines])


def notes(text: str) -> list[str]:
    return read(text).note.split("; ")[1:]


def section_of(text: str):
    return StatusBlock.parse(read(text).data).entries[0].section


def test_a_value_that_is_cut_off_is_unknown():
    """Its validation bit is clear, and listed."""
    found = read(log_of("  physical_address: 0x00000000400", "  node:1 target_id:0x0000"))
    (entry,) = StatusBlock.parse(found.data).entries
    assert entry.section == PlatformMemory(validation_bits=PlatformMemory().validation_bits.replace(node=True), node=1)
    assert found.note == "from a kernel log, lines 1 to 5; line 4 is cut off; line 5 is cut off in target_id"
    assert [path.rpartition(".")[2] for path in found.unknown if "validation_bits" in path] == [
        "target_id",
        "card_handle",
        "physical_address",
    ]


def test_lines_behind_a_section_that_is_too_short_are_listed():
    """Linux prints no field of it, so they are of another section, whose first lines are not there."""
    text = log_of("[Firmware Warn]: error section length is too small", "  physical_address: 0x0000000000001000")
    assert notes(text) == [
        "line 4: a section is too short: how short, and what it held, is open",
        "not understood: line 5 'physical_address: 0x0000000000001000'",
        *notes(text.partition("  physical")[0])[1:],
    ]


def test_a_warning_before_a_section_s_type_does_not_take_its_fields():
    """Lines of two CPUs may be mixed: what the section says is kept."""
    before, kind, after = log_of("  physical_address: 0x0000000000001000").partition("  section_type")
    found = section_of(f"{before}[Firmware Warn]: error section length is too small\n{kind}{after}")
    assert (found.validation_bits.physical_address, found.physical_address) == (True, 0x1000)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((" node:65536 ",), "line 4: PlatformMemory.node at byte 32 .0x20.: 65536 does not fit"),
        ((" row:262144 ",), "line 4: .*row"),
        ((" bank:1 ", " bank_group:256 "), "line 5: 256 does not fit 8 bits"),
        ((" error_type: 256, unknown",), "line 4: PlatformMemory.memory_error_type at byte 72"),
        ((" physical_address: 0x00000000400a1000", " card:99999"), "line 5: PlatformMemory.card"),
    ],
)
def test_values_that_no_field_holds_name_their_line(lines, why):
    with pytest.raises(ValueError, match=why):
        read(log_of(*lines))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (" precise tstamp: 2017-12-06 12:34:166", "line 2: no bytes of a time stamp give 'precise tstamp: 2017"),
        (
            " Error 0, type: fatal\n fru_text: a text that is too long.",
            "line 3: 24 characters, a FRU text has at most",
        ),
        (" Error 0, type: fatal\n fru_id: 1234", "line 3: '1234' is not a GUID"),
        (" Error 0, type: fatal\n  section type: unknown, who", "line 3: 'who' is not a GUID"),
        (
            f" Error 0, type: fatal\n  section type: unknown, {UUID(int=5)}\n  section length: 0x10001",
            "line 4: 65537 bytes, more than the 65536 that a section has at most",
        ),
        (
            f" Error 0, type: fatal\n  section type: unknown, {UUID(int=5)}\n00000000: 00 01\n00000000: 02 03",
            "line 5: a row for offset 0x0, where 0x2 is to come",
        ),
        (
            " Error 0, type: fatal\n  section_type: ARM processor error\n  section length: 9, CPER size: 39",
            "line 4: 39 bytes, too few for Linux to say so",
        ),
        (
            " Error 0, type: fatal\n  section_type: ARM processor error\n  Vendor specific error info has 99999 bytes:",
            "line 4: 99999 bytes, more than the 65536",
        ),
        (
            " Error 0, type: fatal\n  section_type: PCIe error\n  version: 256.1",
            "line 4: bytes must be in range",
        ),
    ],
)
def test_what_cannot_be_in_a_block_names_its_line(text, why):
    with pytest.raises(ValueError, match=why):
        read(f"event severity: fatal\n{text}\n")


def test_without_a_line_of_an_event_there_is_no_log():
    with pytest.raises(ValueError, match="line 1: 'Hardware' is not hex digits"):
        read("[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1")
    with pytest.raises(ValueError, match="no line is of a hardware error that Linux logs"):
        read("[Hardware Error]: something\nsomebody said event severity: fatal")


def test_lines_that_say_nothing_are_counted():
    text = log_of("  physical_address: 0x0000000000001000", "  some new line of a later Linux", "")
    assert notes(text) == ["not understood: line 5 'some new line of a later Linux'"]
    many = "\n".join(f"noise {i}" for i in range(20))
    assert notes(f"{text}\n{many}") == [
        "not understood: line 7, 8, 9, 10, 11, ... 'noise 0', line 5 'some new line of a later Linux'"
    ]


def test_what_a_log_names_without_a_number():
    """Severities and types that are "unknown" are unknown, and printed as that again."""
    text = "event severity: unknown\n Error 0, type: unknown\n  section_type: Firmware Error Record Reference\n"
    text += "  Firmware Error Record Type: unknown\n  Revision: 1\n00000000: 01 02 03 04 05 06 07 08\n"
    found = read(text)
    assert kernel_log(found) == text
    assert "of a reference, the last 8 bytes are not in the log: 0 here" in notes(text.partition("0000")[0])
    assert found.note.count("does not tell the severity") == 2
    assert "entries[0].section.record_type" in found.unknown


def test_a_dimm_that_smbios_names_has_an_unknown_handle():
    found = read(log_of("  error_type: 2, single-bit ECC", "  DIMM location: BANK 0 DIMM 1 "))
    assert found.note.endswith("; line 5 names a DIMM, whose handle it does not tell")
    assert "entries[0].section.validation_bits.module_handle" in found.unknown
    assert section_of(log_of("  DIMM location: not present. DMI handle: 0x001e ")).module_handle == 0x1E


def test_a_dump_that_is_cut_off_is_filled_with_zeros_that_are_unknown():
    text = log_of().replace("section_type: memory error", f"section type: unknown, {UUID(int=5)}")
    found = read(f"{text}\n  section length: 0x30\n  00000000: 03020100 07060504 0b0a0908 0f0e0d0c  ........\n")
    assert StatusBlock.parse(found.data).entries[0].section == bytes(range(16)) + bytes(32)
    assert found.note.endswith("; the last 32 bytes of a dump are not in the log: 0 here")
    assert found.unknown[0] == "entries[0].section"
    assert found.dump == "words"


def test_a_section_that_no_linux_of_ours_prints_is_left_empty():
    found = read(log_of("  field: 1", kind="a section of tomorrow"))
    assert found.note.endswith("; line 3: no section type is known by that name; not understood: line 4 'field: 1'")
    assert "entries[0].section_type" in found.unknown
    (entry,) = StatusBlock.parse(found.data).entries
    assert (entry.section_type, entry.section) == (UUID(int=0), b"")


def test_of_a_cxl_event_linux_tells_the_name_alone():
    text = "event severity: fatal\n Error 0, type: fatal\n  section_type: CXL DRAM Event\n"
    found = read(text)
    assert kernel_log(found) == text
    assert "line 3: Linux tells no more of such a section than its name: it is empty here" in found.note
    assert found.data[20:36] == next(guid for guid, name in NAMES.items() if name == "CXL DRAM Event").bytes_le


@pytest.mark.parametrize("stamp", ["16517-01-100 00:10:165", "2017-12-06 12:34:56", "00100-01-00 99:99:99"])
@pytest.mark.parametrize("precise", ["precise", "imprecise"])
def test_time_stamps_are_read_back_even_from_bytes_that_are_no_digits(stamp, precise):
    text = f"event severity: fatal\n {precise} tstamp: {stamp}\n Error 0, type: fatal\n  section_type: CXL DRAM Event\n"
    assert kernel_log(read(text)) == text


@pytest.mark.parametrize(
    ("lines", "kind", "kernel"),
    [
        (("  node: 0 card: 1 ",), "memory error", "5.10"),
        (("  error_status: 0x0000000000000400",), "memory error", "5.10"),
        (("  node:0 card:1 ",), "memory error", "7.3"),
        (("  Error info structure 0:", "   error_type: 0, cache error"), "ARM processor error", "6.6"),
        (("  Error info structure 0:", "   error_type: 0x02: cache error"), "ARM processor error", "7.3"),
    ],
)
def test_older_releases_are_told_by_their_words(lines, kind, kernel):
    found = read(log_of(*lines, kind=kind))
    assert found.kernel == kernel
    assert all(line in kernel_log(found).split("\n") for line in lines)
    assert kernel_log(found, kernel="7.2", dialect=Dialect.UEFI_2_10) != kernel_log(found) or kernel == "7.3"


def test_contexts_of_older_releases_have_no_padding():
    text = log_of(
        "  MIDR: 0x0000000000000000",
        "  Error info structure 0:",
        "  num errors: 1",
        "   error_type: 1, TLB error",
        "  Context info structure 0:",
        "   register context type: AArch64 general purpose registers",
        "   00000000: 00000001",
        "  Context info structure 1:",
        "   register context type: AArch64 EL1 context registers",
        "   00000000: 00000002 00000003",
        "",
        kind="ARM processor error",
    )
    found = read(text)
    assert kernel_log(found) == text
    assert found.data[20 + 72 + 40 + 32 :] == struct.pack("<HHI I HHI II", 0, 4, 4, 1, 0, 5, 8, 2, 3)
    assert "without padding, as Linux before 6.14 saw them" in found.note


# --- there and back again ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRINTED)
def test_a_vectors_text_gives_a_block_with_the_same_text(name):
    found = read(text_of(name))
    assert kernel_log(found) == text_of(name)
    assert kernel_log(StatusBlock.parse(found.data), kernel="harness") == text_of(name)


def test_a_block_comes_back_but_for_what_its_text_does_not_tell():
    found, data = read(text_of("status_blocks/g_mem")), BLOCK
    assert found.data == data
    assert "block_status" not in found.unknown, "Linux prints no block whose status is zero"
    found, data = read(text_of("status_blocks/g_arm")), samples("status_blocks/g_arm")
    assert [i for i, (a, b) in enumerate(zip(found.data, data, strict=True)) if a != b] == [134, 166]
    unknown = {path.partition("section.")[2] for path in found.unknown}
    assert {f"error_information[{i}].validation_bits.multiple_error" for i in (0, 1)} <= unknown


def numbers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, (1 << bits) - 1)


def exactly(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


severities = st.sampled_from([0, 1, 2, 3, 4, 0x10002])


def entries(kind: UUID, body: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Data entries of a section type, of either revision, with whatever FRU and time stamp."""

    def made(body: bytes, severity: int, revision: int, flags: int, fru: bytes, text: bytes, stamp: bytes) -> bytes:
        head = kind.bytes_le + struct.pack("<IHBBI", severity, revision, flags, 0, len(body))
        return head + fru + text.ljust(20, b"\0") + (stamp if revision >> 8 >= 3 else b"") + body

    texts = st.binary(max_size=20)
    return st.builds(
        made, body, severities, st.sampled_from([0x201, 0x300]), numbers(3), exactly(16), texts, exactly(8)
    )


def blocks(*kinds: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    def made(parts: list[bytes], severity: int) -> bytes:
        data = b"".join(parts)
        return struct.pack("<IIIII", 1, 0, 0, len(data), severity) + data

    return st.builds(made, st.lists(st.one_of(*kinds), min_size=1, max_size=3), severities)


# every length around 73 and 80 bytes, any validation bits or likely ones; before 5.19 a location could be cut off
_sizes = st.sampled_from([72, 73, 73, 74, 79, 80, 80, 80, 85, 100])
_flags = st.one_of(numbers(15), numbers(22), numbers(64))
memory = st.builds(lambda flags, rest, size: (struct.pack("<Q", flags) + rest)[:size], _flags, exactly(92), _sizes)
placed = st.builds(lambda flags, rest: struct.pack("<Q", flags & ~(3 << 19)) + rest, numbers(22), exactly(72))

errors = st.builds(
    lambda size, flags, kind, count, seen, rest: struct.pack("<BBHBHB", 0, size, flags, kind, count, seen) + rest,
    st.sampled_from([32, 32, 0, 40]),
    numbers(5),
    st.one_of(st.sampled_from([0, 1, 2, 3, 4, 8, 16, 0x26]), numbers(8)),
    st.sampled_from([0, 1, 5, 0xFFFF]),
    numbers(8),
    exactly(24),
)


@st.composite
def arm(draw: st.DrawFn, aligned: bool) -> bytes:
    """ARM sections; if not *aligned*, also with lengths, counts and contexts that do not fit together."""
    infos = draw(st.lists(errors, min_size=int(aligned), max_size=3))
    registers = st.sampled_from([8, 24, 40]).flatmap(exactly) if aligned else st.binary(max_size=40)
    contexts = [
        struct.pack("<HHI", 0, kind, len(data)) + data + bytes(-(8 + len(data)) % 16 if padded else 0)
        for kind, data, padded in draw(st.lists(st.tuples(st.integers(0, 10), registers, st.booleans()), max_size=3))
    ]
    tail = b"".join(infos + contexts) + draw(st.binary(max_size=40))
    more, several, longer = (0, 0, 0)
    if not aligned:
        more, several = draw(st.sampled_from([0, 0, 0, 1, 60000])), draw(st.sampled_from([0, 0, 1, 5]))
        longer = draw(st.sampled_from([0, 0, 0, -3, -40, 1, 100, 1 << 31, (1 << 32) - 300]))
    length = max(0, 40 + len(tail) + longer) % (1 << 32)
    counts = struct.pack("<IHHI", draw(numbers(8)), len(infos) + more, len(contexts) + several, length)
    return counts + draw(exactly(28)) + tail


MEMORY, ARM = GUIDS[PlatformMemory], GUIDS[ArmProcessor]
unhurried = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))


def assert_comes_back(data: bytes, **how: str) -> None:
    text = kernel_log(data, **how)
    found = read(text)
    assert kernel_log(found.data, **how) == text
    assert "not understood" not in found.note
    assert "cut off" not in found.note


@unhurried
@given(blocks(entries(MEMORY, memory)), st.sampled_from(["harness", "7.3"]))
def test_any_memory_block_is_printed_the_same_from_its_own_text(data, kernel):
    assert_comes_back(data, kernel=kernel)


@unhurried
@given(blocks(entries(ARM, arm(aligned=False))), st.sampled_from(["harness", "7.3"]))
def test_any_arm_block_is_printed_the_same_from_its_own_text(data, kernel):
    assert_comes_back(data, kernel=kernel)


@unhurried
@given(blocks(entries(MEMORY, placed), entries(ARM, arm(aligned=True))), st.sampled_from(["5.10", "6.6", "6.18"]))
def test_so_is_any_block_in_the_words_of_older_releases(data, kernel):
    assert_comes_back(data, kernel=kernel)


@settings(unhurried, max_examples=60)
@given(
    blocks(entries(MEMORY, placed), entries(ARM, arm(aligned=True))),
    st.sampled_from(["5.10", "6.6", "7.3"]),
    st.randoms(use_true_random=False),
)
def test_events_that_are_filled_in_are_those_that_their_lines_give(data, kernel, choose):
    """Whichever numbers of the lines differ, the bytes, what is unknown, the notes and what is refused are the same."""
    shapes, texts = Shapes(), kernel_log(data, kernel=kernel).splitlines()
    for n in range(6):
        event = Event(
            str(n), lines=[(100 * n + i, _varied(text, choose)) for i, text in enumerate(map(str.strip, texts))]
        )
        assert outcome(shapes.read, event) == outcome(read_event, event)


def _varied(text: str, choose: random.Random) -> str:
    """*text* with other numbers here and there, of as many digits if they are hex."""
    text = re.sub("(?<=0x)[0-9a-f]{16}", lambda one: choose.choice([one[0], f"{choose.getrandbits(64):016x}"]), text)
    text = re.sub(r"(?<=-\d\d )\d\d(?=:)", lambda one: choose.choice([one[0], f"{choose.randrange(24):02}"]), text)
    return re.sub(
        "(?<=[a-z]:)( ?)[0-9]{1,5}(?= )", lambda one: f"{one[1]}{choose.randrange(choose.choice([9, 99999]))}", text
    )


def read_event(event: Event) -> Found:
    """By all its lines, without other events."""
    return noted(event, read_lines(event))


def outcome(function: Callable[[Event], Found], event: Event) -> Found | str:
    try:
        return function(event)
    except ValueError as e:
        return str(e)


def test_the_third_event_of_a_shape_is_not_parsed(monkeypatch):
    """Addresses, places and times may differ; where anything else does, it is another shape."""
    text = "event severity: corrected\nprecise tstamp: 2026-01-02 03:04:{:02}\nError 0, type: corrected\n"
    text += "section_type: {}\nphysical_address: 0x{:016x}\nnode:{} row:{} \nerror_type: 2, single-bit ECC"
    numbers = [(n, "memory error", n << 12, n, 1000 * n) for n in range(10, 20)]
    events = [Event(lines=[*enumerate(text.format(*some).split("\n"), 10 * some[0])], source="3") for some in numbers]
    shapes, expected = Shapes(), [read_event(event) for event in events]
    assert [shapes.read(event) for event in events[:2]] == expected[:2]
    with monkeypatch.context() as patched:
        patched.setattr("raslib.intake.logs.read_lines", None)
        found = [shapes.read(event) for event in events[2:]]
    assert found == expected[2:]
    assert [one.addresses for one in found] == [(n << 12,) for n in range(12, 20)]
    assert {one.shape for one in found} != {()}
    too_large = [(n, text.replace("row:12000", "row:70000")) for n, text in events[2].lines]
    assert outcome(shapes.read, Event(lines=too_large)) == outcome(read_event, Event(lines=too_large))
    aer = Observation(9, "aer", "0000:01:00.0: aer_status: 0x00000001, aer_mask: 0x00000000")
    assert shapes.read(Event(lines=events[2].lines, observations=[aer])).shape == ()


FIXED = {
    GUIDS[GenericProcessor]: st.builds(lambda flags, rest: struct.pack("<Q", flags) + rest, numbers(13), exactly(184)),
    GUIDS[Pcie]: st.builds(lambda flags, rest: struct.pack("<Q", flags) + rest, numbers(8), exactly(200)),
    GUIDS[FirmwareReference]: st.builds(
        lambda kind, revision, rest, size: (bytes([kind, revision]) + rest)[:size],
        st.integers(0, 4),
        st.integers(0, 3),
        exactly(50),
        st.sampled_from([16, 20, 32, 52]),
    ),
    GUIDS[X86Processor]: st.builds(
        lambda flags, rest, kind, inner, more, context, registers: (
            struct.pack("<Q", flags | 1 << 2 | 1 << 8)
            + rest
            + kind.bytes_le
            + struct.pack("<Q", inner)
            + more
            + struct.pack("<HH", context, len(registers))
            + more[:12]
            + registers
        ),
        numbers(2),
        exactly(56),
        st.sampled_from([*CHECKS, UUID(int=9)]),
        numbers(5),
        exactly(40),
        st.integers(0, 9),
        st.binary(max_size=48),
    ),
    GUIDS[CxlProtocol]: st.builds(
        lambda flags, agent, rest, dvsec, log: (
            struct.pack("<QB7x", flags, agent) + rest + struct.pack("<HH4x", len(dvsec), len(log)) + dvsec + log
        ),
        numbers(7),
        st.integers(0, 9),
        exactly(92),
        st.binary(max_size=40),
        exactly(88),
    ),
    UUID(int=5): st.binary(max_size=50),
}


@unhurried
@given(blocks(*(entries(kind, body) for kind, body in FIXED.items())), st.sampled_from(["harness", "7.3"]))
def test_so_is_any_block_of_the_other_section_types(data, kernel):
    assert_comes_back(data, kernel=kernel)


# --- real logs --------------------------------------------------------------------------------------------------------

# lines that the log has and the block's text has not, and the other way round, by file and event
ODD = {
    ("ampere-altra-its-boot", 1): ([], ["00000020: 00000000 00000000 00000000 00000000  ................"]),  # cut off
    ("phytium-s5000c-einj", 1): (
        [
            "node: 0 card: 1 module: 0 bank: 0 device: 1 row: 8192 column: 0 bit_position: 5 "
            "requestor_id: 0x0000000000000001 responder_id: 0x0000000000000001 target_id: 0x000000000000000",  # cut off
            "DIMM location: BANK 0 DIMM 1",  # named by that machine's SMBIOS tables
        ],
        [
            "It has been corrected by h/w and requires no further action",  # left out of the log
            "node: 0 card: 1 module: 0 bank: 0 device: 1 row: 8192 column: 0 bit_position: 5 "
            "requestor_id: 0x0000000000000001 responder_id: 0x0000000000000001",
        ],
    ),
}
LOGS = {
    "ampere-altra-its-boot": 2,
    "hisi-2026-el3-sea-devmem": 1,
    "kunpeng920-2019-sea": 1,
    "phytium-s5000c-einj": 2,
    "qemu-guest-2019-sea-mem": 1,
    "sgi575-dmc620-sdei": 1,
}


@pytest.mark.parametrize("name", LOGS)
def test_blocks_from_real_logs_are_printed_as_they_were_logged(name):
    if not (SHARED / "samples").is_dir():
        pytest.skip("RASKIT_SHARED names no folder with samples")
    text = (SHARED / "samples" / "logs" / f"{name}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if "[Hardware Error]:" in line]
    numbers = list(dict.fromkeys(re.search(r"\{(\d+)\}", line)[1] for line in lines))
    found = read_all(text)
    assert len(found) == len(numbers) == LOGS[name]
    for i, (number, one) in enumerate(zip(numbers, found, strict=True)):
        logged = [line.partition("[Hardware Error]:")[2].strip() for line in lines if f"{{{number}}}" in line]
        logged = [line for line in logged if not line.startswith("Hardware error from")]
        printed = [line.strip() for line in kernel_log(one).split("\n") if line]
        only_logged, only_printed = ODD.get((name, i), ([], []))
        assert [line for line in logged if line not in printed] == only_logged
        assert [line for line in printed if line not in logged] == only_printed
        assert "not understood" not in one.note


# --- never a hang, nothing but ValueError -----------------------------------------------------------------------------

MEANT = b'0123456789abcdef{}[]:*\n "\\x#|,./-\0'  # signs that some form gives a meaning to
LONG = (b"9" * 60, b"f" * 40, b"*\n", b" " * 3000, b"{" * 500, b"a" * 5000, b"node:1 " * 300)


def mutated(data: bytes, choose: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(choose.choice([1, 1, 2, 5, 20])):
        at = choose.randrange(len(made) + 1)
        match choose.randrange(5):
            case 0 if at < len(made):
                made[at] = choose.choice([*MEANT, choose.randrange(256)])
            case 1:
                made[at:at] = bytes(choose.choice(MEANT) for _ in range(choose.randrange(1, 30)))
            case 2:
                del made[at : at + choose.randrange(1, 60)]
            case 3:
                other = choose.randrange(len(made) + 1)
                made[at:at] = made[other : other + choose.randrange(200)]
            case _:
                made[at:at] = choose.choice(LONG)
    return bytes(made)


def material() -> dict[str, bytes]:
    """Everything there is to change: samples, texts, forms, and the shared samples if they are there."""
    found = {name: samples(name) for name in samples()}
    found |= {f"{name}.txt": text_of(name).encode() for name in VECTORS}
    found |= {form: text.encode() for form, text in FORMS.items()} | {"acpidump": ACPIDUMP.encode()}
    found |= {"dmesg": DMESG.encode()}
    shared = [path for path in sorted((SHARED / "samples").rglob("*")) if path.is_file()]
    return found | {f"{path.parent.name}/{path.name}": path.read_bytes() for path in shared}


@pytest.mark.parametrize("name", material())
def test_200_mutations_of_everything_raise_nothing_but_valueerror_and_end(name):
    data, choose = material()[name], random.Random(name)
    began = time.perf_counter()
    for _ in range(200):
        try:
            for found in read_all(mutated(data, choose)):
                assert found.kind in (*KINDS, OBSERVATIONS)
        except ValueError:
            continue
    assert time.perf_counter() - began < 60  # some 20 kB each; a hang takes hours


def repeats(pattern: object, inside: bool = False) -> bool:
    """Does *pattern*, as Python's parser takes it apart, repeat without bound what repeats without bound?"""
    for op, what in pattern:
        unbounded = str(op) in ("MAX_REPEAT", "MIN_REPEAT") and what[1] > 100
        if unbounded and inside:
            return True
        parts = what if isinstance(what, tuple | list) else ()
        for part in parts:
            if hasattr(part, "pattern") or hasattr(part, "data"):
                if repeats(part, inside or unbounded):
                    return True
            elif isinstance(part, list) and any(repeats(branch, inside or unbounded) for branch in part):
                return True
    return False


def patterns() -> list[str]:
    """Every regular expression of the room, those of the log's lines included."""
    found = []
    for module in iter_modules(raslib.intake.__path__, "raslib.intake."):
        held = list(vars(import_module(module.name)).values())
        held += [item for value in held if isinstance(value, tuple | list) for item in value]
        held += [item for value in held if isinstance(value, dict) for item in value.values()]
        found += [
            value.pattern for value in held if isinstance(value, Line | re.Pattern) and isinstance(value, re.Pattern)
        ]
        found += [value.pattern.pattern for value in held if isinstance(value, Line)]
    return sorted({p.decode("latin-1") if isinstance(p, bytes) else p for p in found})


def test_no_regular_expression_repeats_a_repetition():
    from re import _parser as parser

    assert repeats(parser.parse("(a*b)*"))
    assert not repeats(parser.parse("a*b*(c|d)?"))
    assert len(patterns()) > 100
    assert [pattern for pattern in patterns() if repeats(parser.parse(pattern))] == []


def test_time_grows_with_the_text_alone():
    """Ten times the text of the worst sort takes about ten times as long: many items, events, signs."""
    signs = ("00000000: ", "/*", "\\x", "{ } ", "inject-ghes-v2-error cper=AAAA\n", "affinity: 1 ", " fru text: ")
    for unit in ("node:1 ", "event severity: fatal\n", "{1}[Hardware Error]: ", *signs):
        took = []
        for times in (300, 3000):
            text = log_of(unit * times) if unit.startswith("node") else unit * times
            began = time.process_time()  # whatever else the machine does
            with suppress(ValueError):
                read_all(text)
            took.append(time.process_time() - began)
        assert took[1] < 40 * max(took[0], 0.005), unit
