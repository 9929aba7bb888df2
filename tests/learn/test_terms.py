"""Every term of the lessons has a card, every card is of a term that is used, and each says who says so."""

import json
import re

import pytest
from learn.words import unlinked, with_links

from raslib.cli import main
from raslib.learn.terms import Term, term, terms
from raslib.resources import folder

NOTEBOOKS = sorted(folder("notebooks").glob("*.ipynb"))
ABBREVIATION = re.compile(r"(?<![\w./`=])[A-Z][A-Za-z0-9]*[A-Z][A-Za-z0-9]*(?:-[A-Z])?s?(?![\w(`=.])")
OTHER = {  # words of capitals that are none of the subject
    *("JSON", "CSV", "HTML", "FILE", "OF", "MiB", "GiB", "OK", "ID", "README", "JupyterLab", "PyPI", "DataFrame", "II"),
    *(
        "GitHub",
        "API",
        "NOT",
        "A",
        "WhatIf",
        "TOML",
        "PDF",
        "URL",
        "SVG",
        "CI",
        "NumPy",
        "AND",
        "PATH",
        "ARM",
        "QR",
        "GB",
        "JupyterHub",
    ),
}
CODES = re.compile(r"[IFG]\d+")  # invariants and samples have numbers


def prose() -> dict[str, str]:
    """The words of each lesson, without what stands as code."""
    found = {}
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n".join(unlinked("".join(cell["source"])) for cell in cells if cell["cell_type"] == "markdown")
        found[path.stem] = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", " ", text, flags=re.DOTALL)
    return found


def spellings() -> set[str]:
    return {name for card in terms().values() for name in (card.word, *card.also)}


def test_every_abbreviation_of_every_lesson_has_a_card():
    known = spellings()
    open_words = {
        (lesson, word)
        for lesson, text in prose().items()
        for word in ABBREVIATION.findall(text)
        if word not in known | OTHER and word.removesuffix("s") not in known and not CODES.fullmatch(word)
    }
    assert open_words == set()


def test_an_abbreviation_without_a_card_would_be_found():
    assert ABBREVIATION.findall("The XYZ asks the TF-A; see `DATA` and ABC.") == ["XYZ", "TF-A"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_use_of_each_word_in_a_lesson_leads_to_its_card(path):
    """By a link whose title is the card; `python tests/learn/words.py` writes them."""
    lesson = json.loads(path.read_text(encoding="utf-8"))
    assert with_links(lesson) == lesson


def test_a_word_is_linked_once_and_not_where_it_is_code_or_a_heading():
    prose = [
        "# What is a HEST?\n",
        "\n",
        "The `HEST`, a HESTs' SEA, **the SEA**, a virtual SError, [SDEI](x).",
    ]
    first, second = (
        "".join(cell["source"])
        for cell in with_links({"cells": [{"cell_type": "markdown", "source": prose}] * 2})["cells"]
    )
    assert first == (
        "# What is a HEST?\n\nThe `HEST`, a [HESTs]' [SEA], **the SEA**, a [virtual SError], [SDEI](x).\n\n"
        f'[HESTs]: 17_words.ipynb#HEST "{terms()["HEST"].line}"\n'
        f'[SEA]: 17_words.ipynb#SEA "{terms()["SEA"].line}"\n'
        f'[virtual SError]: 17_words.ipynb#virtual-SError "{terms()["virtual SError"].line}"'
    )
    assert second == "".join(prose)
    assert unlinked(first) == "".join(prose)


def test_every_card_is_of_a_word_that_is_used():
    """In a lesson, or in what raslib itself says."""
    room = folder("notebooks").parent / "raslib"
    room = room if room.is_dir() else folder("notebooks").parent
    used = " ".join(prose().values()) + " ".join(
        path.read_text(encoding="utf-8") for path in room.rglob("*.py") if path.name != "terms.py"
    )
    names = {card.word: "|".join(map(re.escape, (card.word, *card.also))) for card in terms().values()}
    unused = [word for word, spelled in names.items() if not re.search(rf"(?<![\w-])(?:{spelled})(?![\w-])", used)]
    assert unused == []


@pytest.mark.parametrize("card", terms().values(), ids=lambda card: card.word)
def test_a_card_is_one_sentence_with_a_place_and_a_source(card):
    assert card.means.endswith(".")
    assert len(re.findall(r"[.!?](?= [A-Z])", card.means)) == 0, "one sentence"
    assert len(card.means) < 140
    assert card.full
    assert card.where
    assert re.search(r"§|DDI 0487|DEN00|IHI 0|Linux \d|QEMU \d|TF-A \d|UEFI 2|https://", card.source)


def test_there_are_about_ninety():
    assert 85 <= len(terms()) <= 110


def test_no_spelling_stands_on_two_cards():
    names = [name for card in terms().values() for name in {name.lower() for name in (card.word, *card.also)}]
    assert [name for name in set(names) if names.count(name) > 1] == []


@pytest.mark.parametrize(
    ("asked", "word"), [("GHES", "GHES"), ("ghesv2", "GHES"), ("error correcting code", "ECC"), ("SErrors", "SError")]
)
def test_a_card_is_had_in_any_case_by_another_spelling_and_by_its_letters(asked, word):
    assert term(asked) == terms()[word]


def test_an_unknown_word_names_the_nearest():
    with pytest.raises(ValueError, match="no card explains 'GEHS'; near to it: GHES"):
        term("GEHS")
    with pytest.raises(ValueError, match="no card explains 'qqqqqqqq'$"):
        term("qqqqqqqq")


def test_the_command_line_prints_the_card(capsys):
    assert main(["explain", "sdei"]) == 0
    assert capsys.readouterr().out == (
        "SDEI: software delegated exception interface\n"
        "  How firmware calls a kernel at any moment, masked interrupts or not: an event with a handler.\n"
        "  where: from EL3 to the host's kernel; a notification of a HEST source\n"
        "  source: Arm DEN0054; Linux 7.1 drivers/firmware/arm_sdei.c: sdei_event_handler()\n\n"
    )
    assert main(["explain", "AR", "AO", "--as", "json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["word"] for line in lines] == ["AR", "AO"]
    assert Term(**{**json.loads(lines[0]), "also": ()}) == terms()["AR"]


def test_the_command_line_prints_all_of_them_or_says_what_is_near(capsys):
    assert main(["explain"]) == 0
    assert capsys.readouterr().out.count("  source: ") == len(terms())
    assert main(["explain", "HETS"]) == 1
    assert capsys.readouterr().err.startswith("raslib: no card explains 'HETS'; near to it: HEST")
