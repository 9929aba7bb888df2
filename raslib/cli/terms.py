"""Commands for those who learn and those who lead: the card of a term, the route of a session."""

import argparse
import json

from .shared import Command, load


def commands(command: Command) -> None:
    """explain, lead."""
    made = command("explain", explain)
    made.add_argument("word", nargs="*", metavar="WORD", help="a term or abbreviation; none: all of them")
    made.add_argument("--as", dest="form", choices=("text", "json"), default="text")
    made = command("lead", lead)
    made.add_argument("minutes", nargs="?", type=int, default=60, metavar="MINUTES", help="30, 60 (the default) or 90")
    made.add_argument("--as", dest="form", choices=("text", "html"), help="html: a handout of two pages")
    made.add_argument("--compare", metavar="FILE", help="the lines of progress of a group, one each; - is the input")


def explain(args: argparse.Namespace) -> int:
    """The card of a term: what it is in one sentence, where it stands, and who says so.

    Example: raslib explain GHES
    """
    from ..learn.terms import term, terms

    for card in [term(word) for word in args.word] or terms().values():
        print(json.dumps(card._asdict(), ensure_ascii=False) if args.form == "json" else card)
    return 0


def lead(args: argparse.Namespace) -> int:
    """A route for whoever leads a session: what to show and to say, what to ask aloud, and what will be answered.

    Everybody is on the same scenario by its token. The handout is for printing: a map, a recipe, the words. --compare
    shows how a group did in the quizzes before and after, and what most have missed; a name may stand before a line.

    Example: raslib lead 30
    """
    from ..learn.handout import handout
    from ..learn.lead import compared, route

    if args.compare:
        print(compared(load(args.compare).decode("utf-8", "replace").splitlines()))
        return 0
    print((handout if args.form == "html" else route)(args.minutes))
    return 0
