"""Whatever raslib says of code is there: each citation names a file of that release, and what that file defines."""

import ast
import json
import re
from pathlib import Path

import pytest

import raslib
from raslib.learn.terms import terms
from raslib.sim.model.sources import Code, citations

INDEX = json.loads(Path(__file__).with_name("index.json").read_text(encoding="utf-8"))
# releases of which no tree could be had. What is cited of them was read in patches that change it: do_sea() in
# [PATCH 5.4 268/388] of 2020-09-29, ghes_do_proc() in Shiju Jose's of 2020-04-21, kvm_handle_guest_abort() in Will
# Deacon's of 2020-07-29
UNREAD = {("Linux", "5.4")}
UNREAD_KEYS = {"linux.do_sea_5_4", "linux.ghes_do_proc_5_4", "linux.kvm_handle_guest_abort_5_4"}
CODE = {key: cited for key, cited in citations().items() if isinstance(cited, Code)}
IN_WORDS = re.compile(r"(Linux|QEMU|TF-A) (\d+\.\d+) ((?:[\w.-]+/)+[\w.-]+\.[chS])(?:: ([\w(), \[\]]+))?")


def files(cited: Code) -> list[str]:
    """The files of a citation, `{a,b}` taken apart."""
    before, found, after = re.match(r"([^{]*)(?:\{(.*)\})?(.*)", cited.file).groups()
    return [before + part + after for part in (found or "").split(",")]


def defined(project: str, release: str, file: str) -> set[str]:
    """The names that the index has for a file of a release; none where there is no such file."""
    groups = INDEX[project]["files"].get(file, {})
    return {name for having, names in groups.items() if release in having.split() for name in names.split()}


def missing(cited: Code) -> list[str]:
    """What of a citation the index does not have."""
    release = cited.version.split()[0]
    if cited.function.startswith("no "):
        word = cited.function.split()[1].lower()
        there = [file for file in INDEX[cited.project]["files"] if defined(cited.project, release, file)]
        assert any(file.startswith(cited.file) for file in there), f"nothing of {cited.file} was read"
        return [file for file in there if file.startswith(cited.file) and word in file]
    wanted = [re.fullmatch(r"(\w+)(?:\(\)|\[\])?", part) for part in cited.function.split(", ")]
    assert all(wanted), f"{cited.label}: names with commas between, not {cited.function!r}"
    return [
        f"{file}: {name[1]}"
        for file in files(cited)
        for name in wanted
        if name[1] not in defined(cited.project, release, file)
    ]


@pytest.mark.parametrize("key", sorted(CODE.keys() - UNREAD_KEYS))
def test_a_citation_of_code_is_there(key):
    assert missing(CODE[key]) == []


def test_citations_of_releases_that_nobody_read_are_these():
    unread = {key for key, cited in CODE.items() if (cited.project, cited.version) in UNREAD}
    assert unread == UNREAD_KEYS


def test_every_other_release_was_read():
    read = {(project, release) for project, held in INDEX.items() for release in held["releases"]}
    assert {(cited.project, cited.version.split()[0]) for cited in CODE.values()} - read == UNREAD


def test_citations_in_running_text_are_there_too():
    """Those of rules and of the cards of terms, for example."""
    found = list(in_words())
    assert len(found) > 15
    assert [cited.label for cited in found if cited.function and missing(cited)] == []
    assert [cited.label for cited in found if not defined(cited.project, cited.version, cited.file)] == []


def in_words():
    for path in Path(raslib.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from cited_in(node.value)
    for card in terms().values():
        yield from cited_in(card.source)


def cited_in(text):
    for match in IN_WORDS.finditer(text):
        names = ", ".join(re.findall(r"\w+(?:\(\)|\[\])|[A-Z_]{6,}", match[4] or ""))
        yield Code(match[1], match[2], match[3], names)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (Code("Linux", "7.1", "arch/arm64/kvm/arm.c", "vcpu_set_hcr()"), "arch/arm64/kvm/arm.c: vcpu_set_hcr"),
        (Code("TF-A", "2.15", "bl31/bl31_traps.c", "inject_sync_ea64()"), "bl31/bl31_traps.c: inject_sync_ea64"),
        (Code("QEMU", "10.2", "hw/acpi/ghes_v3.c", "record()"), "hw/acpi/ghes_v3.c: record"),
        (Code("Linux", "7.3", "drivers/acpi/arm64", "no IORT driver"), "drivers/acpi/arm64/iort.c"),
    ],
)
def test_a_citation_of_what_is_not_there_is_found(wrong, what):
    assert missing(wrong) == [what]


def test_a_citation_names_what_it_means():
    with pytest.raises(AssertionError, match='names with commas between, not "the platform\'s handler"'):
        missing(Code("TF-A", "2.12", "bl31/ehf.c", "the platform's handler"))
