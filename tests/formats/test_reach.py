"""Nothing of the declarations stays unseen: every record, register, code and GUID is held to a table of its own.

The tables are `document_tables` and `section_tables`, written down apart from the declarations, and the hex files of
`data`, whose comments say where each field lies. What is declared and stands in none of them fails here, and so does
what stands there and is not declared.
"""

import re
from collections.abc import Callable
from types import ModuleType
from uuid import UUID

import pytest
from formats import acpi_checks as checks
from formats import document_tables as tables
from formats import fixtures, section_tables

from raslib.formats import arm, cper, sections
from raslib.formats.more import arm_ras, nvidia, x86
from raslib.records import Coded, Record, Register
from raslib.views.fields import GUID_NAMES

MODULES = checks.MODULES


def short(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def declared(kind: type) -> dict[str, type]:
    return {f"{short(module)}.{cls.__name__}": cls for module in MODULES for cls in checks.classes(module, kind)}


def rows(text: str) -> dict[str, str]:
    """The structures of a table, each with what follows its `=`."""
    found = re.findall(r"^(\S+) = ((?:.*\n(?!\S+ = ))*.*)$", text.strip(), re.MULTILINE)
    assert len(dict(found)) == len(found), "a structure stands there twice"
    return {name: " ".join(said.split()) for name, said in found}


RECORDS, REGISTERS, CODES = declared(Record), declared(Register), declared(Coded)
RECORD_ROWS, REGISTER_ROWS, CODE_ROWS = rows(tables.RECORDS), rows(tables.REGISTERS), rows(tables.CODES)


def known(kind: type) -> str:
    return f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"


ARRAYS = {known(kind) for kind in (*arm.CONTEXTS.values(), *nvidia.NVIDIA_DATA.values())}  # `test_arm`, `test_vendor`


def test_every_structure_stands_in_a_table_or_a_hex_file_and_every_table_is_of_a_structure():
    records = RECORD_ROWS.keys() | set(map(known, section_tables.LAYOUTS))
    registers = REGISTER_ROWS.keys() | set(map(known, section_tables.WORDS))
    assert records <= RECORDS.keys()
    assert registers <= REGISTERS.keys()
    assert CODE_ROWS.keys() <= CODES.keys()
    assert fixtures.unseen(Record) - records - ARRAYS == set()
    assert fixtures.unseen(Register) - registers == set()
    assert fixtures.unseen(Coded) - CODE_ROWS.keys() == set()
    assert (len(RECORDS), len(REGISTERS), len(CODES)) >= (100, 100, 80)


@pytest.mark.parametrize("name", RECORD_ROWS)
def test_every_field_lies_where_its_document_has_it(name):
    assert checks.layout(RECORDS[name]) == section_tables.layout(RECORD_ROWS[name])


@pytest.mark.parametrize("name", REGISTER_ROWS)
def test_every_bit_lies_where_its_document_has_it(name):
    width, _, fields = REGISTER_ROWS[name].partition(": ")
    bits = [field.split() for field in fields.split(", ")]
    places = {word: tuple(map(int, (where.split(":") * 2)[:2])) for where, word in bits}
    assert REGISTERS[name].width == int(width)
    checks.fields_at(REGISTERS[name], places)


@pytest.mark.parametrize("name", CODE_ROWS)
def test_every_code_has_the_number_of_its_document(name):
    said = [code.split() for code in CODE_ROWS[name].split(", ")]
    assert {member.name: int(member) for member in CODES[name]} == {word: int(number, 0) for number, word in said}


# --- words ------------------------------------------------------------------------------------------------------------

NOWHERE = {  # codes that no field of a declaration holds
    "errnode.ErrorState": "what several bits of ERR<n>STATUS say together",
    "sdei.Function": "calls, not fields",
    "sdei.SdeiResult": "what those calls return",
}


@pytest.mark.parametrize("module", MODULES, ids=short)
def test_every_field_and_bit_says_what_it_is_and_where_that_stands(module):
    checks.documented(module)


@pytest.mark.parametrize("name", CODES)
def test_every_code_has_a_word_of_its_own(name):
    words = [member.means for member in CODES[name]]
    assert all(words)
    assert len(set(words)) == len(words)


def places(kind: type[Coded]) -> list[tuple[type, str]]:
    return [(owner, field) for module in MODULES for owner, field, used in checks.uses(module) if used is kind]


@pytest.mark.parametrize("name", CODES)
def test_every_code_comes_back_from_the_bytes_of_every_field_that_holds_it(name):
    found = places(CODES[name])
    assert bool(found) != (name in NOWHERE), "no field holds these codes"
    for owner, field in found:
        for member in CODES[name]:
            built = owner(**{field: int(member)}).build()
            assert getattr(owner.parse(built), field) is member, (owner, field)


# --- GUIDs ------------------------------------------------------------------------------------------------------------

GUIDS = {UUID(text): tuple(said.split(" ", 1)) for text, said in rows(tables.GUIDS).items()}
TABLES: dict[str, Callable[[UUID], bool]] = {
    "notification types": cper.NOTIFICATIONS.__contains__,
    "section types": sections.NAMES.__contains__,
    "check types": x86.CHECKS.__contains__,
    "keys": arm_ras.PARTS.__contains__,
    "creators": cper.CREATORS.__contains__,
}


@pytest.mark.parametrize("guid", GUIDS, ids=str)
def test_every_guid_has_its_bytes_its_place_and_a_name(guid):
    in_memory, _ = GUIDS[guid]
    assert guid.bytes_le == bytes.fromhex(in_memory)
    assert [name for name, holds in TABLES.items() if holds(guid)] != []
    assert GUID_NAMES[guid]


def test_no_guid_is_known_that_no_table_has():
    windows = {guid for guid, name in sections.NAMES.items() if name.startswith("Windows")}
    shown = {guid for guid, kind in sections.RECORDS.items() if kind in fixtures.shown()}
    assert set(GUID_NAMES) - set(GUIDS) - shown == windows
    assert len(windows) == 3
