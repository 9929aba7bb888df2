"""Every finding that a rule can make is made here once, and says where, what and why; what is right has none."""

import ast
import sys
from pathlib import Path

import pytest
from lint import error_records, table_records
from lint.test_lengths import put

import raslib.rules
from raslib.formats.ghes import StatusBlock
from raslib.formats.hest import Hest
from raslib.rules import ABOUT, FORM, FindingLevel, lint, rules

CASES = error_records.CASES | table_records.CASES
# what no record is built to: raw data among entries, lengths that wrap, and a table that is cut off
BROKEN_LENGTHS = [
    *((StatusBlock, put(at, *words)) for at, *words in ((4, 0, 8), (4, 0xFFFF_FFF0, 0x100), (12, 0xFFFF_FFFF))),
    (StatusBlock, put(44, 0xFFFF_FFF8)),
    (Hest, Hest().build()[:-1]),
    (StatusBlock, b""),
]
ROOM = Path(raslib.rules.__file__).parent


@pytest.mark.parametrize(("broken", "found"), CASES.values(), ids=CASES)
def test_a_broken_rule_says_where_and_what(broken, found):
    assert [(f.level.value, f.path, f.offset, f.says) for f in lint(type(broken), broken.build())] == found


@pytest.mark.parametrize(("broken", "found"), CASES.values(), ids=CASES)
def test_a_broken_rule_says_why_it_matters_and_by_which_source(broken, found):
    for f in lint(type(broken), broken.build()):
        assert f.why
        assert any(word in f.cite for word in ("§", "Linux", "DEN0", "IHI")), f.cite


def test_every_finding_of_every_rule_is_broken_here():
    """A rule that no case above breaks would be a rule that cannot fail."""
    wanted, seen = set(findings()), set()

    def trace(frame, event, arg):
        if frame.f_code.co_filename.startswith(str(ROOM)):
            seen.add((Path(frame.f_code.co_filename).name, frame.f_lineno))
            return trace
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for broken, _ in CASES.values():
            lint(type(broken), broken.build())
        for kind, data in BROKEN_LENGTHS:
            assert lint(kind, data)
    finally:
        sys.settrace(before)
    assert wanted - seen == set()


def findings():
    """File and line of every place where a finding is made."""
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            call = node.value if isinstance(node, ast.Yield) else None
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("error", "warning", "note"):
                yield path.name, node.lineno


def test_the_places_where_findings_are_made_are_found():
    """The test above would be empty if they were not."""
    assert len(set(findings())) > 80


def test_every_module_of_rules_is_used():
    modules = {path.stem for path in ROOM.glob("*.py")} - {"__init__", "finding"}
    named = {name for some in rules().values() for name, _ in some}
    assert {name.partition(".")[0] for name in named} == modules == set(ABOUT)
    assert named >= FORM


def test_rules_are_loaded_with_the_formats_that_they_are_about():
    for module, about in ABOUT.items():
        kinds = [kind for kind, some in rules().items() if any(name.startswith(f"{module}.") for name, _ in some)]
        assert {kind.__module__.rpartition(".")[2] for kind in kinds} == about, module


@pytest.mark.parametrize("good", error_records.GOOD + table_records.GOOD, ids=lambda r: type(r).__name__)
def test_what_is_right_has_no_findings(good):
    assert lint(type(good), good.build()) == ()
    if hasattr(good, "beyond"):
        assert lint(type(good), good.build() + bytes(8)) == ()


def test_levels_are_three():
    assert [level.value for level in FindingLevel] == ["error", "warning", "note"]
