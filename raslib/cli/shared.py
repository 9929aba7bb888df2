"""What the commands have in common: input that cannot be used, files, lines of JSON, NAME=VALUE, how help looks."""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TextIO

from ..plain import ErrorValue, load_json, printable

LIMIT = 256 << 20  # bytes that are read of one file unless --limit says more, as `commands.toml` has it
_UNITS = {"": 1, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_PIECE = 1 << 20  # bytes that are read at once
TOO_LARGE = "{}: has more than {:,} bytes; --limit, 4G say, has more of a file read"


class BadInput(ErrorValue):
    """Input that cannot be used; the message is for the user."""


BAD = (BadInput, ValueError)  # RecordError is a ValueError


def why(e: BaseException) -> str:
    """What is wrong with the input on which *e* was raised."""
    match e:
        case RecursionError():
            return "the input is nested too deep"
        case MemoryError():
            return "there is not enough memory for this input"
    return str(e) or type(e).__name__


# --- what is written -------------------------------------------------------------------------------------------------


def note(text: str) -> None:
    """Lines on standard error; if nobody can read them, that is no reason to stop."""
    with suppress(OSError):
        print("\n".join(map(printable, text.split("\n"))), file=sys.stderr)


def complain(text: str) -> None:
    """What is wrong, on standard error."""
    note(f"raslib: {text}")


def painted(word: str, stream: TextIO) -> str:
    """A level of the linter, in its colour if *stream* is a terminal and nobody objects: `--color never`, NO_COLOR."""
    color = {"error": 31, "warning": 33}.get(word)
    if color is None or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb" or not stream.isatty():
        return word
    return f"\x1b[{color}m{word}\x1b[0m"


def line_of(name: str, record: Any, finding: Any, stream: TextIO) -> str:
    """A finding of the linter in the *record* that the file *name* holds, as one line for *stream*."""
    at = "" if finding.offset is None else f" at byte {finding.offset} ({finding.offset:#x})"
    where = f"{record.__name__}{'.' if finding.path else ''}{finding.path}"
    level = painted(finding.level.value, stream)
    return f"{printable(name)}: {level}: {where}{at}: {printable(finding.says)}; {finding.why} [{finding.cite}]"


def form_of(form: str | None) -> str:
    """The form that was asked for; if none was, text on a terminal, else JSON."""
    return form or ("text" if sys.stdout.isatty() else "json")


def shown(form: str | None, values: Iterable[Any], lines: Iterable[Any]) -> None:
    """Prints *lines* to read, or each of *values* as a line of JSON, by `form_of`."""
    for line in lines if form_of(form) == "text" else map(json.dumps, values):
        print(line)


def put(text: str, name: str | None) -> None:
    """Writes *text* to standard output or, all of it or nothing, to the file *name*."""
    if not name:
        print(text, end="")
        return
    from ..files import replacing

    with replacing(name) as new:
        new.write_text(text, encoding="utf-8")


# --- what is read ----------------------------------------------------------------------------------------------------


def load(name: str, limit: int = LIMIT) -> bytes:
    """The bytes of a file; - is standard input. Raises `BadInput` if it cannot be read or has more than *limit*."""
    data = bytearray()
    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as stream:
            while len(data) <= limit and (piece := stream.read(_PIECE)):  # some never end
                data += piece
    except OSError as e:
        raise BadInput(f"{printable(name)}: {e.strerror}") from e
    if len(data) > limit:
        raise BadInput(TOO_LARGE.format(printable(name), limit))
    return bytes(data)


def holding(name: str, kind: str, limit: int = LIMIT) -> Iterator[Any]:
    """Everything that the file or folder *name* holds, as it is found; *kind* "auto" looks at the bytes."""
    from ..intake.reading import LARGE, stream

    path = Path(name)
    whole = name == "-" or not (path.is_dir() or (path.is_file() and LARGE < path.stat().st_size <= limit))
    source = load(name, limit) if whole else path
    try:
        yield from stream(source, None if kind == "auto" else kind)
    except ValueError as e:
        raise BadInput(f"{printable(name)}: {e}") from e


def records(name: str, kind: str, limit: int = LIMIT) -> Iterator[Any]:
    """As `holding`, but bytes alone; of what has none, why."""
    for found in holding(name, kind, limit):
        if found.kind == "observations":
            raise BadInput(f"{printable(name)}: {found.note}")
        yield found


def hest(name: str, limit: int = LIMIT) -> Any:
    """The one HEST that a file holds, in any form, among other tables too; of a story as JSON, the table of that.

    qemu-10.1 and qemu-10.2 are the tables of QEMU's machine types. Raises `BadInput` if there is none, or more.
    """
    from ..formats.hest import Hest, Notify
    from ..intake import read_all
    from ..sim.model.platform import guest_table

    if name in ("qemu-10.1", "qemu-10.2"):
        return guest_table(Notify.SEA, name == "qemu-10.2")
    data = load(name, limit)
    try:
        with suppress(KeyError, TypeError, json.JSONDecodeError):
            data = bytes.fromhex(load_json(data.decode("utf-8", "replace"))["hest"])
        found = read_all(data)
        tables = [Hest.parse(one.data) for one in found if one.kind == "hest"]
    except ValueError as e:
        raise BadInput(f"{printable(name)}: {e}") from e
    if len(tables) != 1:
        kinds = ", ".join(dict.fromkeys(one.kind for one in found))
        raise BadInput(f"{printable(name)}: one HEST is wanted, not {len(tables)}; it holds {kinds}")
    return tables[0]


def each(names: list[str], run: Callable[[str], int]) -> int:
    """What *run* says of each of these files, as one status; of one that cannot be used it is told why."""
    status = 0
    for name in names:
        try:
            status |= run(name)
        except (*BAD, RecursionError) as e:  # the other files may be better
            complain(why(e))
            status = 1
    return status


def value_of(text: str, place: str) -> Any:
    """The JSON value that *text* is. Raises `BadInput` that names the *place*."""
    try:
        return load_json(text)
    except json.JSONDecodeError as e:
        raise BadInput(f"{place}: no JSON: {e.msg}") from e


def batch(name: str, limit: int, answer: Callable[[Any], Any]) -> None:
    """Prints as JSON what *answer* gives for the JSON value of each line of a file that is not empty."""
    for number, line in enumerate(load(name, limit).decode("utf-8", "replace").splitlines(), 1):
        if line.strip():
            place = f"{printable(name)}, line {number}"
            value = value_of(line, place)
            try:
                print(json.dumps(answer(value)))
            except (ValueError, TypeError, RecursionError) as e:
                raise BadInput(f"{place}: {why(e)}") from e


def scenario(said: str) -> Any:
    """A scenario from a token, or from choices with commas or blanks between them; - is the default."""
    from ..sim.model.scenario import Scenario

    if said == "-":
        return Scenario()
    return Scenario.of(*said.replace(",", " ").split()) if "=" in said else Scenario.from_token(said)


def pair(said: str) -> tuple[str, str]:
    name, equals, value = said.partition("=")
    if not equals:
        raise BadInput(f"{said!r} is not NAME=VALUE")
    return name, value


def number(said: str) -> int:
    try:
        return int(said, 0)
    except ValueError:
        raise BadInput(f"{said!r} is not a number") from None


# --- the types of arguments, as `commands.toml` names them -----------------------------------------------------------


def size(said: str) -> int:
    """A number of bytes as an option gives it: 4096, 64k, 256M, 1G."""
    unit = said[-1:] if said[-1:] in _UNITS else ""
    number = said.removesuffix(unit)
    if not (number.isascii() and number.isdecimal()) or len(number) > 12:
        raise argparse.ArgumentTypeError(f"{said!r} is not a size such as 4096, 64k, 256M or 1G")
    return int(number) * _UNITS[unit]


def rows(said: str) -> int:
    if not said.isdecimal():
        raise argparse.ArgumentTypeError(f"{said!r} is not a number of rows")
    return int(said)


def port(said: str) -> int:
    if not said.isdecimal() or int(said) > 65535:
        raise argparse.ArgumentTypeError(f"{said} is no port: those are 0 to 65535")
    return int(said)


def release(said: str) -> str:
    if said != "harness" and not re.fullmatch(r"\d+\.\d+(\.\d+)?", said):
        raise argparse.ArgumentTypeError(f"{said!r} is not a release of Linux such as 7.2 or 6.1.192")
    return said


def hexadecimal(said: str) -> int:
    """A register's value: hex, as logs print it, with or without 0x; underscores are fine."""
    try:
        return int(said, 16) if not said.lower().startswith(("0b", "0o")) else int(said, 0)
    except ValueError:
        raise BadInput(f"{said!r} is not a value: give it in hex") from None


TYPES = {kind.__name__: kind for kind in (int, size, rows, port, release, hexadecimal, Path)}


# --- help ------------------------------------------------------------------------------------------------------------


def _width() -> int:
    """Letters in a line of help: as many as COLUMNS or the terminal has, less two."""
    with suppress(OSError, ValueError):
        return int(os.environ.get("COLUMNS") or os.get_terminal_size().columns) - 2
    return 78


class _Paragraphs(argparse.HelpFormatter):
    """Fills each paragraph by itself; argparse has formatters that fill all as one, or nothing."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(super(_Paragraphs, self)._fill_text(part, width, indent) for part in text.split("\n\n"))


class Parser(argparse.ArgumentParser):
    """A parser whose help has paragraphs, and whose complaints do nothing to a terminal.

    A formatter is made for every argument, and would import what takes longest of all that a short command needs to
    find its width.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"formatter_class": partial(_Paragraphs, width=_width()), **given})

    def print_help(self, file: Any = None) -> None:
        """Writes the help; that it cannot be written is an error, which argparse passes over."""
        print(self.format_help(), end="", file=file)

    def error(self, message: str) -> NoReturn:
        """Tells what is wrong with the usage, and ends with exit status 2."""
        super().error(printable(message))
