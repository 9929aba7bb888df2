"""The words as a table and as questions: what is right is on the card."""

import pytest

from raslib.learn.glossary import ask_word, glossary
from raslib.learn.terms import terms


def test_the_glossary_has_every_card():
    shown = glossary()
    assert len(shown.text.splitlines()) == 1 + len(terms())
    assert shown.html.count("<tr>") == 1 + len(terms())


def test_the_glossary_has_the_place_that_a_link_to_a_card_names():
    """And only the whole of it, so that there is one."""
    for place in ("GHES", "virtual-SError", "TF-A"):
        assert glossary().html.count(f'id="{place}"') == 1
    assert "id=" not in glossary("GHES").html


def test_some_words_in_the_order_in_which_they_are_asked_for():
    assert [line.split()[0] for line in glossary("sdei", "SEA").text.splitlines()] == ["word", "SDEI", "SEA"]
    with pytest.raises(ValueError, match="no card explains 'HETS'; near to it: HEST"):
        glossary("HETS")


@pytest.mark.parametrize("word", terms())
def test_a_word_is_asked_for_by_its_card(word):
    check = ask_word(word)
    assert check.asks == f"Which word is this? {terms()[word].means}"
    assert [answer.text for answer in check.answers if answer.right] == [word]
    assert len({answer.text for answer in check.answers}) == 4
    for answer in check.answers:
        if not answer.right:
            assert f"{answer.because}." == f"for this: {terms()[answer.text].means}"
