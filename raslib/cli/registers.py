"""Commands about registers: a value, field by field, and what it means."""

import argparse
import json

from .shared import BadInput, Command


def commands(command: Command) -> None:
    """esr, disr, vsesr, vdisr."""
    for name in ("esr", "disr", "vsesr", "vdisr"):
        made = command(name, register)
        made.add_argument("value", nargs="+", metavar="VALUE", help="in hex")
        made.add_argument("--as", dest="form", choices=("text", "json", "svg"), default="text")


def register(args: argparse.Namespace) -> int:
    """A syndrome or register, field by field, and what it means for RAS."""
    from ..views.syndrome import explain

    for said in args.value:
        found = explain(args.command, _word(said))
        if args.form == "json":
            print(json.dumps(found.to_json()))
        elif args.form == "svg":
            from ..views.bits import ruler

            print(ruler(f"{found.name} = {found.value:#x}", found.width, found.boxes(), found.value))
        else:
            print(found, end="")
    return 0


def _word(said: str) -> int:
    """A register's value: hex, as logs print it, with or without 0x; underscores are fine."""
    try:
        return int(said, 16) if not said.lower().startswith(("0b", "0o")) else int(said, 0)
    except ValueError:
        raise BadInput(f"{said!r} is not a value: give it in hex") from None
