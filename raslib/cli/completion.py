"""What a shell completes of `raslib ...`: read off the parser, so that it is never another than what is understood."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from . import command_parser

FILES = ("FILE", "OUT", "FOLDER", "VMLINUZ")  # what the metavar of a file begins with


class Words(NamedTuple):
    """What may stand next on a command line: words, and files or not."""

    words: tuple[str, ...]
    files: bool


def table() -> dict[str, Words]:
    """What may follow what: "raslib decode" -> its options and files, "raslib decode --as" -> the words it takes."""
    return dict(_rows("raslib", command_parser()))


def _rows(path: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, Words]]:
    words: list[str] = []
    files = False
    for action in parser._actions:  # argparse has no other way to be asked
        takes = Words(tuple(map(str, action.choices or _axes(action))), str(action.metavar).startswith(FILES))
        if isinstance(action.choices, dict):
            for name, below in action.choices.items():
                yield from _rows(f"{path} {name}", below)
        if not action.option_strings:
            words, files = [*words, *takes.words], files or takes.files
        elif action.nargs != 0:
            yield from ((f"{path} {option}", takes) for option in action.option_strings)
        words += action.option_strings
    yield path, Words(tuple(words), files)


def _axes(action: argparse.Action) -> Iterator[str]:
    """The choices of a scenario, where they may stand."""
    if action.metavar == "AXIS=VALUE":
        from ..sim.model.scenario import AXES

        yield from (f"{name}={a.word(value)}" for name, a in AXES.items() for value in a.values)


def script(shell: str) -> str:
    """The lines that bash or zsh is to read: those of the file beside this one, with the table in it."""
    form = "[{}]={}\n" if shell == "bash" else "{} {}\n"
    rows = table()
    words = "".join(form.format(quote(at), quote(" ".join(next_.words))) for at, next_ in rows.items())
    files = "".join(form.format(quote(at), "1") for at, next_ in rows.items() if next_.files)
    text = Path(__file__).with_suffix(f".{shell}").read_text(encoding="utf-8")
    return text.replace("WORDS)\n", f"{words})\n").replace("FILES)\n", f"{files})\n")
