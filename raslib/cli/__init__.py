"""The command line: bytes explained and made, registers read, errors routed and walked.

JSON goes to standard output, one object per line; complaints go to standard error. Exit status 0: fine, 1: bad input,
2: bad usage.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from . import bytes, findings, formats, kit, live, registers, simulator
from .shared import BadInput, Run


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    parser = _parser()
    args, rest = parser.parse_known_args(argv)
    if rest and args.command != "lab":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:  # options are JupyterLab's, but argparse hands them on only behind something that is none
        args.arguments = [*rest, *args.arguments]
    try:
        return int(args.run(args) or 0)
    except (BadInput, ValueError) as e:  # RecordError is a ValueError
        print(f"raslib: {e}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as e:
        print(f"raslib: {e.filename or 'input or output'}: {e.strerror}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="raslib", description="RAS on arm64: bytes, registers, errors on their way.")
    known = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Run) -> argparse.ArgumentParser:
        said = run.__doc__ or ""
        made = known.add_parser(name, help=said.rstrip("."), description=said)
        made.set_defaults(run=run)
        return made

    for room in (bytes, findings, formats, registers, simulator, live, kit):
        room.commands(command)
    return parser
