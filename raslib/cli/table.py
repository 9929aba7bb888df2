"""`raslib decode --table`: many records as the rows of a table, printed or saved."""

import argparse
from pathlib import Path
from typing import Any

from ..formats.kinds import KINDS
from ..plain import printable
from .shared import BadInput, complain, each, holding, note


def table(args: argparse.Namespace) -> int:
    """Prints or saves all records of the files as one table; what does not parse is told on the error stream."""
    try:
        from .. import bulk
    except ModuleNotFoundError as e:
        raise BadInput(f"--table: {e}") from None
    sources = _Sources(args.kind, args.limit)
    status = each(args.file, sources.add)
    if not sources.kind:
        return 1
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
    return int(status or bool(found.errors))


class _Sources:
    """What files hold, as `raslib.bulk` takes it, and the kind of record of all of it: if not given, of the first."""

    def __init__(self, kind: str, limit: int) -> None:
        self.kind, self.limit = "" if kind == "auto" else kind, limit
        self.found: list[Any] = []

    def add(self, name: str) -> int:
        """Takes files of bytes by their name, to be mapped; of a text or a pipe, the records that are read from it."""
        from ..bulk.files import files_of
        from ..intake import kind_of
        from ..intake.text import SAMPLE, is_text

        path = Path(name)
        if name == "-" or (path.exists() and not (path.is_file() or path.is_dir())):  # which may have no end
            return self._read(name)
        try:
            names = files_of(name)
            if not names:
                raise ValueError("there is no file")
            with Path(names[0]).open("rb") as stream:
                head = stream.read(SAMPLE)
            if is_text(head):
                return each(names, self._read)
            self.kind = self.kind or kind_of(head)
        except (OSError, ValueError) as e:
            raise BadInput(f"{printable(name)}: {e.strerror if isinstance(e, OSError) else e}") from e
        self.found.append(name)
        return 0

    def _read(self, name: str) -> int:
        status = 0
        for one in holding(name, self.kind or "auto", self.limit):
            if one.kind == "observations":
                complain(f"{printable(name)}: {one.note}")
            elif self.kind in ("", one.kind):
                self.kind = one.kind
                self.found.append((name, one.data))
                continue
            else:
                complain(f"{printable(name)}: {one.kind}, {one.note}, has no place in a table of {self.kind}")
            status = 1
        return status
