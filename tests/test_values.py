"""Records, registers, what was read and what went wrong pickle, copy, compare and hash as themselves."""

import copy
import dataclasses
import inspect
import json
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from formats import acpi_checks as checks
from formats import strategies

from raslib import plain
from raslib.formats.acpi import AcpiTable
from raslib.formats.arm import Aarch64El1, ArmProcessor, ContextInformation
from raslib.formats.ghes import BlockStatus, DataEntry, StatusBlock
from raslib.formats.hest import Hest
from raslib.formats.memory import PlatformMemory
from raslib.formats.more.nvidia import NvidiaContext, NvidiaEvent, NvidiaFormat, Pair64, Pair64List
from raslib.plain import check_json, load_json
from raslib.records import Record, RecordError, Register, field, u8


def declared(base: type) -> list[Any]:
    return [kind for module in checks.MODULES for kind in checks.classes(module, base)]


def as_itself(value: Any) -> None:
    for again in (
        *(pickle.loads(pickle.dumps(value, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)),
        copy.copy(value),
        copy.deepcopy(value),
    ):
        assert type(again) is type(value)
        assert again == value
        assert repr(again) == repr(value)
        assert hash(again) == hash(value)


@pytest.mark.parametrize(
    "kind",
    [kind for kind in declared(Record) if kind is not AcpiTable],
    ids=lambda kind: f"{kind.__module__}.{kind.__name__}"[15:],
)
def test_every_record_is_a_value(kind):
    as_itself(kind())
    for seed in range(3):
        as_itself(kind.parse(strategies.generate(kind, seed)))


@pytest.mark.parametrize("kind", declared(Register), ids=lambda kind: f"{kind.__module__}.{kind.__name__}"[15:])
def test_every_register_is_a_value(kind):
    for word in (0, (1 << kind.width) - 1, (1 << kind.width) // 3):
        as_itself(kind.parse(word))
        assert kind.parse(word) == kind(**{name: getattr(kind.parse(word), name) for name in kind.defaults})


MIXED = StatusBlock(
    entries=[  # a list becomes a tuple
        DataEntry(section=PlatformMemory(physical_address=1 << 40)),
        DataEntry(section=ArmProcessor(context_information=[ContextInformation(registers=Aarch64El1(ESR_EL1=7))])),
        DataEntry(
            section=NvidiaEvent(
                contexts=[NvidiaContext(data_format=NvidiaFormat.PAIRS_64, data=Pair64List(items=[Pair64(key=1)]))]
            )
        ),
    ]
)


def test_what_was_read_is_a_value():
    explained = StatusBlock.explain(MIXED.build())
    as_itself(explained)
    for span in explained.spans:
        as_itself(span)
    broken = StatusBlock.explain(MIXED.build()[:60])
    assert broken.error
    assert str(pickle.loads(pickle.dumps(broken)).error) == str(broken.error)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
@pytest.mark.parametrize("error", [RecordError("Hest", "length", 4, "too short"), RecordError("Hest", "", None, "odd")])
def test_an_error_is_copied_with_its_place(error, copied):
    again = copied(error)
    assert type(again) is RecordError
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def parsed(data: bytes) -> Any:
    return StatusBlock.parse(data)


def test_records_and_errors_cross_to_a_process_that_has_loaded_nothing_and_back():
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        assert pool.submit(parsed, MIXED.build()).result() == MIXED
        assert pool.submit(repr, MIXED).result() == repr(MIXED)
        with pytest.raises(RecordError, match="StatusBlock.block_status at byte 0 .*: needs 4 bytes, 1 are left") as e:
            pool.submit(parsed, b"x").result()
    assert (e.value.path, e.value.offset) == ("block_status", 0)


def test_records_of_one_class_alone_are_equal():
    class One(Record):
        number: int = u8()

    class Other(Record):
        number: int = u8()

    assert One(number=1) == One(number=1) != One(number=2)
    assert One() != Other()
    assert One() != 0
    assert len({One(), One(number=0), One(number=1), Other()}) == 3


def test_a_value_is_made_by_keyword_and_never_changed():
    assert str(inspect.signature(BlockStatus)) == (
        "(*, uncorrectable=False, correctable=False, multiple_uncorrectable=False, multiple_correctable=False, "
        "entry_count=0, reserved=0)"
    )
    with pytest.raises(TypeError, match=r"BlockStatus.__init__\(\) got an unexpected keyword argument 'entries'"):
        BlockStatus(entries=1)  # type: ignore[call-arg]
    for change in (lambda: setattr(BlockStatus(), "entry_count", 1), lambda: delattr(Hest(), "length")):
        with pytest.raises(dataclasses.FrozenInstanceError, match="cannot .* field '(entry_count|length)'"):
            change()
    assert isinstance(MIXED.entries, tuple)


def test_a_class_that_nobody_reads_makes_no_constructs():
    class Idle(Record):
        number: int = field(None, "None is no construct, so making the field would fail")

    with pytest.raises(TypeError):
        Idle.parse(b"")


# --- JSON from elsewhere ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("[" * 100_000, 101),
        ('{"a":' * 101 + "1" + "}" * 101, 501),
        ("[[]," * 60 + "[" * 41 + "]" * 101, 281),
        ('["[[[[[\\"[[[[", ' + "[" * 100 + "]" * 101, 116),
    ],
)
def test_json_that_is_nested_too_deep_is_refused_with_its_place(text, column):
    with pytest.raises(json.JSONDecodeError, match=r"nested more than 100 deep: line 1 column") as e:
        load_json(text)
    assert e.value.colno == column


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100 + "]" * 100,
        "[" + "[]," * 1000 + "[]]",
        '"' + "[" * 1000 + '"',
        '["\\"' + "{" * 1000 + '\\\\"]',
        '{"a": [' * 50 + "]}" * 50,
    ],
)
def test_json_that_is_wide_or_has_brackets_in_its_texts_is_read(text):
    assert load_json(text) == json.loads(text)


def test_a_text_that_never_ends_is_looked_through_once():
    check_json('["' + '\\"' * 200_000 + "[" * 200)
    check_json('"' * 100_001 + "[" * 50)


def test_an_errors_sentence_stays_short_whatever_the_value():
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for value in (deep, "x" * 100_000, {str(n): n for n in range(10_000)}):
        with pytest.raises(RecordError) as e:
            PlatformMemory.from_json({"card": value})
        assert len(str(e.value)) < 200
    assert plain.short("0x12") == "'0x12'"


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (
            lambda n: PlatformMemory(card=n),
            "PlatformMemory.card at byte 34 (0x22): a number of 16610 bits cannot stand here",
        ),
        (lambda n: BlockStatus(entry_count=n), "BlockStatus.entry_count: a number of 16610 bits does not fit 10 bits"),
        (
            lambda n: PlatformMemory.from_json({"card": n}),
            "PlatformMemory.card: a number of 16610 bits fits no field",
        ),
        (
            lambda n: PlatformMemory.from_json({"card": hex(n)}),
            "PlatformMemory.card: a number of 16610 bits fits no field",
        ),
    ],
)
def test_a_number_that_python_cannot_print_is_told_of_by_its_bits(build, why):
    with pytest.raises(RecordError) as e:
        build(10**5000 - 1).build()
    assert str(e.value) == why


def test_json_with_a_number_that_python_cannot_read_is_refused_with_its_place():
    with pytest.raises(json.JSONDecodeError, match="a number of more than 400 digits: line 1 column 7"):
        load_json('{"a": ' + "1" * 5000 + "}")
    assert load_json('{"a": "' + "1" * 5000 + '"}') == {"a": "1" * 5000}
