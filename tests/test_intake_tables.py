"""The tables of other programs' words: a line that is wrong is named where it stands, and none is left out unseen."""

import re
import tomllib
from pathlib import Path

import pytest

from raslib.formats.arm import ContextType
from raslib.formats.memory import MemoryErrorType
from raslib.formats.more.cxl import CxlAgent
from raslib.formats.more.x86 import X86ContextType
from raslib.formats.processor import ProcessorOperation
from raslib.intake import kinds
from raslib.intake.drivers import rule
from raslib.intake.linux import LINES, SINCE, catalogue, says


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{text = "level: {level}", vaild = "level"}', "unexpected keyword argument 'vaild'"),
        ('{valid = "level"}', "missing 1 required positional argument: 'text'"),
        ('{text = "level: {level!}", words = "truths"}', "'truths'"),
        ('{text = "level: {level!}", words = {one = "true"}}', "invalid literal for int"),
        ('"level: {level:03x}"', "'03x'"),
        ('"level: {the level}"', "a hole that cannot be read: 'level: {the level}'"),
        ("4", "'int' object is not iterable"),
    ],
)
def test_a_line_of_linux_that_is_wrong_is_named(line, why):
    with pytest.raises(ValueError, match=r"linux\.toml, lines\.memory\.level: ") as raised:
        catalogue(f'[words]\ntruth = ["false", "true"]\n[lines.memory]\nlevel = {line}\n')
    assert why in str(raised.value)


def test_words_that_several_lines_have_go_on_with_those_of_a_line():
    text = '[words]\ntruth = ["false", "true"]\n[lines.a]\nb = {text = "{c!}", words = "truth", more = ["both"]}\n'
    assert catalogue(text)[1]["a"]["b"].words == {0: "false", 1: "true", 2: "both"}


def test_a_pattern_without_a_name_for_a_group_is_refused():
    with pytest.raises(ValueError, match=r"drivers\.toml: 2 groups in '\(a\)\(b\)', 1 names"):
        rule("edac", "(a)(b)", ["error"])


def test_every_change_that_a_section_came_with_is_one_of_the_releases():
    assert [says(change, (7, 3)) for change in SINCE.values()] == [True] * 10


@pytest.mark.parametrize("sort", ["bytes", "text"])
def test_what_other_kinds_look_like_has_a_pattern_and_a_word(sort):
    rows = tomllib.loads((Path(kinds.__file__).with_name("kinds.toml")).read_text(encoding="utf-8"))[sort]
    assert [row.keys() for row in rows] == [{"looks", "what"}] * len(rows)
    assert all(re.compile(row["looks"]) and row["what"] for row in rows)


@pytest.mark.parametrize(
    ("table", "name", "kind"),
    [
        ("memory", "type", MemoryErrorType),
        ("processor", "operation", ProcessorOperation),
        ("arm_context", "type", ContextType),
        ("x86_context", "type", X86ContextType),
        ("cxl", "agent", CxlAgent),
    ],
)
def test_linux_has_a_word_for_every_number_that_is_declared(table, name, kind):
    assert LINES[table][name].words.keys() == {int(one) for one in kind}
