"""The house in numbers: it stays small, explains itself, and loads no more than an answer needs."""

import pytest
from ledger import (
    EXPLAINED,
    FIRST_ANSWERS,
    LIB,
    TOP,
    class_names,
    code_lines,
    docstrings,
    explained,
    files_of,
    loaded,
    long_modules,
    reading_path,
    rooms,
)

from raslib import DOOR

CODE_LINES = 27_500  # of raslib: Python, JavaScript and CSS; why a room grew stands in CHANGELOG.md
DOOR_NAMES = 60
LONG_MODULES = 5
EXPLAINED_IN_100 = 25  # docstring lines
READING_PATH = (12, 2_200)  # files, lines
MODULES_LOADED = {
    "from raslib import show": 12,
    "from raslib import walk": 85,
    "one recording replayed": 40,
}  # of ours


def test_the_house_stays_small():
    found = rooms()
    assert sum(found.values()) <= CODE_LINES, found
    assert sum(map(len, DOOR.values())) <= DOOR_NAMES
    assert len(long_modules()) <= LONG_MODULES, long_modules()


def test_a_class_name_means_one_thing():
    """In the whole house: who reads a name in a message or a list knows which class it is."""
    places = class_names()
    assert len(places) > 400
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize("room", EXPLAINED)
def test_a_door_explains_itself(room):
    """Each of its files is there, and of 100 lines so many are docstrings."""
    assert [pattern for pattern in EXPLAINED[room] if not files_of(pattern)] == []
    assert explained(files_of(*EXPLAINED[room])) >= EXPLAINED_IN_100


def test_the_default_story_is_read_in_an_hour():
    """From `Scenario()` to the picture, by the files that CONTRIBUTING names."""
    found = reading_path()
    assert 3 <= len(found) <= READING_PATH[0]
    assert sum(found.values()) <= READING_PATH[1], found


@pytest.mark.parametrize(
    ("suffix", "text", "lines"),
    [
        (".py", '"""What it is.\n\nMore.\n"""\n\n# why\nx = 1  # so\ny = [\n    2,\n]\n', 4),
        (".py", 'def f():\n    """Says."""\n    return """no\n\ndocstring"""\n', 4),
        (".js", "// why\nlet a = 1; // so\n\n/* more\n   of it */\nlet b;\n", 2),
        (".css", "/* one */\n.a { color: red }\n\n.b {\n}\n", 3),
    ],
)
def test_lines_of_code_are_counted_without_what_explains_them(suffix, text, lines):
    assert code_lines(text, suffix) == lines


def test_docstrings_are_found_at_every_depth():
    import ast

    text = '"""One."""\nclass A:\n    """Two\n    lines."""\n    x = "no"\n    def f(self):\n        "three"\n'
    assert [len(lines) for lines in docstrings(ast.parse(text))] == [1, 2, 1]


def test_every_room_is_counted():
    assert set(rooms()) == {p.name for p in LIB.iterdir() if list(p.glob("*.py"))} | {"(top)"}
    assert TOP / "raslib" == LIB


def test_a_first_answer_loads_what_it_needs():
    """Modules are counted, seconds are the machine's. Nothing of ours that boots machines is there, and no numpy."""
    found = {name: loaded(code, 1) for name, code in FIRST_ANSWERS.items()}
    assert found.pop("python alone").ours == 0
    assert {name: counted.ours for name, counted in found.items() if counted.ours > MODULES_LOADED[name]} == {}
