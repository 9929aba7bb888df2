"""The field tables of the formats as text and Markdown, on the command line and from Python."""

import pytest
from formats import section_tables
from formats.test_reach import RECORDS, REGISTERS

from raslib.cli import main
from raslib.formats import einj, erst, hest, memory, sections
from raslib.formats.kinds import KINDS
from raslib.views.formats import GROUPS, fields, find, known, listing, page

NOTIFICATION = """\
Hardware Error Notification  [ACPI 6.5 §18.3.2.9, Hardware Error Notification]
How a source notifies (struct acpi_hest_notify).
"""


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    status = main(["formats", *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_every_declared_structure_and_every_section_type_is_known_once():
    names = [f.name for f in known()]
    assert len(set(names)) == len(names)
    assert {f.kind for f in known() if f.kind} == {*RECORDS.values(), *REGISTERS.values()}
    assert {f.guid for f in known() if f.guid} == set(sections.NAMES)
    assert {f.group for f in known()} == set(GROUPS)
    assert [f.kind for f in known() if f.group == "kind"] == list(KINDS.values())


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("hest", hest.Hest),
        ("HEST", hest.Hest),
        ("Hardware Error Source Table", hest.Hest),
        ("record", KINDS["record"]),
        ("status-block", KINDS["status-block"]),
        ("estatus", KINDS["status-block"]),
        ("GenericSourceV2", hest.GenericSourceV2),
        ("generic-source-v2", hest.GenericSourceV2),
        ("GHESv2", hest.GenericSourceV2),
        ("acpi_hest_generic", hest.GenericSource),
        ("Platform Memory", memory.PlatformMemory),
        ("a5bc1114-6f64-4ede-b863-3e83ed7c83b1", memory.PlatformMemory),
        ("MemoryValid", memory.MemoryValid),
        ("einj.entry", einj.EinjEntry),
        ("erst.entry", erst.ErstEntry),
    ],
)
def test_a_format_is_found_by_any_of_its_names(said, kind):
    assert find(said).kind is kind


@pytest.mark.parametrize("f", known(), ids=lambda f: f.name)
def test_every_format_is_found_by_its_name_and_has_a_page_in_every_form(f):
    assert find(f.name) == f
    for markdown in (False, True):
        said = page(f, markdown)
        assert f.title in said
        for _, _, _, name, doc, _ in fields(f):
            assert name in said
            assert doc.replace("|", "\\|") in said if markdown else doc in said


@pytest.mark.parametrize("kind", section_tables.LAYOUTS, ids=lambda kind: kind.__name__)
def test_offsets_and_sizes_are_the_documents(kind):
    lines = fields(next(f for f in known() if f.kind is kind))
    wanted = section_tables.layout(section_tables.LAYOUTS[kind])
    numbers = [(name, *("-" if n is None else str(n) for n in where)) for name, *where in wanted]
    assert [(name, offset, size) for depth, offset, size, name, *_ in lines if not depth] == numbers


def test_a_page_of_text():
    lines = page(find("notification")).splitlines()
    assert "\n".join(lines[:2]) + "\n" == NOTIFICATION
    assert lines[2].split() == ["offset", "size", "name", "meaning", "source"]
    assert lines[3].split()[:4] == ["0", "1", "type", "by"]
    assert lines[12].split() == ["8", "SEA", *["Armv8", "synchronous", "external", "abort"]]
    assert [line.split()[:3] for line in lines if "switch_to_polling_threshold_value" in line] == [
        ["[2]", "switch_to_polling_threshold_value", "how"],
        ["12", "4", "switch_to_polling_threshold_value"],
    ]
    assert all(line == line.rstrip() for line in lines)


def test_a_page_of_markdown_is_one_table():
    said = page(find("generic-address"), markdown=True)
    assert said.startswith("# Generic Address Structure  [ACPI 6.5 §5.2.3.2, Generic Address Structure]\n\n")
    assert "| offset | size | name | meaning | source |\n| --- | --- | --- | --- | --- |\n" in said
    assert "| 4 | 8 | address | where it is in its space | ACPI 6.5 §5.2.3.2, Generic Address Structure |\n" in said
    assert "|  |  | &emsp;0 SYSTEM_MEMORY | system memory |  |\n" in said


def test_a_field_says_what_it_is_made_of():
    sources = next(meaning for _, _, _, name, meaning, _ in fields(find("hest")) if name == "error_sources")
    assert "; each machine-check-exception or corrected-machine-check or " in sources
    lines = [*fields(find("platform-memory"))]
    node = (0, "32", "2", "node", "of a system of several; if node is valid", "UEFI 2.10 §N.2.5, Memory Error Section")
    assert node in lines
    assert (2, "", "", "4 MEMORY", "storage error in memory (DRAM)", "") in lines


def test_what_is_known_by_its_name_alone_says_so():
    said = page(find("HiSilicon common"))
    assert said == (
        "HiSilicon common\nsection type c8b328a8-9917-4af6-9a13-2e08ab2e7586\n"
        "Known by its name alone: its bytes stay bytes.\n"
    )


def test_the_list_has_a_line_for_each_format():
    said = listing().splitlines()
    assert len([line for line in said if line]) == len(known()) + 2 * len(GROUPS)
    (line,) = [line for line in said if line.startswith("platform-memory ")]
    assert line.split()[:4] == ["platform-memory", "80+", "Platform", "Memory"]
    assert [line.split()[1] for line in said if line.startswith(("generic-address ", "notification "))] == ["12", "28"]


def test_the_command_line_shows_the_list_and_a_page(capsys):
    assert run(capsys) == (0, listing(), "")
    assert run(capsys, "--as", "markdown") == (0, listing(markdown=True), "")
    assert run(capsys, "bert") == (0, page(find("bert")), "")
    assert run(capsys, "bert", "--as", "markdown") == (0, page(find("bert"), True), "")


def test_an_unknown_name_is_refused_with_names_that_are_close(capsys):
    status, out, err = run(capsys, "notificaton")
    assert (status, out) == (1, "")
    assert err.startswith("raslib: no format is called 'notificaton'; there is notification")
