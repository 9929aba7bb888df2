"""The command that says what happened, from whatever a machine gave."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..plain import printable
from .shared import TOO_LARGE, BadInput, Command, limited, load, put


def commands(command: Command) -> None:
    """diagnose."""
    made = command("diagnose", diagnose)
    what = "log, table, record, panic, /proc/cpuinfo, configuration, or a folder; - is standard input"
    made.add_argument("file", nargs="+", metavar="FILE", help=what)
    made.add_argument("--release", metavar="R", default="", help="of the kernel, 6.6.30 say, if no line tells it")
    made.add_argument("--redact", action="store_true", help="leave out addresses, names of hosts and serial numbers")
    made.add_argument("--as", dest="form", choices=("text", "json", "html"), default="text")
    made.add_argument("-o", dest="output", metavar="FILE", help="write there instead of to standard output")
    limited(made)


def diagnose(args: argparse.Namespace) -> int:
    """What happened, from any mixture of logs, tables, records and panics: the story, its rules, what to do.

    Every scenario there is is held to what was seen: those that agree are counted, and the observation that would tell
    them apart is named. With --as html it is a page that stands alone; with --redact it can be mailed.

    Example: dmesg | raslib diagnose - /sys/firmware/acpi/tables/HEST
    """
    from ..diagnosis import diagnose as diagnosed
    from ..progress import Bar

    with Bar() as bar:
        inputs = [_input(name, args.limit) for name in args.file]
        seen = (lambda done, of: bar("reading", done, of)) if sys.stderr.isatty() else None
        found = diagnosed(*inputs, release=args.release, progress=seen)
    if args.redact:
        found = found.redacted()
    return put(_written(found, args.form) + "\n", args.output)


def _input(name: str, limit: int) -> tuple[str, Any]:
    """What `diagnose` takes for a name: a folder or a file to be read as it comes, or the bytes of a pipe."""
    path = Path(name)
    if name != "-" and path.is_dir():
        return printable(name), path
    if name != "-" and path.is_file():
        if path.stat().st_size > limit:
            raise BadInput(TOO_LARGE.format(printable(name), limit))
        return printable(path.name), path
    return ("standard input" if name == "-" else printable(path.name)), load(name, limit)


def _written(found: Any, form: str) -> str:
    if form == "json":
        return json.dumps(found.to_json())
    if form == "html":
        from ..views.diagnosis import page

        return page(found)
    return "\n".join(map(printable, found.text().split("\n")))
