"""The cards of words as a table, and as questions."""

from random import Random

from ..views.table import cell, columns, table
from ..views.theme import Shown
from .ask import Answer, Check, choice
from .terms import term, terms


def glossary(*words: str) -> Shown:
    """The cards of these words, or all, in the order of the subject. Raises ValueError as `term` does."""
    cards = [term(word) for word in words] or [*terms().values()]
    rows = [(card.word, card.full, card.means, card.where) for card in cards]
    cells = rows if words else [(cell(row[0], id=row[0].replace(" ", "-")), *row[1:]) for row in rows]
    heads = ("word", "in full", "what it is", "where it stands")
    return Shown(table(heads, cells), "\n".join(columns([heads, *rows])))


def ask_word(word: str) -> Check:
    """Which word is it whose card says this? Wrong answers are told what they are. Raises ValueError as `term` does."""
    right = term(word)
    cards = (card for card in terms().values() if card is not right and card.word not in right.means)
    others = [Answer(card.word, f"for this: {card.means.removesuffix('.')}") for card in cards]
    return choice(f"Which word is this? {right.means}", Answer(right.word), others, Random(word), right.word)
