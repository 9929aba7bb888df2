"""Whatever the house hands out or raises crosses to another process as itself: errors, value classes, answers."""

import copy
import dataclasses
import inspect
import multiprocessing
import pickle
import pkgutil
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib import import_module
from typing import Any

import pytest

import raslib
from raslib import (
    Hest,
    Scenario,
    Sigbus,
    Space,
    StatusBlock,
    compare,
    err_status,
    explain,
    lint,
    prove,
    read,
    route,
    samples,
    walk,
)
from raslib.bulk import NotDerivable, Range, columns
from raslib.learn.ask import questions
from raslib.learn.lead import stops_of
from raslib.learn.terms import terms
from raslib.live.recording.comparison import compare as compare_recorded
from raslib.live.recording.session import replay
from raslib.records import Record, RecordError, Register
from raslib.sim.cpu.routing import State
from raslib.sim.every_source import every_source
from raslib.sim.invariants import INVARIANTS
from raslib.sim.model.axes import ScenarioError

NO_MODULES = ("__main__", "jupyterhub_config", "guest")  # programs, which run where they are loaded
BLOCK = samples("status_blocks/g_mem")
LOG = "{1}[Hardware Error]: event severity: fatal\n{1}[Hardware Error]:   section_type: memory error\n"


@cache
def classes() -> tuple[type, ...]:
    """Every class of the house that a module's name leads to."""
    names = [m.name for m in pkgutil.walk_packages(raslib.__path__, "raslib.")]
    modules = [import_module(name) for name in names if not set(name.split(".")) & set(NO_MODULES)]
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__
    }
    return tuple(sorted(found, key=lambda kind: (kind.__module__, kind.__qualname__)))


def full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def copies(value: Any) -> list[Any]:
    pickled = [pickle.loads(pickle.dumps(value, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    return [*pickled, copy.copy(value), copy.deepcopy(value)]


# --- errors -----------------------------------------------------------------------------------------------------------

ERRORS = [kind for kind in classes() if issubclass(kind, BaseException)]


def made(kind: type[BaseException]) -> BaseException:
    """An error of this kind, with something for each argument that it takes."""
    if "__init__" not in vars(kind):
        return kind("what is wrong", 7)
    taken = list(inspect.signature(kind).parameters.values())
    return kind(*(4 if "int" in str(one.annotation) else one.name for one in taken))


def test_the_errors_of_every_room_are_found():
    assert {RecordError, NotDerivable, ScenarioError} < set(ERRORS)


@pytest.mark.parametrize("kind", ERRORS, ids=full_name)
def test_every_error_is_copied_with_all_that_it_says(kind):
    error = made(kind)
    for again in copies(error):
        assert type(again) is kind
        assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))
        assert again == error
        assert hash(again) == hash(error)


# --- classes of values ------------------------------------------------------------------------------------------------

VALUES = [
    kind
    for kind in classes()
    if not issubclass(kind, Record | Register)
    and (issubclass(kind, tuple) or (dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen))
]


@pytest.mark.parametrize("kind", VALUES, ids=full_name)
def test_every_class_of_values_is_found_by_its_name_and_compares(kind):
    names = getattr(kind, "_fields", None) or [f.name for f in dataclasses.fields(kind) if f.init]
    try:
        value = kind(**dict.fromkeys(names, "x"))
    except (ValueError, TypeError):  # it looks at what it is given
        value = kind("serror") if kind is State else kind()
    for again in copies(value):
        assert type(again) is kind
        assert again == value
        assert hash(again) == hash(value)


# --- answers ----------------------------------------------------------------------------------------------------------

STORY = walk(Scenario.of("cpu.running=host-user"), block=BLOCK)
TABLE = columns(BLOCK * 2 + samples("status_blocks/g_arm") + BLOCK[:100])
VENDOR = columns(samples("status_blocks/g_vendor") + samples("status_blocks/g_arm_types"))

ANSWERS: dict[str, Any] = {
    "scenario": Scenario.of("host.notify=GSIV"),
    "trace": STORY,
    "signals": STORY.handed(Sigbus),
    "step": STORY.steps[3],
    "comparison": compare(Scenario(), Scenario.of("host.notify=GSIV")),
    "every source": every_source(Hest.parse(samples("hest/qemu-7.2"))),
    "space": Space.of("host.notify=GSIV", "stance=as-built"),
    "table of a space": Space.of("cpu.running=host-user", "stance=as-built").table("host.notify"),
    "nearest": Space.of().nearest(Scenario()),
    "verdict": prove("I22"),
    "invariants": INVARIANTS,
    "findings": lint(StatusBlock, BLOCK[:-8]),
    "explained": StatusBlock.explain(BLOCK[:100]),
    "syndrome": explain("esr", 0xBE000C11),
    "ERR<n>STATUS": err_status(0xE4800010),
    "route": route(State("serror")),
    "log": read(LOG),
    "recording": replay("gpio"),
    "recording, compared": compare_recorded("gpio"),
    "table": TABLE,
    "table of a list": TABLE.table("entries"),
    "changed table": TABLE.replace({"entries.error_severity": 1}),
    "rows of a table": TABLE.take([1, 0]),
    "table of bytes": VENDOR,
    "no table": columns(b""),
    "column": TABLE.column("entries.section_type"),
    "sheet": TABLE.sheet(),
    "sheet of bytes": VENDOR.sheet(),
    "counts": TABLE.sheet().count("section"),
    "errors of a table": tuple(TABLE.errors),
    "range": Range("a", 0, 7),
    "questions": questions(STORY),
    "terms": tuple(terms().values()),
    "stops": stops_of(90),
}


def looks(value: Any) -> str:
    """What it looks like, where that is no address."""
    return "" if type(value).__repr__ is object.__repr__ else repr(value)


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_answer_is_copied_compared_and_hashed_as_itself(answer):
    value = ANSWERS[answer]
    for again in copies(value):
        assert type(again) is type(value)
        assert again == value
        assert hash(again) == hash(value)
        assert looks(again) == looks(value)


def test_answers_that_differ_are_not_equal():
    assert walk(Scenario.of("host.notify=GSIV")) != walk(Scenario())
    assert Space.of("host.notify=GSIV") != Space.of("host.notify=SEA") != Space.of()
    assert TABLE != columns(BLOCK * 2 + samples("status_blocks/g_arm"))  # one error less
    assert TABLE != TABLE.take([1, 0, 2])
    changed, fields = TABLE.replace({"entries.error_severity": 1}), ["entries.error_severity"]
    assert TABLE.sheet(fields=fields) != changed.sheet(fields=fields)
    assert TABLE.sheet(fields=["fru_text"]) == changed.sheet(fields=["fru_text"])
    assert RecordError("Hest", "length", 4, "too short") != RecordError("Hest", "length", 5, "too short")
    assert RecordError("Hest", "", None, "odd") != ValueError("Hest: odd")
    assert VENDOR.table("entries") != TABLE.table("entries")
    assert TABLE != 7


def test_a_table_that_was_sent_answers_as_before():
    changed = TABLE.replace({"entries.error_severity": 1})
    again = pickle.loads(pickle.dumps(changed))
    assert again.to_bytes() == changed.to_bytes()
    assert again.record(0) == changed.record(0)
    assert again.names("entries.error_severity") == changed.names("entries.error_severity")
    assert again.sheet().text() == changed.sheet().text()
    assert pickle.loads(pickle.dumps(VENDOR)).sheet().arrow().equals(VENDOR.sheet().arrow())


def answer(name: str) -> Any:
    return ANSWERS[name]


def fail(error: BaseException) -> None:
    raise error


def test_answers_and_errors_cross_to_a_process_that_has_loaded_nothing_and_back():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        for name, value in ANSWERS.items():
            assert pool.submit(answer, name).result() == value, name
        for error in map(made, ERRORS):
            with pytest.raises(type(error)) as e:
                pool.submit(fail, error).result()
            assert (str(e.value), vars(e.value).keys() - {"__notes__"}) == (str(error), vars(error).keys())
