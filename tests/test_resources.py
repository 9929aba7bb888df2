"""Samples are found by name, tell their origin, and a wrong name or a broken file says what is wrong."""

from collections import Counter
from pathlib import Path

import pytest

from raslib.resources import BINARY, folder, samples, unhex

DATA = Path(__file__).parents[1] / "data"


def test_a_checkout_uses_its_own_data():
    assert folder("data") == DATA


@pytest.mark.parametrize("name", samples())
def test_every_sample_has_bytes(name):
    assert len(samples(name)) > 0


def test_no_two_files_share_a_name():
    files = [path for path in DATA.rglob("*") if path.suffix in BINARY | {".hex"}]
    assert max(Counter(path.with_suffix("") for path in files).values()) == 1
    assert len(files) == len(samples())


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.hex")), ids=lambda path: path.name)
def test_a_hex_file_begins_with_its_origin(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert len(first) > 20


def test_a_wrong_name_names_the_near_ones():
    with pytest.raises(ValueError, match="no sample is called 'hest/qemu-7.3'; near it: .*hest/qemu-7.2"):
        samples("hest/qemu-7.3")


def test_hex_is_read_without_its_comments():
    assert unhex("# origin\n01 02  # two\n\n0304\n") == bytes([1, 2, 3, 4])


def test_a_line_that_is_not_hex_is_named():
    with pytest.raises(ValueError, match="mine, line 2: non-hexadecimal"):
        unhex("01\nzz # what\n", "mine")
