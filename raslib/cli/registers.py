"""Commands about registers: a value, field by field, and what it means."""

import argparse
import json
from typing import Any

from .shared import BadInput, Command, note


def commands(command: Command) -> None:
    """esr, disr, vsesr, vdisr, errstatus."""
    for name in ("esr", "disr", "vsesr", "vdisr", "errstatus"):
        made = command(name, errstatus if name == "errstatus" else register)
        made.add_argument("value", nargs="+", metavar="VALUE", help="in hex")
        made.add_argument("--as", dest="form", choices=("text", "json", "svg", "html"), default="text")
        if name == "esr":
            made.add_argument("--midr", type=_word, metavar="VALUE", help="MIDR_EL1 of the core, in hex")
            made.add_argument("--core", metavar="NAME", help="name of the core, such as Cortex-A53")
        if name == "errstatus":
            made.add_argument("--ras", choices=tuple(_VERSIONS), default="v1.1", help="version of the node")


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
