"""The command about the formats themselves: which there are, and what one is made of."""

import argparse
import json

from .shared import Command


def commands(command: Command) -> None:
    """formats."""
    made = command("formats", formats)
    made.add_argument("name", nargs="?", metavar="NAME", help="a name of the list, a class, a section's GUID")
    made.add_argument("--as", dest="form", choices=("text", "markdown", "json"), default="text")


def formats(args: argparse.Namespace) -> int:
    """All formats that are known, or the field table of one.

    Example: raslib formats PlatformMemory --as markdown
    """
    from ..views.formats import find, known, listing, page, table

    markdown = args.form == "markdown"
    if args.name is None:
        if args.form == "json":
            for f in known():
                print(json.dumps({"name": f.name, "title": f.title, "group": f.group, "ref": f.ref}))
        else:
            print(listing(markdown), end="")
        return 0
    found = find(args.name)
    print(json.dumps(table(found)) + "\n" if args.form == "json" else page(found, markdown), end="")
    return 0
