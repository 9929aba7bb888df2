"""What once failed does not fail again, and the fuzzer notices each of the things that it is there to notice."""

import json
import random
import time

import pytest
from fuzz import mutate, steps, store
from fuzz.__main__ import Fuzzer, kinds

from raslib.formats.ghes import StatusBlock
from raslib.resources import samples

MEM = samples("status_blocks/g_mem")
SEEDS = store.seeds()


@pytest.fixture(scope="module")
def known():
    return kinds()


@pytest.mark.parametrize("name", SEEDS)
def test_what_once_failed_does_not_fail_again(name, known):
    kind, made = SEEDS[name]
    known[kind].run(made)


def test_the_same_seed_tries_the_same(known):
    for name, kind in known.items():
        first, again, other = ([kind.make(random.Random(f"{n}/{name}")) for _ in range(1)] for n in (1, 1, 2))
        assert repr(first) == repr(again)
        assert repr(first) != repr(other) or name == "command"


def test_the_samples_are_there_and_are_changed():
    some, chance = mutate.binaries(), random.Random(1)
    assert len(some) >= 15
    assert MEM in some
    changed = [mutate.bytes_like(chance, some) for _ in range(200)]
    assert sum(made not in some for made in changed) > 120
    assert max(map(len, changed)) <= mutate.LARGEST


BUILD, COLUMNS = StatusBlock.build, steps.bulk.columns


def slow(block: StatusBlock) -> bytes:
    start = time.thread_time()
    while time.thread_time() - start < 0.07:
        pass
    return BUILD(block)


@pytest.mark.parametrize(
    ("target", "broken", "error", "said"),
    [
        ("parse", classmethod(lambda *_: (_ for _ in ()).throw(KeyError("x"))), KeyError, "x"),
        ("build", lambda *_: b"other", steps.Broken, "status-block: not built again as it was"),
        ("build", slow, steps.Broken, r"takes \d+ ms for \d+ bytes"),
        ("to_json", lambda *_: {"kind": "x" * 100_000}, steps.Broken, "status-block.to_json has 1000"),
        (
            "from_json",
            classmethod(lambda *_: StatusBlock()),
            steps.Broken,
            "status-block: its JSON is not read as it was",
        ),
    ],
    ids=["foreign", "round trip", "slow", "long", "json"],
)
def test_a_property_that_does_not_hold_is_noticed(target, broken, error, said, monkeypatch):
    steps.on_kind("status-block", MEM)
    monkeypatch.setattr(StatusBlock, target, broken)
    with pytest.raises(error, match=said):
        steps.on_kind("status-block", MEM)


def test_columns_that_say_something_else_are_noticed(monkeypatch):
    steps.on_many("status-block", [MEM, MEM[:-1]])
    other = StatusBlock.parse(MEM).replace(raw_data_offset=7).build()
    monkeypatch.setattr(steps.bulk, "columns", lambda made, kind: COLUMNS([other, *made[1:]], kind))
    with pytest.raises(AssertionError):
        steps.on_many("status-block", [MEM, MEM])


def test_a_traceback_and_letters_that_move_a_terminal_are_noticed(monkeypatch):
    steps.on_command(["esr", "0"])
    monkeypatch.setattr("raslib.cli.reference.hexadecimal", lambda said: {}[said])
    with pytest.raises(KeyError):
        steps.on_command(["esr", "0"])
    monkeypatch.setattr("raslib.cli.shared.printable", str)
    with pytest.raises(steps.Broken, match="unprintable"):
        steps.on_command(["decode", "gone\x1b[31m"])


def test_what_fails_is_kept_and_tried_again(monkeypatch, tmp_path, capsys):
    fuzzer = Fuzzer(0.05, 1, ["bytes"])
    monkeypatch.setattr(StatusBlock, "build", lambda *_: b"other")
    fuzzer.keep = lambda name, made, why: store.keep(name, made, why, tmp_path)
    assert fuzzer.run() == 1
    assert "FAILED bytes: status-block: not built again as it was" in capsys.readouterr().out
    monkeypatch.setattr(store, "SEEDS", tmp_path)
    (again,) = [made for kind, made in store.seeds().values() if kind == "bytes"][:1]
    with pytest.raises(steps.Broken, match="not built again"):
        steps.on_bytes(again)
    monkeypatch.undo()
    steps.on_bytes(again)


@pytest.mark.parametrize(
    "made", [b"\x00\xff", "text\udcff", {"a": [1, None, "x"]}, ["esr", "0"], ["hest", [b"\x01", b""]]]
)
def test_any_input_is_kept_as_it_is(made, tmp_path, monkeypatch):
    store.keep("bytes", made, "why", tmp_path)
    monkeypatch.setattr(store, "SEEDS", tmp_path)
    assert [kept for _, kept in store.seeds().values()] == [made]


def test_a_document_that_is_changed_stays_a_document_and_what_is_odd_stays_so():
    """Nothing is put into itself, and one draw leaves no trace in the next."""
    some, chance, odd = mutate.documents()[:5], random.Random(1), json.dumps(mutate.ODD)
    for _ in range(2000):
        json.dumps(mutate.document_like(chance, some))
    assert json.dumps(mutate.ODD) == odd
