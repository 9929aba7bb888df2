"""`raslib decode --table`: many records as the rows of a table, printed or saved."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..formats.kinds import KINDS
from ..plain import printable
from .shared import BAD, BadInput, holding, note, why


def table(args: argparse.Namespace) -> int:
    """Prints or saves all records of the files as one table; what does not parse is told on the error stream."""
    try:
        from .. import bulk
    except ModuleNotFoundError as e:
        raise BadInput(f"--table: {e}") from None
    sources = _Sources(args.file, args.kind, args.limit)
    for error in sources.errors:
        note(error)
    try:
        found = bulk.columns(sources.found, KINDS[sources.kind], progress=bulk.bar)
        sheet = found.sheet(fields=args.columns.split(",") if args.columns else None)
        if args.output:
            sheet.save(args.output)
        else:
            print(sheet.text(args.rows))
    except bulk.NotDerivable as e:
        raise BadInput(f"--table: no columns can be made of this kind: {e}") from None
    except KeyError as e:
        raise BadInput(f"--columns: {e.args[0]}") from None
    except ModuleNotFoundError as e:
        raise BadInput(f"{printable(args.output)}: {e}") from None
    for broken in found.errors:
        note(str(broken))
    return int(bool(sources.errors or found.errors))


class _Sources:
    """What the names given stand for, as `raslib.bulk` takes it; and what kind of record is in all of it."""

    def __init__(self, names: list[str], kind: str, limit: int) -> None:
        self.kind, self.limit = "" if kind == "auto" else kind, limit
        self.errors: list[str] = []
        self.found: list[Any] = []
        for name in names:
            with self._telling(name):
                self._add(name)
        if not self.kind:
            raise BadInput("; ".join(self.errors) or "there is no file to read")

    @contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        """What is wrong with one file is no reason to leave out the others."""
        try:
            yield
        except BadInput as e:
            self.errors.append(str(e))
        except (OSError, *BAD) as e:
            self.errors.append(f"{printable(name)}: {e.strerror if isinstance(e, OSError) else why(e)}")

    def _add(self, name: str) -> None:
        """Files of bytes by their name, to be mapped; of a text or a pipe, the records that are read from it."""
        from ..bulk.files import files_of
        from ..intake import kind_of
        from ..intake.text import SAMPLE, is_text

        path = Path(name)
        if name == "-" or (path.exists() and not (path.is_file() or path.is_dir())):  # which may have no end
            self._read(name)
            return
        names = files_of(name)
        if not names:
            raise ValueError("there is no file")
        with Path(names[0]).open("rb") as stream:
            head = stream.read(SAMPLE)
        if is_text(head):
            for text in names:
                with self._telling(text):
                    self._read(text)
        else:
            self.kind = self.kind or kind_of(head)
            self.found.append(name)

    def _read(self, name: str) -> None:
        for one in holding(name, self.kind or "auto", self.limit):
            if one.kind == "observations":
                self.errors.append(f"{name}: {one.note}")
                continue
            self.kind = self.kind or one.kind
            if one.kind == self.kind:
                self.found.append((name, one.data))
            else:
                self.errors.append(f"{printable(name)}: {one.kind}, {one.note}, has no place in a table of {self.kind}")
