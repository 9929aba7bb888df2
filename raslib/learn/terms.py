"""The words of the subject: what each term and abbreviation is in one sentence, where it stands, and who says so."""

import re
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple

from .. import resources


class Term(NamedTuple):
    """A card: the *word*, what its letters stand for, other spellings, one sentence, its place, and a source."""

    word: str
    full: str
    also: tuple[str, ...]
    means: str
    where: str
    source: str

    def __str__(self) -> str:
        also = f"\n  also: {', '.join(self.also)}" if self.also else ""
        return f"{self.word}: {self.full}\n  {self.means}\n  where: {self.where}{also}\n  source: {self.source}\n"

    @property
    def line(self) -> str:
        """The card without its word and source: what a view shows, and the title of a link."""
        return f"{self.full}: {self.means} Where: {self.where}."


@cache
def terms() -> dict[str, Term]:
    """Every card by its word, in the order of the subject."""
    cards = resources.table(__file__)
    return {
        word: Term(word, card["full"], tuple(card.get("also", ())), card["is"], card["where"], card["source"])
        for word, card in cards.items()
    }


@cache
def _spelled() -> dict[str, Term]:
    return {name: card for card in terms().values() for name in (card.word, *card.also)}


def cards_in(text: str) -> dict[str, Term]:
    """The cards of the words that *text* uses, by the words as they stand there, in the order of their first use."""
    longest_first = sorted(_spelled(), key=len, reverse=True)
    words = re.findall(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])", text)
    return {word: _spelled()[word] for word in words}


def card_lines(text: str) -> dict[str, str]:
    """What a view shows for each word of *text* that has a card; for other spellings of a word, that word."""
    lines: dict[str, str] = {}
    for word, card in cards_in(text).items():
        lines[word] = next((other for other, line in lines.items() if line == card.line), card.line)
    return lines


def term(word: str) -> Term:
    """The card of *word*, in whatever case, by another spelling, or by what its letters stand for.

    Raises ValueError that names the nearest cards.
    """
    spelled = {name.lower(): card for card in terms().values() for name in (card.full, *card.also, card.word)}
    if (wanted := word.lower()) in spelled:
        return spelled[wanted]
    near = dict.fromkeys(spelled[name].word for name in get_close_matches(wanted, spelled, 3))
    raise ValueError(f"no card explains {word!r}" + (f"; near to it: {', '.join(near)}" if near else ""))
