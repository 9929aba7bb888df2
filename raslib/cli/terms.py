"""Commands about words: the card of a term."""

import argparse
import json

from .shared import BadInput, Command


def commands(command: Command) -> None:
    """explain."""
    made = command("explain", explain)
    made.add_argument("word", nargs="*", metavar="WORD", help="a term or abbreviation; none: all of them")
    made.add_argument("--as", dest="form", choices=("text", "json"), default="text")


def explain(args: argparse.Namespace) -> int:
    """The card of a term: what it is in one sentence, where it stands, and who says so.

    Example: raslib explain GHES
    """
    from ..learn.terms import term, terms

    try:
        cards = [term(word) for word in args.word] or list(terms().values())
    except ValueError as e:
        raise BadInput(str(e)) from None
    for card in cards:
        print(json.dumps(card.to_json(), ensure_ascii=False) if args.form == "json" else card)
    return 0
