"""Commands about what is wrong: the linter."""

import argparse
import json
import sys

from ..formats.kinds import KINDS
from ..plain import printable
from .bytes import KIND_NAMES, records
from .shared import Command, each, limited, line_of


def commands(command: Command) -> None:
    """lint."""
    made = command("lint", lint)
    made.add_argument("file", nargs="+", metavar="FILE", help="binary, hex text or a log; - is standard input")
    made.add_argument("--as", dest="form", choices=("text", "json"), default="text")
    made.add_argument("--kind", choices=KIND_NAMES, default="auto")
    limited(made)


def lint(args: argparse.Namespace) -> int:
    """Says which rules bytes break: where, who minds, and by which document or code.

    A finding is an error, a warning or a note; with an error the exit status is 1.

    Example: raslib lint /sys/firmware/acpi/tables/HEST
    """
    return each(args.file, lambda name: _lint(args, name))


def _lint(args: argparse.Namespace, name: str) -> int:
    from ..rules import FindingLevel, check

    status = 0
    for one in records(name, args.kind, args.limit):
        record = KINDS[one.kind]
        findings = check(record.explain(one.data))
        status |= any(f.level is FindingLevel.ERROR for f in findings)
        for f in findings:
            as_json = {"file": name, "kind": one.kind, **f.to_json()}
            print(json.dumps(as_json) if args.form == "json" else line_of(name, record, f, sys.stdout))
        if not findings and args.form == "text":
            print(f"{printable(name)}: nothing is wrong with this {record.title}")
    return status
