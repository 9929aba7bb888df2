"""The command line: bytes explained and made, registers read, errors routed and walked.

JSON goes to standard output, one object per line; complaints go to standard error. Exit status 0: fine, 1: bad input,
2: bad usage, 130: interrupted.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import Any

from .. import resources
from ..formats.kinds import KINDS
from .shared import BAD, TYPES, Parser, complain, why

# module of this package -> its commands -> what each takes. Only the module of the command that is run is loaded.
COMMANDS = resources.table(__file__, "commands.toml")
SHARED = COMMANDS.pop("shared")  # what several commands take
SHARED["--kind"]["choices"] = ["auto", *KINDS]
EXIT_STATUS = "Exit status: 0 fine, 1 bad input, 2 bad usage, 130 interrupted."


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status. Of input that cannot be used, a line on standard error tells why.

    An exception that nobody foresaw is a fault of raslib's and told as such; with RASLIB_DEBUG set it is raised.
    """
    try:
        status = _complaining(sys.argv[1:] if argv is None else list(argv))
    except SystemExit as e:  # help or usage was shown
        sys.exit(e.code or _flush())
    return _flush() or status


def _complaining(argv: list[str]) -> int:
    try:
        return _run(argv)
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        _silence()
        return 0
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except OSError as e:
        complain(f"{e.filename or 'standard output'}: {e.strerror or e}")
        if e.filename is None:
            _silence()
    except (*BAD, RecursionError, MemoryError) as e:
        complain(why(e))
    except Exception as e:
        if os.environ.get("RASLIB_DEBUG"):
            raise
        complain(f"a fault of raslib, not of the input: {type(e).__name__}: {e} (RASLIB_DEBUG=1 shows where)")
    return 1


def _run(argv: list[str]) -> int:
    known = {name for names in COMMANDS.values() for name in names}
    parser = command_parser(argv[0] if argv and argv[0] in known else None)
    args, rest = parser.parse_known_args(argv)
    if rest and args.command != "lab":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:  # options are JupyterLab's, but argparse hands them on only behind something that is none
        args.arguments = [*rest, *args.arguments]
    if getattr(args, "color", "") == "never":
        os.environ["NO_COLOR"] = "1"
    return int(args.run(args) or 0)  # a command that has nothing to tell by it gives None


def _flush() -> int:
    """Writes what is left to write, here, where it can be told that nothing more can be written."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()
    except OSError as e:
        _silence()
        complain(f"standard output: {e.strerror}")
        return 1
    return 0


def _silence() -> None:
    """What is left to write goes nowhere, so that the interpreter does not complain of it once more when it ends."""
    with suppress(OSError, ValueError):  # as where the stream is none of the system's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def command_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands, or of one *only*."""
    from .. import __version__

    parser = Parser(prog="raslib", description="RAS on arm64: bytes, registers, errors on their way.")
    parser.add_argument("--version", action="version", version=f"raslib {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for room, names in COMMANDS.items():
        if only is None or only in names:
            module = import_module(f"{__name__}.{room}")
            for name, arguments in names.items():
                _add(commands, name, module, {"--color": {}} | arguments)
    return parser


def _add(commands: Any, name: str, module: ModuleType, arguments: dict[str, Any]) -> None:
    """Adds the parser of a command that takes these *arguments*; its help is what the function says, to its example."""
    run = getattr(module, name)
    summary, *rest = [" ".join(part.split()) for part in (run.__doc__ or "").split("\n\n")]
    text = [part for part in rest if part and not part.startswith("Example:")]
    last = [part.replace("{name}", name) for part in rest if part.startswith("Example:")]
    parser = commands.add_parser(
        name,
        help=summary.rstrip(".").replace("%", "%%"),
        description="\n\n".join([summary, *text]),
        epilog="\n\n".join([*last, EXIT_STATUS]),
    )
    parser.set_defaults(run=run)
    for argument, own in arguments.items():
        if argument == "WHAT":
            parts = parser.add_subparsers(required=True, metavar=argument)
            for part, takes in own.items():
                _add(parts, part, module, takes)
            continue
        options = own or SHARED[argument]
        kind = {"type": TYPES[options["type"]]} if "type" in options else {}
        parser.add_argument(*argument.split(","), **options | kind)
