"""Commands that look something up: formats, registers, terms, the route of a session."""

import argparse
import json
from typing import Any

from .shared import BadInput, Command, load, note


def commands(command: Command) -> None:
    """formats; esr, disr, vsesr, vdisr, errstatus; explain, lead."""
    made = command("formats", formats)
    made.add_argument("name", nargs="?", metavar="NAME", help="a name of the list, a class, a section's GUID")
    made.add_argument("--as", dest="form", choices=("text", "markdown"), default="text")
    for name in ("esr", "disr", "vsesr", "vdisr", "errstatus"):
        made = command(name, errstatus if name == "errstatus" else register)
        made.add_argument("value", nargs="+", metavar="VALUE", help="in hex")
        made.add_argument("--as", dest="form", choices=("text", "json", "svg", "html"), default="text")
        if name == "esr":
            made.add_argument("--midr", type=_word, metavar="VALUE", help="MIDR_EL1 of the core, in hex")
            made.add_argument("--core", metavar="NAME", help="name of the core, such as Cortex-A53")
        if name == "errstatus":
            made.add_argument("--ras", choices=tuple(_VERSIONS), default="v1.1", help="version of the node")
    made = command("explain", explain)
    made.add_argument("word", nargs="*", metavar="WORD", help="a term or abbreviation; none: all of them")
    made.add_argument("--as", dest="form", choices=("text", "json"), default="text")
    made = command("lead", lead)
    made.add_argument("minutes", nargs="?", type=int, default=60, metavar="MINUTES", help="30, 60 (the default) or 90")
    made.add_argument("--as", dest="form", choices=("text", "html"), help="html: a handout of two pages")
    made.add_argument("--compare", metavar="FILE", help="the lines of progress of a group, one each; - is the input")


def formats(args: argparse.Namespace) -> int:
    """All formats that are known, or the field table of one.

    Example: raslib formats PlatformMemory --as markdown
    """
    from ..views.formats import find, listing, page

    markdown = args.form == "markdown"
    print(listing(markdown) if args.name is None else page(find(args.name), markdown), end="")
    return 0


def register(args: argparse.Namespace) -> int:
    """A syndrome or register, field by field, and what it means for RAS.

    Bits that no document names are shown as they are.

    Example: raslib {name} be000c11
    """
    from ..views.syndrome import explain

    core = _core(getattr(args, "midr", None), getattr(args, "core", None))
    for said in args.value:
        _show(explain(args.command, _word(said), core), args.form)
    return 0


def _core(midr: int | None, name: str | None) -> Any:
    """The core that was named, by name or by register; None if none was, or none that is known."""
    from ..formats.cores import by_midr, by_name

    if name is not None:
        return by_name(name)
    core = by_midr(midr) if midr is not None else None
    if midr is not None and core is None:
        note(f"raslib: nothing is known of a core with MIDR_EL1 {midr:#x}; the value is read as any core's")
    return core


_VERSIONS = {"v1": 1, "v1.1": 2, "v2": 3}  # by the number that `formats.errnode.RasVersion` has for them


def errstatus(args: argparse.Namespace) -> int:
    """ERR<n>STATUS, field by field: which error, of what, and what software writes to clear it.

    Example: raslib errstatus 0xe4002000 --ras v1
    """
    from ..formats.errnode import RasVersion
    from ..views.errstatus import err_status

    for said in args.value:
        _show(err_status(_word(said), RasVersion(_VERSIONS[args.ras])), args.form)
    return 0


def _show(found: Any, form: str) -> None:
    if form == "json":
        print(json.dumps(found.to_json()))
    elif form == "svg":
        from ..views.bits import ruler

        print(ruler(found))
    elif form == "html":
        from ..views.page import register_page

        print(register_page(found))
    else:
        print(found, end="")


def _word(said: str) -> int:
    """A register's value: hex, as logs print it, with or without 0x; underscores are fine."""
    try:
        return int(said, 16) if not said.lower().startswith(("0b", "0o")) else int(said, 0)
    except ValueError:
        raise BadInput(f"{said!r} is not a value: give it in hex") from None


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
    from ..learn.lead import compared, handout, route

    if args.compare:
        print(compared(load(args.compare).decode("utf-8", "replace").splitlines()))
        return 0
    print((handout if args.form == "html" else route)(args.minutes))
    return 0
