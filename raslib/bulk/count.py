"""How many rows are of each kind: of a sheet, by what stands in some of its columns."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from .part import Array

if TYPE_CHECKING:
    from .sheet import Sheet

SHOWN = 10  # kinds
LIMIT, NEAR = 1 << 62, 1 << 20  # of keys; of numbers that need not be sorted to be told apart


class Count:
    """The kinds of rows, most frequent first: how often each is, its first row, and the kind of each row.

    Rows in which one of the columns is null are of no kind.
    """

    def __init__(self, sheet: "Sheet", fields: Sequence[str], where: Any = None) -> None:
        self.sheet, self.fields = sheet, tuple(fields)
        found = [sheet.read(name) for name in fields]
        having = np.logical_and.reduce([valid for _, _, valid in found])
        if where is not None:
            wanted = np.zeros(sheet.rows, bool)
            wanted[where] = True
            having &= wanted
        self.rows: Array = np.flatnonzero(having)  # the rows that are of a kind
        key, size = np.zeros(len(self.rows), np.int64), 1
        for _, values, _ in found:
            for word in _words(values[self.rows]):
                key, size = _joined(key, size, word)
        _, first, which, counts = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
        order = np.lexsort((first, -counts))
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        self.counts: Array = counts[order]
        self.first: Array = self.rows[first[order]]
        self.which: Array = place[which]  # of each of `rows`, the number of its kind

    def __len__(self) -> int:
        return len(self.counts)

    def total(self, of: Any) -> Array:
        """Of each kind, the sum of *of*, which has a number or a flag for every row of the sheet."""
        return np.bincount(self.which, np.asarray(of)[self.rows], len(self)).astype(np.int64)

    def texts(self, kinds: Any = slice(SHOWN)) -> Iterator[tuple[str, ...]]:
        """What stands in the columns, and how often, of some *kinds*."""
        rows = self.first[kinds]
        columns = [self.sheet.texts(name, rows) for name in self.fields]
        yield from zip(*columns, map(str, self.counts[kinds].tolist()), strict=True)

    def __repr__(self) -> str:
        cells = [(*self.heads, "rows"), *self.texts()]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells]
        return "\n".join([*lines, *self._left()])

    @property
    def heads(self) -> list[str]:
        return self.sheet.heads_of(self.fields)

    def _left(self) -> list[str]:
        return [f"... {len(self) - SHOWN} more kinds"] if len(self) > SHOWN else []

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in (*self.heads, "rows"))
        body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in self.texts())
        left = "".join(f"<p>{line}</p>" for line in self._left())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{left}"


def _words(values: Array) -> Iterator[Array]:
    """Numbers that are equal where the *values* are."""
    if values.dtype.kind in "SV" and values.itemsize % 8 == 0:
        yield from np.ascontiguousarray(values).view("<u8").reshape(len(values), -1).T
    elif values.dtype.kind == "V":
        yield np.ascontiguousarray(values).view(f"S{values.itemsize}")
    else:
        yield values


def _joined(key: Array, size: int, word: Array) -> tuple[Array, int]:
    """A number below the second one for every different pair of a *key*, which is below *size*, and a *word*."""
    codes, count = _codes(word)
    if size * count >= LIMIT:
        found, key = np.unique(key, return_inverse=True)
        size = len(found)
    return key * count + codes, size * count


def _codes(word: Array) -> tuple[Array, int]:
    """A number below the second one for every different value."""
    if len(word) and word.dtype.kind in "iu" and (span := int(word.max()) - (least := int(word.min())) + 1) <= NEAR:
        return (word - word.dtype.type(least)).astype(np.int64), span
    found, which = np.unique(word, return_inverse=True)
    return which, max(1, len(found))
