"""CCIX PER sections: a length bounds the log."""

import pytest
from formats import acpi_checks as checks

from raslib.formats.more.ccix import CcixPer


def test_the_length_covers_head_and_log():
    made = CcixPer(source_id=5, port_id=1, per_log=bytes(range(20)), beyond=b"more")
    assert made.length == 36
    assert made.build()[:4] == bytes.fromhex("24000000")
    assert checks.lossless(CcixPer, made.build()) == made


@pytest.mark.parametrize(("length", "log", "beyond"), [(0, 0, 8), (15, 0, 8), (20, 4, 4), (24, 8, 0), (99, 8, 0)])
def test_a_wrong_length_takes_what_there_is(length, log, beyond):
    data = length.to_bytes(4, "little") + bytes(12) + b"8 bytes!"
    found = checks.lossless(CcixPer, data)
    assert (len(found.per_log), len(found.beyond)) == (log, beyond)
    assert list(found.as_found()) == ([] if length == 16 + log else ["length"])
