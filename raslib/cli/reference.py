"""Commands that look something up: formats, registers, terms, the route of a session."""

import argparse
import json
from typing import Any

from .shared import hexadecimal, load, note


def formats(args: argparse.Namespace) -> None:
    """All formats that are known, or the field table of one.

    Example: raslib formats PlatformMemory --as markdown
    """
    from ..views.formats import find, listing, page

    markdown = args.form == "markdown"
    print(listing(markdown) if args.name is None else page(find(args.name), markdown), end="")


def disr(args: argparse.Namespace) -> None:
    """A syndrome or register, field by field, and what it means for RAS.

    Bits that no document names are shown as they are.

    Example: raslib {name} be000c11
    """
    from ..views.syndrome import explain

    core = _core(getattr(args, "midr", None), getattr(args, "core", None))
    for said in args.value:
        _show(explain(args.command, hexadecimal(said), core), args.form)


esr = vsesr = vdisr = disr


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


def errstatus(args: argparse.Namespace) -> None:
    """ERR<n>STATUS, field by field: which error, of what, and what software writes to clear it.

    Example: raslib errstatus 0xe4002000 --ras v1
    """
    from ..formats.errnode import RasVersion
    from ..views.errstatus import err_status

    for said in args.value:
        _show(err_status(hexadecimal(said), RasVersion(_VERSIONS[args.ras])), args.form)


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


def explain(args: argparse.Namespace) -> None:
    """The card of a term: what it is in one sentence, where it stands, and who says so.

    Example: raslib explain GHES
    """
    from ..learn.terms import term, terms

    for card in [term(word) for word in args.word] or terms().values():
        print(json.dumps(card._asdict(), ensure_ascii=False) if args.form == "json" else card)


def lead(args: argparse.Namespace) -> None:
    """A route for whoever leads a session: what to show and to say, what to ask aloud, and what will be answered.

    Everybody is on the same scenario by its token. The handout is for printing: a map, a recipe, the words. --compare
    shows how a group did in the quizzes before and after, and what most have missed; a name may stand before a line.

    Example: raslib lead 30
    """
    from ..learn.lead import compared, handout, route

    if args.compare:
        print(compared(load(args.compare).decode("utf-8", "replace").splitlines()))
    else:
        print((handout if args.form == "html" else route)(args.minutes))
