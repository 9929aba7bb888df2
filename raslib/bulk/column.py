"""One column of a table as a reader wants it: as long as the table, with its nulls, its names and its plain values.

The bytes stay where the table has them, in `ColumnPart`s of one shape each. What a reader asks for is made of them
anew: numbers by a strided view, bits by shifting, names and Python values by the declaration's own construct.
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import cached_property
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np

from ..formats.cper import Timestamp
from ..plain import known
from ..records import Bcd, Register, Text
from .shapes import BLOB, CASE, TIME, Array, Leaf, Place, Rows

SPAN = np.dtype([("offset", "<i8"), ("length", "<u4")])  # bytes of any length, by their place in the column's heap
CACHED = 1 << 12  # records
_DTYPES: dict[str, Any] = {"<u3": "<u4", ">u3": ">u4", TIME: "M8[s]", CASE: "u1", BLOB: SPAN}
_DIGITS = {row.name: row.offset or 0 for row in Timestamp.table()}  # of a time stamp, each in a byte


class Bitfield(NamedTuple):
    """Some bits of a register, as `Register.layout` gives them.

    *low* is the lowest bit, *mask* the ones that stay after shifting down by it, *kind* what the value is: bool of a
    flag, int, or an enumeration, whose names are then those of the column.
    """

    low: int
    mask: int
    kind: Any


class ColumnPart(NamedTuple):
    """Some rows of a column: their numbers, the bytes of their records, and where in those the value lies.

    *records* is an array of (rows, bytes of a record), all of the same shape, and *leaf* says which of the bytes.
    """

    rows: Rows
    records: Array
    leaf: Leaf

    def view(self, dtype: Any) -> Array:
        """The values, in place; the same one for all rows where only the shape says it."""
        n, leaf = len(self.records), self.leaf
        if leaf.constant is not None:
            return np.broadcast_to(np.frombuffer(leaf.constant.ljust(np.dtype(dtype).itemsize, b"\0"), dtype, 1), n)
        if not n or leaf.start == leaf.stop:
            return np.zeros(n, dtype)
        return np.ndarray((n,), dtype, self.records, leaf.start, (self.records.shape[1],))

    def cut(self, start: int, count: int) -> "ColumnPart":
        """*count* of its rows, from its *start* on."""
        some = slice(start, start + count)
        return ColumnPart(some if isinstance(self.rows, slice) else self.rows[some], self.records[some], self.leaf)

    @property
    def size(self) -> int:
        """Bytes of each value."""
        return self.leaf.stop - self.leaf.start if self.leaf.constant is None else len(self.leaf.constant)

    def numbers(self) -> Array:
        """The values in the column's dtype, of all forms but `BLOB` and `CASE`."""
        form = self.leaf.form
        if form == TIME:
            return when(self.view("V8"))
        if form in ("<u3", ">u3"):
            wide = np.zeros((len(self.records), 4), np.uint8)
            three = np.ascontiguousarray(self.view("V3")).view(np.uint8).reshape(-1, 3)
            wide[:, slice(3) if form == "<u3" else slice(1, 4)] = three
            return np.asarray(wide.view(_DTYPES[form]).reshape(-1))
        return self.view(form)


class Compared:
    """Base of what is equal where all of its `content` is; the first of that is small, and hashes."""

    def content(self) -> Iterator[Any]:
        """Plain values, in which arrays are bytes."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(a == b for a, b in zip_longest(self.content(), other.content()))

    def __hash__(self) -> int:
        return hash(next(self.content()))


class Column(Compared):
    """The values at *place* of *n* rows, of which *parts* have some.

    A column of numbers, texts, GUIDs or raw bytes of one size; of bytes of any length, by `SPAN`; of times in seconds;
    or of the record that stands there, by number. With *bits* only those of a register. `form` is that of its leaves
    (`Leaf`), `constructed` the construct that makes a value of its bytes. Nothing is kept of what it makes, but the
    bytes of any length.
    """

    def __init__(self, n: int, place: Place, parts: list[ColumnPart], bits: Bitfield | None = None) -> None:
        self.n, self.place, self.parts, self.bits = n, place, parts, bits
        self.form, self.constructed = parts[0].leaf.form, parts[0].leaf.con

    def content(self) -> Iterator[Any]:
        yield self.n, self.place, self.form, self.bits
        yield from (self.array().tobytes(), self.valid().tobytes())
        if self.form == BLOB:
            yield self.heap.tobytes()

    @property
    def con(self) -> Any:
        """The construct of a value; None of bits, and of bytes of any length.

        It decodes one value of the column, as the plain parser does.
        """
        return None if self.bits or self.form in (BLOB, CASE) else self.constructed

    @property
    def vouched(self) -> bool:
        """Whether validation bits say of it if it holds."""
        return any(part.leaf.valid for part in self.parts)

    @property
    def names(self) -> dict[int, str]:
        """The vocabulary of a coded column: number -> name; empty if it has none.

        Of an enumeration all its members, whether they occur or not; of a place where several records may stand, the
        names of those that do. A number without a name is no error: it is shown as the number.
        """
        if self.form == CASE:
            return dict(enumerate(sorted({_case(part) for part in self.parts if len(part.records)})))
        kind = self.bits.kind if self.bits else getattr(self.con, "kind", None)
        return {m.value: m.name for m in kind} if isinstance(kind, type) and issubclass(kind, IntEnum) else {}

    # --- what it holds ----------------------------------------------------------------------------------------------

    def array(self) -> Array:
        """A value for every row, in an array of *n*; zero (NaT of a time) where there is none. It is read-only.

        Numbers have the width and byte order that they have in the bytes, bits the least width that holds them, and one
        bit that is a flag is a bool. Numbers of 3 bytes are widened to 4. Two decimal digits are their number.
        """
        return arrays([self])[0]

    def valid(self) -> Array:
        """Whether a row has the field, and its validation bit, if it has one, says so: a bool for each of *n* rows."""
        return self._gathered(bool, self._holds)

    def _holds(self, part: ColumnPart) -> Array:
        mask = np.full(len(part.records), True)
        for word, flag in part.leaf.valid:
            mask &= _says(part._replace(leaf=word), flag)
        if isinstance(self.con, Bcd):
            digits = part.view("u1")
            mask &= (digits >> 4 < 10) & (digits & 15 < 10)
        if self.form == TIME:
            mask &= ~np.isnat(part.numbers())
        return mask

    def values(self, rows: Any = slice(None)) -> list[Any]:
        """What the plain parser gives, of *rows* (a slice, a mask or numbers); None where a row has no such field.

        Whether the field is valid does not matter here, only whether it is there. Equal bytes are parsed once, so that
        a value may be shared by rows. Bits of a register are enumeration members where they have names, else numbers or
        bools.
        """
        has = self._gathered(bool, lambda _: True)[rows].tolist()
        if self.form == BLOB:
            pairs, heap = self._spans[rows].tolist(), self.heap
            return [heap[a : a + k].tobytes() if h else None for (a, k), h in zip(pairs, has, strict=True)]
        if self.bits or self.form == CASE:
            plain = self.names.__getitem__ if self.form == CASE else lambda raw: known(self.bits.kind, raw)  # type: ignore[union-attr]
            return [plain(v) if h else None for v, h in zip(self._raw()[rows].tolist(), has, strict=True)]
        memo: dict[bytes, Any] = {}
        size = max(part.size for part in self.parts)
        found = []
        for data, h in zip(self._gathered(f"V{size}", lambda part: part.view(f"V{part.size}"))[rows], has, strict=True):
            raw = data.tobytes()
            if h and raw not in memo:
                memo[raw] = self.constructed.parse(raw) if self.constructed else int.from_bytes(raw, "little")
            found.append(memo[raw] if h else None)
        return found

    @cached_property
    def heap(self) -> Array:
        """All bytes of a column of any length, row after row.

        What `array` gives of such a column are offsets and lengths in it. It is kept, as every value looks into it.
        """
        spans = self._spans
        heap = np.empty(int(spans["length"].sum()), np.uint8)
        for part in self.parts:
            if (size := part.size) and len(part.records):
                every = np.ndarray((len(heap) - size + 1,), f"V{size}", heap, 0, (1,))
                every[spans["offset"][part.rows]] = part.view(f"V{size}")
        return heap

    @cached_property
    def _spans(self) -> Array:
        lengths = self._gathered(np.int64, lambda part: part.size)
        out = np.empty(self.n, SPAN)
        out["offset"], out["length"] = np.cumsum(lengths) - lengths, lengths
        return out

    def _raw(self) -> Array:
        """Numbers as they stand in the bytes; bits shifted down."""
        if self.form == BLOB:
            return self._spans.view()
        if self.form == CASE:
            number = {name: i for i, name in self.names.items()}
            return self._gathered("u1", lambda part: number.get(_case(part), 0))
        return self._shifted(_filled([self])[0])

    def _shifted(self, raw: Array) -> Array:
        return raw if not self.bits else np.asarray(raw >> np.uint8(self.bits.low) & raw.dtype.type(self.bits.mask))

    def _gathered(self, dtype: Any, values: Any) -> Array:
        """The *values* of each part in one array."""
        out = np.zeros(self.n, dtype)
        for part in self.parts:
            out[part.rows] = values(part)
        return out

    def _shown(self, raw: Array) -> Array:
        if self.bits:
            return _narrowed(raw, self.bits)
        if isinstance(self.con, Bcd):
            digits = raw.view(np.uint8)
            return np.asarray((digits >> 4) * 10 + (digits & 15))
        return raw.view(f"S{raw.itemsize}") if isinstance(self.con, Text) else raw

    # --- other values ------------------------------------------------------------------------------------------

    def change(self, values: Any, copies: dict[int, Array]) -> None:
        """Writes other *values*, in the form that `array` has, into copies of the records' bytes.

        *values* are one for every row, or one for all. *copies* are by identity of what they are copies of: given again
        for another column, both changes are in the same copy. Rows without the field are left out.

        Raises ValueError where there is no room for a value, and of what cannot be changed in place: bytes of any
        length, numbers of 3 bytes, and what follows from the shape rather than from bytes.
        """
        given = np.broadcast_to(np.asarray(values), self.n)
        constant = any(part.leaf.constant is not None for part in self.parts)
        if constant or self.form in (BLOB, CASE, "<u3", ">u3"):
            raise ValueError("only numbers, texts and GUIDs can be changed, and the bits of registers")
        if isinstance(self.con, Bcd):
            given = given // 10 << 4 | given % 10
        if isinstance(self.con, Text):
            given = given.astype(bytes)
        for part in self.parts:
            if not len(part.records):
                continue
            copy = copies.setdefault(id(part.records), part.records.copy())
            target = part._replace(records=copy)
            if self.form == TIME:
                put_digits(target.view("V8"), given[part.rows].astype("M8[s]"))
            else:
                self._put(target.view(self.form), given[part.rows])

    def _put(self, old: Array, given: Array) -> None:
        text, bits = isinstance(self.con, Text), self.bits
        target = _narrowed(old[:0], bits).dtype if bits else old.dtype
        if isinstance(self.con, Bcd):
            target = np.dtype("u1")
        fits = given.astype(f"S{target.itemsize}" if text else target)
        if not np.array_equal(fits, given) or (bits and (fits > bits.mask).any()):
            raise ValueError(f"{self.place[-1][0]}: there is no room for some of the values")
        if bits:
            low = old.dtype.type(bits.low)
            fits = old & ~(old.dtype.type(bits.mask) << low) | fits.astype(old.dtype) << low
        old[:] = np.ascontiguousarray(fits).view(old.dtype)


def arrays(columns: Sequence[Column]) -> list[Array]:
    """What `Column.array` gives, of several *columns* of one table, in their order.

    Records are gone through once, a few that fit the processor's cache at a time: one column after another, each
    would bring all of them there again.
    """
    plain = [column for column in columns if column.form not in (BLOB, CASE)]
    raw = iter(_filled(plain))
    shown = [c._shown(c._shifted(next(raw)) if c.form not in (BLOB, CASE) else c._raw()) for c in columns]
    for array in shown:
        array.flags.writeable = False  # what is written back to bytes stays what was read
    return shown


def _filled(columns: Sequence[Column]) -> list[Array]:
    """The numbers of some columns as they stand in the bytes."""
    made = _blank(columns)
    parts = [(part, out) for column, out in zip(columns, made, strict=True) for part in column.parts]
    for start in range(0, max((len(part.records) for part, _ in parts), default=0), CACHED):
        for part, out in parts:
            if start < len(part.records):
                some = part.cut(start, CACHED)
                out[some.rows] = some.numbers()
    return made


def _blank(columns: Sequence[Column]) -> list[Array]:
    """Arrays for the values of some columns, zero or NaT where a row has none, in one piece of memory.

    The system hands out one large piece in large pages, many small ones in small pages, and the first touch of each
    page costs more than the copying: without this, all columns of a memory section take two and a half times as long.
    """
    kinds = [np.dtype(_DTYPES.get(column.form, column.form)) for column in columns]  # of bits, the whole register's
    sizes = [-(-column.n * kind.itemsize // 64) * 64 for column, kind in zip(columns, kinds, strict=True)]
    ends = np.cumsum([0, *sizes])
    memory = np.empty(int(ends[-1]), np.uint8)
    made = []
    for column, kind, at in zip(columns, kinds, ends.tolist(), strict=False):
        made.append(np.ndarray((column.n,), kind, memory, at))
        if sum(len(part.records) for part in column.parts) < column.n:
            made[-1][:] = np.datetime64("NaT", "s") if kind.kind == "M" else np.zeros((), kind)
    return made


def _case(part: ColumnPart) -> str:
    return (part.leaf.constant or b"").decode()


def _narrowed(bits: Array, field: Bitfield) -> Array:
    if field.kind is bool:
        return bits.astype(bool)
    width = field.mask.bit_length()
    return bits.astype(np.min_scalar_type((1 << width) - 1))


def _says(word: ColumnPart, flag: str) -> Array:
    """The *flag* of a validation *word*, which may be a property of several flags, for every row."""
    kind: type[Register] = word.leaf.con.kind
    values = word.numbers()
    for name, low, mask, *_ in kind.layout:
        if name == flag:
            return np.asarray(values >> np.uint8(low) & values.dtype.type(mask)).astype(bool)
    different, which = np.unique(values, return_inverse=True)
    return np.array([bool(getattr(kind.parse(int(one)), flag)) for one in different], bool)[which]


# --- time stamps: eight bytes of decimal digits each ------------------------------------------------------------------


def when(stamps: Array) -> Array:
    """Time stamps of 8 bytes (UEFI 2.10 §N.2.1, Timestamp) in seconds; NaT where the digits are none, or no date.

    *stamps* is an array of dtype V8, what is given back one of datetime64[s], as long. They are seconds, minutes,
    hours, precise, day, month, year, century, each two decimal digits in a byte. Plain numbers, as Windows writes them,
    count as digits. No time zone is told, so none is added.

    >>> import numpy as np
    >>> when(np.frombuffer(bytes.fromhex("5634120124012620"), "V8")).tolist()
    [datetime.datetime(2026, 1, 24, 12, 34, 56)]
    >>> when(np.frombuffer(bytes.fromhex("5634120130022620"), "V8")).tolist()  # the 30th of February
    [None]
    """
    digits = np.ascontiguousarray(stamps).view(np.uint8).reshape(-1, 8).T
    plain = (digits[_DIGITS["century"]] >= 19) & (digits[_DIGITS["century"]] <= 21)  # `Timestamp.is_plain`
    read = np.where(plain, digits.astype(np.int64), (digits >> 4).astype(np.int64) * 10 + (digits & 15))
    number = {name: read[i] for name, i in _DIGITS.items()}
    written = [i for name, i in _DIGITS.items() if name != "precise"]
    good = ((digits[written] >> 4 < 10) & (digits[written] & 15 < 10)).all(axis=0)
    good |= plain & (number["year"] < 100)
    for name, least, most in (("month", 1, 12), ("day", 1, 31), ("hours", 0, 23), ("minutes", 0, 59)):
        good &= (number[name] >= least) & (number[name] <= most)
    good &= number["seconds"] <= 59
    years = number["century"] * 100 + number["year"] - 1970
    months = (years * 12 + number["month"] - 1).astype("M8[M]")
    days = months.astype("M8[D]") + (number["day"] - 1).astype("m8[D]")
    good &= days.astype("M8[M]") == months
    seconds = (number["hours"] * 60 + number["minutes"]) * 60 + number["seconds"]
    return np.where(good, days.astype("M8[s]") + seconds.astype("m8[s]"), np.datetime64("NaT", "s"))


def put_digits(stamps: Array, times: Array) -> None:
    """Writes *times*, in seconds, into time stamps in place; whether they are precise stays as it is.

    *stamps* is an array of dtype V8 that can be written, *times* one of datetime64[s], as long: the other direction of
    `when`, always as decimal digits.
    """
    days, months = times.astype("M8[D]"), times.astype("M8[M]")
    seconds = (times - days).astype(np.int64)
    years = times.astype("M8[Y]").astype(np.int64) + 1970
    numbers = {
        "seconds": seconds % 60,
        "minutes": seconds // 60 % 60,
        "hours": seconds // 3600,
        "day": (days - months.astype("M8[D]")).astype(np.int64) + 1,
        "month": months.astype(np.int64) % 12 + 1,
        "year": years % 100,
        "century": years // 100,
    }
    new = np.ascontiguousarray(stamps).view(np.uint8).reshape(-1, 8)
    for name, number in numbers.items():
        new[:, _DIGITS[name]] = number // 10 << 4 | number % 10
    stamps[:] = new.view("V8").reshape(-1)
