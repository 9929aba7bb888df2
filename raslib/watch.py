"""Where each field of a record lay while it was parsed, and which bytes the declaration looked at: those are its shape.

Whoever parses with a dict as `places` gets a `ParsedField` for each field and element; `Record.explain` makes spans of
them, and needs no more. A `Watch` takes the same places, and beside them notes each look at a value, which every
attribute of every record then pays for: so not every explained parse is a watched one.

A declaration's functions (lengths, counts, conditions, choices) are given contexts, records, registers and streams. In
a watched parse each of them notes the bytes behind whatever is looked at. A value that is merely read into its field
is not looked at. So two records of one length that agree in the bytes noted of the first go the same way through the
declaration: each field of the second lies where it lies in the first. `raslib.bulk` reads many records by that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, NamedTuple

from construct import Container, StreamError

from .plain import ParsedField
from .registers import Fields, Register

WHOLE = "(parsing)"  # construct's path of the record itself
_ONE_AT_A_TIME = RLock()


class _Owner(NamedTuple):
    """A record or register of the watched parse; *one* is held so that no other object gets its identity."""

    one: Any
    path: str
    values: dict[str, Any]


class Watch:
    """One watched parse of *data*.

    `places` has the bytes of every field by construct's path, `looked` those that were looked at, `only_read` the
    paths of values that are as they stand in the bytes, and `made` those that a record set by itself in
    `__post_init__`. With *length_alone* what lies in a room of a given length is skipped, and what is open at the
    record's end is empty: then the stream's end is how long the record says it is.
    """

    def __init__(self, data: bytes | memoryview, length_alone: bool = False) -> None:
        self.data, self.length_alone = data, length_alone
        self.looked: list[tuple[int, int]] = []
        self.places: dict[str, ParsedField] = {}
        self.made: set[str] = set()
        self.only_read: set[str] = set()
        self.value: Any = None  # the record
        self.stream = WatchedStream(self, 0, len(data))
        self._owners: dict[int, _Owner] = {}

    @contextmanager
    def over(self, completes: Any) -> Iterator[None]:
        """While entered, attributes of all records and registers go through `_attribute`.

        That is a method which stands on the base class meanwhile, as one that always stood there would make every
        attribute of every record several times as slow. One watch at a time; other threads are not hindered, and
        nothing of theirs is noted, for their records are none of this parse. *completes* is the `__post_init__` of
        records that have none of their own.
        """
        self._completes = completes
        with _ONE_AT_A_TIME:
            Fields.__getattribute__ = lambda one, name: self._attribute(one, name)  # type: ignore[method-assign]
            try:
                yield
            finally:
                del Fields.__getattribute__

    def at(self, path: str) -> tuple[int, int]:
        """The bytes of the field or element at *path*; none of one that was not read."""
        place = self.places.get(path)
        return (place.start, place.stop) if place else (0, 0)

    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The bytes that were looked at, in order, without overlap."""
        merged: list[tuple[int, int]] = []
        for start, stop in sorted(set(self.looked)):
            if merged and start <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(stop, merged[-1][1])
            elif start < stop:
                merged.append((start, stop))
        return tuple(merged)

    # --- what the parse tells -------------------------------------------------------------------------------------

    def parsed(self, path: str, place: ParsedField, only_read: bool, wrapped: bool) -> None:
        """The field or element at *path* was read at *place*.

        *only_read*: its bytes cannot have decided anything yet. *wrapped*: a construct that nobody knows may have
        looked at values; records tell by themselves what of them was looked at, other values cannot.
        """
        value, here = place.value, (place.start, place.stop)
        if isinstance(value, Register):
            self._owners[id(value)] = _Owner(value, path, vars(value))
        if only_read:
            self.only_read.add(path)
            if self.looked and self.looked[-1] == here:
                self.looked.pop()
        elif wrapped and not all(map(self.is_of_parse, value if isinstance(value, tuple) else [value])):
            self.looked.append(here)

    def record(self, made: Any, values: dict[str, Any], path: str) -> None:
        """The record at *path* was made of *values*; what it looks at to change itself is noted too."""
        self._owners[id(made)] = _Owner(made, path, values)
        own = type(made).__post_init__ is not self._completes
        if own or any(values[name] is None and name not in made.placed for name in made.filled):
            again = object.__new__(type(made))
            self._owners[id(again)] = _Owner(again, path, values)
            again.__post_init__()
            self.made |= {f"{path} -> {name}" for name in object.__getattribute__(again, "__dict__")}

    def is_of_parse(self, one: Any) -> bool:
        """Whether *one* is a record that the parse made of bytes, and no construct of itself."""
        return id(one) in self._owners

    def look(self, path: str, value: Any) -> None:
        """The *value* at *path* is looked at. Records and registers tell themselves what of them is."""
        if not all(isinstance(one, Fields) for one in (value if isinstance(value, tuple) else [value])):
            self.looked.append(self.at(path))

    def _attribute(self, one: Any, name: str) -> Any:
        owner = self._owners.get(id(one))
        if owner is None:
            return object.__getattribute__(one, name)
        register = issubclass(type(one), Register)  # `isinstance` would ask for an attribute
        if name == "__dict__" or (register and name in owner.values):
            self.looked.append(self.at(owner.path))
        elif not register and name in owner.values:
            own = object.__getattribute__(one, "__dict__")
            value = own.get(name, owner.values[name])
            self.look(f"{owner.path} -> {name}", value)
            return value
        return object.__getattribute__(one, name)


class WatchedContext(Container):  # type: ignore[misc]
    """The fields of a record while it is parsed: notes which of them are looked at. A copy looks at all."""

    def __init__(self, watch: Watch, path: str) -> None:
        super().__init__()
        object.__setattr__(self, "_watch", watch)
        object.__setattr__(self, "_path", path)

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if (path := f"{self._path} -> {name}") in self._watch.places:
            self._watch.look(path, value)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[Any]:  # its own, or else `dict` copies what it holds without asking
        return super().__iter__()  # type: ignore[no-any-return]

    def __or__(self, other: Any) -> Any:
        return Container(self) | other

    def values(self) -> Any:
        return [self[name] for name in self]

    def items(self) -> Any:
        return [(name, self[name]) for name in self]


class WatchedStream:
    """Bytes [begin, end) of the watched record as a stream. It has no other methods, so that none can go unnoted."""

    def __init__(self, watch: Watch, begin: int, end: int) -> None:
        self.watch, self.begin, self.end, self.here = watch, begin, end, begin

    def tell(self) -> int:
        return self.here

    def seek(self, offset: int, whence: int = 0) -> int:
        self.here = self.end + offset if whence == 2 else offset
        if self.here < self.begin:
            raise ValueError("seek before the begin of a room")
        return self.here

    def read(self, size: int | None = -1) -> bytes:
        start, size = self.here, -1 if size is None else size
        if self.watch.length_alone and size < 0:
            return b""
        self.here = max(start, self.end if size < 0 else min(start + size, self.end))
        if self.here > start:
            self.watch.looked.append((start, self.here))
        return bytes(self.watch.data[start : self.here])

    def room(self, length: int, path: str) -> "WatchedStream | None":
        """The next *length* bytes as a stream of their own; None where they are to be skipped."""
        start = self.here
        if length < 0:
            raise StreamError(f"length must be non-negative, found {length}", path=path)
        if length > max(0, self.end - start):
            left = max(0, self.end - start)
            raise StreamError(f"stream read less, expected {length}, found {left}", path=path)
        self.here += length
        return None if self.watch.length_alone else WatchedStream(self.watch, start, start + length)
