"""One column of a table as a reader wants it: as long as the table, with its nulls, its names and its plain values."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from construct import Adapter

from ..formats.cper import NOTIFICATIONS
from ..formats.sections import NAMES
from ..records import Bcd, Bits, Guid, Register, Text
from .asking.ask import answers
from .asking.seen import Context
from .asking.values import known, plain
from .moment import Moment
from .part import Array, Blob, Leaf, Part, Rows, Word, starts

SPAN = np.dtype([("offset", "<i8"), ("length", "<u4")])  # bytes of any length, by their place in the column's heap


class Field(NamedTuple):
    """Some bits of a register, as `Register.layout` gives them."""

    low: int
    mask: int
    kind: Any


class Cases(NamedTuple):
    """Which of several records stands in each of *n* rows."""

    n: int
    rows: dict[str, Rows]


class Column:
    """A column of *n* rows, of which *rows* have it; *said* are the masks of those that may be believed."""

    def __init__(
        self, n: int, rows: Rows, item: Any, said: tuple[Callable[[], Array], ...] = (), field: Field | None = None
    ) -> None:
        self.n, self.rows, self.item, self.said, self.field = n, rows, item, said, field

    @property
    def leaf(self) -> Leaf | None:
        return self.item.leaf if isinstance(self.item, Word) else None

    @property
    def con(self) -> Any:
        """The construct of a fixed field; None of bits, and of bytes of any length."""
        return None if self.leaf is None or self.field else self.leaf.con

    @property
    def names(self) -> dict[int, str]:
        """The vocabulary of a coded column."""
        if isinstance(self.item, Cases):
            return dict(enumerate(sorted(self.item.rows)))
        kind = self.field.kind if self.field else getattr(self.con, "kind", None)
        return {m.value: m.name for m in kind} if isinstance(kind, type) and issubclass(kind, IntEnum) else {}

    def array(self) -> Array:
        """A value for every row; zero where there is none."""
        return self._whole(self._shown())

    def valid(self) -> Array:
        """Whether a row has the field, and its validation bit, if it has one, says so."""
        found = np.full(self.n if self.rows is None else len(self.rows), True)
        for mask in self.said:
            found &= mask()
        if isinstance(self.con, Bcd):
            digits = self.item.values.view(np.uint8)
            found &= (digits >> 4 < 10) & (digits & 15 < 10)
        if isinstance(self.item, Moment):
            found &= ~np.isnat(self._raw())
        return self._whole(found)

    def values(self, rows: Any = slice(None)) -> list[Any]:
        """What the plain parser gives, of *rows*; None where a row has no such field."""
        has = self._whole(np.full(self.n if self.rows is None else len(self.rows), True))[rows]
        if isinstance(self.item, Blob):
            spans, heap = self.array()[rows], self.item.heap
            return [heap[a : a + k].tobytes() if h else None for (a, k), h in zip(spans.tolist(), has, strict=True)]
        if isinstance(self.item, Moment):
            moments = self._whole(np.arange(self.n if self.rows is None else len(self.rows)))[rows]
            return [self.item.plain(row) if h else None for row, h in zip(moments, has, strict=True)]
        raw = self._whole(self._raw())[rows]
        return [self._plain(v) if h else None for v, h in zip(raw, has, strict=True)]

    def _plain(self, raw: Any) -> Any:
        if self.field:
            return known(self.field.kind, int(raw))
        return plain(self.con, raw) if self.leaf else self.names[int(raw)]

    def _raw(self) -> Array:
        match self.item:
            case Word() if self.field:
                bits = self.item.values >> np.uint8(self.field.low) & self.item.values.dtype.type(self.field.mask)
                return np.asarray(bits)
            case Word():
                return self.item.values
            case Moment():
                return self.item.when()
            case Blob(lengths):
                n = self.n if self.rows is None else len(self.rows)
                out = np.empty(n, SPAN)
                out["offset"], out["length"] = starts(lengths, n), lengths
                return out
        out = np.zeros(self.item.n, np.uint8)
        for i, (_, rows) in enumerate(sorted(self.item.rows.items())):
            out[slice(None) if rows is None else rows] = i
        return out

    def _shown(self) -> Array:
        raw, con = self._raw(), self.con
        if self.field:
            return _narrowed(raw, self.field)
        if isinstance(con, Bcd):
            digits = raw.view(np.uint8)
            return np.asarray((digits >> 4) * 10 + (digits & 15))
        return raw.view(f"S{raw.itemsize}") if isinstance(con, Text) else raw

    def _whole(self, values: Array) -> Array:
        out = values.view()
        if self.rows is not None:
            out = np.full(self.n, np.datetime64("NaT")) if values.dtype.kind == "M" else np.zeros(self.n, values.dtype)
            out = out.astype(values.dtype, copy=False)
            out[self.rows] = values
        out.flags.writeable = False  # what is written back to bytes stays what was read
        return out

    def change(self, values: Any, new: dict[int, Word]) -> None:
        """Puts words with other *values*, in the form that `array` has, into *new*, by the identity of the old ones.

        Raises ValueError where there is no room for a value.
        """
        given = np.broadcast_to(np.asarray(values), self.n)
        given = given if self.rows is None else given[self.rows]
        if isinstance(self.item, Moment):
            new |= self.item.changed(given.astype("M8[s]"))
            return
        if self.leaf is None:
            raise ValueError("only numbers, texts and GUIDs can be changed, and the bits of registers")
        old, bits = new.get(id(self.item), self.item).values, self.field
        if isinstance(self.con, Bcd):
            given = given // 10 << 4 | given % 10
        if isinstance(self.con, Text):
            given = given.astype(bytes)
        target = old.dtype if not bits else _narrowed(old[:0], bits).dtype
        fits = given.astype(f"S{target.itemsize}" if isinstance(self.con, Text) else target)
        if not np.array_equal(fits, given) or (bits and (fits > bits.mask).any()):
            raise ValueError(f"{self.leaf.path}: there is no room for some of the values")
        if bits:
            low = old.dtype.type(bits.low)
            fits = old & ~(old.dtype.type(bits.mask) << low) | fits.astype(old.dtype) << low
        new[id(self.item)] = Word(self.leaf, np.ascontiguousarray(fits).view(old.dtype))

    def texts(self, values: Array) -> tuple[list[str], Array]:
        """Every different one of some of the column's *values* as text, and of each the number of its own."""
        if isinstance(self.item, Blob):
            heap = self.item.heap
            return [heap[a : a + k].tobytes().hex() for a, k in values.tolist()], np.arange(len(values))
        flat = values.view(f"S{values.itemsize}") if values.dtype.kind == "V" else values
        _, first, which = np.unique(flat, return_index=True, return_inverse=True)
        return [self._text(values[i]) for i in first], which

    def _text(self, value: Any) -> str:
        con, names = self.con, self.names
        if names:
            return names.get(int(value), str(value))
        if isinstance(con, Guid):
            guid = plain(con, value)
            return NAMES.get(guid) or NOTIFICATIONS.get(guid) or str(guid)
        if isinstance(con, Text):
            seen = plain(con, np.void(value.ljust(self.item.values.itemsize, b"\0")))
            return seen if isinstance(seen, str) else bytes(seen).hex()
        if isinstance(value, np.void):
            return value.tobytes().hex()
        if value.dtype.kind == "M":
            return str(value).replace("T", " ")
        if value.dtype.kind == "b":
            return "yes" if value else "no"
        wide = isinstance(con, Bits) or (value.dtype.itemsize == 8 and not isinstance(con, Adapter | type(None)))
        return f"{int(value):#x}" if wide else str(int(value))


def _narrowed(bits: Array, field: Field) -> Array:
    if field.kind is bool:
        return bits.astype(bool)
    width = field.mask.bit_length()
    return bits.astype(np.min_scalar_type((1 << width) - 1))


def says(part: Part, word: str, flag: str) -> Array:
    """The *flag* of a validation *word*, which may be a property of several flags, for every row of *part*."""
    item = part.items[word, ""]
    assert isinstance(item, Word)
    kind: type[Register] = item.leaf.con.kind
    for name, low, mask, *_ in kind.layout:
        if name == flag:
            return np.asarray(item.values >> np.uint8(low) & item.values.dtype.type(mask)).astype(bool)
    context = Context(None, part.n, None, None, {})
    context.items = {"word": item}
    out = np.zeros(part.n, bool)
    for answer, rows in answers(lambda c: bool(getattr(c.word, flag)), context, None):
        out[slice(None) if rows is None else rows] = answer
    return out


def fields(item: Word) -> list[tuple[str, Field]]:
    """The named bits of a register's column; with what no field names, if there is any."""
    kind: type[Register] = item.leaf.con.kind
    found = [(name, Field(low, mask, kind)) for name, low, mask, kind, *_ in kind.layout]
    return [*found, ("reserved", Field(0, kind._free, int))] if kind._free else found
