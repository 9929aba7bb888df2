"""Nothing that bytes say makes more work than the bytes are worth: counts, lengths and offsets of any size."""

import re
import signal
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from formats import acpi_checks as checks

from raslib.formats.aest import Aest, Interface4K
from raslib.formats.kinds import KINDS
from raslib.intake import kind_of
from raslib.records import Record
from raslib.resources import samples
from raslib.rules import check
from raslib.views import text
from raslib.views.fields import explained_view

SECONDS = 2  # of processor time; each takes some hundredths
COUNTING = re.compile(r"count|num|length|size|offset|entries|records")
FOLDERS = ("aest", "bert", "broken", "einj", "erst", "estatus", "hest", "malformed", "sdei", "whea")
FILES = checks.shared(*(f"samples/{name}" for name in FOLDERS), "vectors")


def everything(kind: type[Record], data: bytes) -> str:
    """What one asks of bytes: what they are, what is wrong with them, and both drawn."""
    explained = kind.explain(data)
    findings = check(explained)
    view = explained_view(explained)
    return text.tree(view) + text.hexdump(view) + "".join(f"{f.says}\n" for f in findings)


def bounded(work: Callable[[], str], size: int) -> None:
    """Runs *work*, ends it after `SECONDS` of processor time, and holds what it gives to a multiple of *size*."""

    def stop(*_: Any) -> None:
        raise TimeoutError(f"more than {SECONDS} s of processor time for {size} bytes")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        assert len(work()) <= 256 * size + (64 << 10)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def counts(kind: type[Record], data: bytes) -> Iterator[tuple[str, int, int]]:
    """Path, start and stop of each field of *data* that says how much there is or where."""
    for span in kind.explain(data).spans:
        if isinstance(span.value, int) and not span.bits and COUNTING.search(span.path.rpartition(".")[2]):
            yield span.path, span.start, span.stop


@cache
def known(path: Path) -> tuple[type[Record], bytes] | None:
    data = path.read_bytes()
    try:
        return KINDS[kind_of(data)], data
    except ValueError:
        return None


def exaggerated(data: bytes, start: int, stop: int) -> Iterator[bytes]:
    for word in (b"\xff" * 8, b"\xff\xff\xff\x7f\0\0\0\0", b"\0\0\0\x80\0\0\0\0"):
        yield data[:start] + word[: stop - start] + data[stop:]


@pytest.mark.parametrize("path", FILES)
def test_a_count_of_any_size_costs_no_more_than_the_bytes_there_are(path):
    if (found := known(path)) is None:
        pytest.skip("a text")
    kind, data = found
    fields = list({re.sub(r"\[\d+\]", "[]", name): (start, stop) for name, start, stop in counts(kind, data)}.values())
    for start, stop in fields:
        for changed in exaggerated(data, start, stop):
            bounded(lambda changed=changed: everything(kind, changed), len(data))  # type: ignore[misc]


@pytest.mark.parametrize("name", [name for name in samples() if not name.startswith("memory/")])
def test_all_counts_at_once_are_no_worse(name):
    data = samples(name)
    kind = KINDS[kind_of(data)]
    changed = bytearray(data)
    for _, start, stop in counts(kind, data):
        changed[start:stop] = b"\xff" * (stop - start)
        bounded(lambda: everything(kind, bytes(changed)), len(data))


def test_the_records_of_a_node_are_those_that_its_bitmap_has_a_bit_for():
    interface = Interface4K(number_of_error_records=0xFFFF_FFFF, error_records_implemented=~0b101 & (1 << 64) - 1)
    assert interface.records() == (0, 2)
    assert Interface4K(number_of_error_records=0xFFFF_FFFF).records() == tuple(range(64))
    assert Interface4K(number_of_error_records=3).records() == (0, 1, 2)


def test_four_thousand_million_records_are_told_of_at_once():
    data = checks.sample("samples/broken/aest-records-4g.aml")
    began = time.process_time()
    assert any("records" in finding.says for finding in check(Aest.explain(data)))
    assert time.process_time() - began < SECONDS
