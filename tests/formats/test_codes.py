"""Code lists that are data: each is a `Coded` of its module, and a slip in the file is named."""

import pickle
from importlib import import_module
from pathlib import Path

import pytest

from raslib.formats import codes
from raslib.formats.more import cxl, x86
from raslib.records import Coded

SHARED = {("serialization", "Instruction")}  # is in the lists of others alone


def module(name: str) -> str:
    folder = Path(codes.__file__).parent
    return f"raslib.formats.{name}" if (folder / f"{name}.py").is_file() else f"raslib.formats.more.{name}"


@pytest.mark.parametrize("name", codes._tables())
def test_every_list_is_a_kind_of_code_of_its_module(name):
    lists = {table for table in codes._tables()[name] if (name, table) not in SHARED}
    declared = vars(import_module(module(name)))
    assert {table for table in lists if issubclass(declared[table], Coded)} == lists
    assert {declared[table].__module__ for table in lists} <= {module(name)}


def test_a_list_has_number_meaning_and_what_it_is():
    assert (cxl.CxlAgent.RCD, cxl.CxlAgent.ROOT_PORT.name, cxl.CxlAgent.ROOT_PORT.means) == (
        0,
        "ROOT_PORT",
        "root port",
    )
    assert x86.X86ContextType.__doc__ == "Which registers a context holds."
    assert pickle.loads(pickle.dumps(cxl.CxlAgent.ROOT_PORT)) is cxl.CxlAgent.ROOT_PORT


def test_a_list_that_is_like_another_has_its_codes_first():
    assert [code.name for code in x86.CacheCheckOperation][-3:] == ["PREFETCH", "EVICTION", "SNOOP"]
    assert [code.name for code in x86.CheckOperation] == [code.name for code in x86.CacheCheckOperation][:-2]


@pytest.mark.parametrize("row", [7, ["seven", "meaning"], [7], [7, "meaning", "more"]])
def test_a_slip_in_the_file_is_named(row, monkeypatch):
    monkeypatch.setattr(codes, "_tables", lambda: {"seeds": {"Fruit": {"APPLE": [1, "grows on trees"], "PEAR": row}}})
    with pytest.raises(ValueError, match=r"^codes.toml: PEAR of Fruit is no \[number, meaning\]$"):
        codes.code_lists("raslib.formats.seeds")


def test_a_module_without_lists_has_none_to_ask_for():
    with pytest.raises(KeyError, match="bert"):
        codes.code_lists("raslib.formats.bert")
