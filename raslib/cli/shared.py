"""What the commands have in common: input that cannot be used, files, lines of JSON, NAME=VALUE."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..plain import load_json

Run = Callable[[argparse.Namespace], int]
Command = Callable[[str, Run], argparse.ArgumentParser]  # a name and what it runs -> its parser


class BadInput(Exception):
    """Input that cannot be used; the message is for the user."""


def load(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as e:
        raise BadInput(f"{name}: {e.strerror}") from e


def each(names: list[str], run: Callable[[str], int]) -> int:
    """What *run* says of each of these files, as one status; of one that cannot be used it is told why."""
    status = 0
    for name in names:
        try:
            status |= run(name)
        except (BadInput, ValueError) as e:  # the other files may be better
            print(f"raslib: {e}", file=sys.stderr)
            status = 1
    return status


def line_of(name: str, record: Any, finding: Any) -> str:
    """A finding of the linter in the *record* that the file *name* holds, as one line."""
    at = "" if finding.offset is None else f" at byte {finding.offset} ({finding.offset:#x})"
    where = f"{record.__name__}{'.' if finding.path else ''}{finding.path}"
    return f"{name}: {finding.level.value}: {where}{at}: {finding.says}; {finding.why} [{finding.cite}]"


def lines(name: str) -> Iterator[tuple[int, Any]]:
    """The JSON value of each line that is not empty, with its number."""
    for number, line in enumerate(load(name).decode("utf-8", "replace").splitlines(), 1):
        if line.strip():
            try:
                yield number, load_json(line)
            except json.JSONDecodeError as e:
                raise BadInput(f"{name}, line {number}: no JSON: {e.msg}") from e


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
