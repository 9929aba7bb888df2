"""`raslib decode --table`: many records as the rows of a table, printed or saved."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..plain import printable
from .shared import BAD, BadInput, load, note, why

HEAD = 1 << 16  # bytes of a file that say what it is
LARGE = 1 << 20  # bytes; a larger file is not looked at as a text


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
        found = bulk.columns(sources.found, sources.record, progress=bulk.bar)
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

    @property
    def record(self) -> Any:
        from ..formats.kinds import KINDS

        return KINDS[self.kind]

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
        """A name as it is, if bytes are behind it; the bytes, if a text is that tells them."""
        if name == "-" or not _on_disk(name):
            self._hold(name)
            return
        from ..bulk.files import files_of

        names = files_of(name)
        if not names:
            raise ValueError("there is no file")
        first = Path(names[0])
        with first.open("rb") as stream:
            head = stream.read(HEAD)
        if _is_text(head) and first.stat().st_size <= LARGE:
            for path in names:
                with self._telling(path):
                    self._hold(path)
        else:
            self._look(head)
            self.found.append(name)

    def _hold(self, name: str) -> None:
        from ..intake import read_all

        data = load(name, self.limit)
        if not _is_text(data):
            self._look(data)
            self.found.append((name, data))
            return
        for one in read_all(data, self.kind or None):
            if one.kind == "observations":
                self.errors.append(f"{name}: {one.note}")
                continue
            self.kind = self.kind or one.kind
            if one.kind == self.kind:
                self.found.append((name, one.data))
            else:
                self.errors.append(f"{printable(name)}: {one.kind}, {one.note}, has no place in a table of {self.kind}")

    def _look(self, data: bytes) -> None:
        """The first bytes say what kind of record all are, if nobody has said it."""
        from ..intake import kind_of

        self.kind = self.kind or kind_of(data)


def _on_disk(name: str) -> bool:
    """Has it an end? A device or a pipe may have none, and is read to a limit."""
    path = Path(name)
    return not path.exists() or path.is_file() or path.is_dir()


def _is_text(data: bytes) -> bool:
    """Records have zeros in them; a text has none, unless it is of 16 bits a letter."""
    return bool(data) and (b"\0" not in data or data.startswith((b"\xff\xfe", b"\xfe\xff")))
