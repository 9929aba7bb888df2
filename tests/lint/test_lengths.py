"""A status block whose lengths contradict each other: each is named with the rule that Linux has for it."""

import os
from pathlib import Path

import pytest

from raslib.formats.ghes import StatusBlock
from raslib.formats.hest import GenericSource, GenericSourceV2, Hest
from raslib.resources import samples
from raslib.rules import lint

GOOD = samples("status_blocks/g_qemu_mem")  # one entry of 72 + 80 bytes
SHARED = Path(os.environ.get("RASKIT_SHARED") or Path(__file__).parents[3] / "shared")
LOUD = "Linux adds in 32 bits: it accepts the block as that long, and acts on it"


def put(at: int, *words: int) -> bytes:
    data = b"".join(word.to_bytes(4, "little") for word in words)
    return GOOD[:at] + data + GOOD[at + len(data) :]


def found(data: bytes) -> list[tuple[str, str, int | None, str, str]]:
    return [(f.level.value, f.path, f.offset, f.says, f.why) for f in lint(StatusBlock, data)]


def test_raw_data_among_the_entries():
    says = "raw data begins at byte 0, among the entries, which end at byte 172"
    assert found(put(4, 0, 8)) == [("error", "raw_data_offset", 4, says, "Linux refuses the block: -EINVAL")]
    (finding,) = lint(StatusBlock, put(4, 171, 1))
    assert finding.says == "raw data begins at byte 171, among the entries, which end at byte 172"
    assert finding.cite == "Linux 7.1 drivers/firmware/efi/cper.c: cper_estatus_check_header()"


def test_the_rule_is_named_though_what_follows_cannot_be_read_either():
    path = SHARED / "samples" / "truth" / "raw_offset0.estatus"
    if not path.is_file():
        pytest.skip("RASKIT_SHARED names no folder with samples")
    assert [(f.path, f.offset) for f in lint(StatusBlock, path.read_bytes())] == [("raw_data_offset", 4)]


def test_raw_data_that_wraps_is_told_loudly():
    says = "0xfffffff0 and 0x100 bytes wrap to 0xf0"
    assert found(put(4, 0xFFFF_FFF0, 0x100)) == [("error", "raw_data_length", 8, says, LOUD)]


def test_entries_that_wrap_are_taken_for_truncated():
    (finding,) = found(put(12, 0xFFFF_FFFF))
    assert finding[:4] == ("error", "data_length", 12, "0xffffffff bytes after a header of 20 wrap to 0x13")


def test_a_section_that_wraps_is_told_loudly():
    says = "0xfffffff8 bytes after a header of 72 wrap to 0x40"
    why = "Linux adds in 32 bits: it accepts the entry as that long, and acts on it"
    assert found(put(20 + 24, 0xFFFF_FFF8)) == [("error", "entries[0].error_data_length", 44, says, why)]


def test_an_entry_without_a_byte_is_told_to_hang_the_kernel():
    says = "0xffffffb8 bytes after a header of 72 wrap to 0x0"
    why = "Linux goes on by the entry's size, 0, for ever: the processor hangs"
    assert found(put(20 + 24, 0xFFFF_FFB8)) == [("error", "entries[0].error_data_length", 44, says, why)]


def test_lengths_that_do_not_wrap_are_what_they_were():
    assert [f[:3] for f in found(put(12, 153))] == [("error", "entries", 20)]
    assert found(GOOD) == []


def test_a_table_that_is_cut_off_is_told_by_its_length_and_not_by_what_it_lost():
    whole = Hest(error_sources=(GenericSource(), GenericSourceV2())).build()
    for size in (len(whole) - 1, 150, 41):
        [found] = lint(Hest, whole[:size])
        assert (found.path, found.offset) == ("length", 4)
        assert found.says == f"length is {len(whole)}, and there are {size} bytes"
    assert lint(Hest, whole[:20])[0].says == "needs 8 bytes, 4 are left"  # there is no length to go by, but a header
