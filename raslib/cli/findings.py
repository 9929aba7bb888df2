"""Commands about what is wrong: the linter."""

import argparse
import json

from .bytes import KIND_NAMES, records
from .shared import Command, each, line_of


def commands(command: Command) -> None:
    """lint."""
    made = command("lint", lint)
    made.add_argument("file", nargs="+", metavar="FILE", help="binary, hex text or a log; - is standard input")
    made.add_argument("--as", dest="form", choices=("text", "json"), default="text")
    made.add_argument("--kind", choices=KIND_NAMES, default="auto")


def lint(args: argparse.Namespace) -> int:
    """Says which rules bytes break: where, who minds, and by which document or code. Status 1 if there is an error."""
    return each(args.file, lambda name: _lint(args, name))


def _lint(args: argparse.Namespace, name: str) -> int:
    from ..formats.kinds import KINDS, TITLES
    from ..lint import Level
    from ..lint import lint as linted

    status = 0
    for one in records(name, args.kind):
        record = KINDS[one.kind]
        findings = linted(record, one.data)
        status |= any(f.level is Level.ERROR for f in findings)
        for f in findings:
            as_json = {"file": name, "kind": one.kind, **f.to_json()}
            print(json.dumps(as_json) if args.form == "json" else line_of(name, record, f))
        if not findings and args.form == "text":
            print(f"{name}: nothing is wrong with this {TITLES[one.kind]}")
    return status
