"""The kinds of bytes that can be read, by their names at the command line; each is loaded when it is used.

What a kind is called in words is the `title` of its record, and the signature of a table is its name in capitals: here
stand the names alone, which the command line and `intake` need before they need any format.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ..records import Record

K = TypeVar("K")
V = TypeVar("V")


class Lookup(Mapping[K, V]):
    """A mapping whose values are looked up one by one, and listed only when all are asked for.

    *look* gives the value of a key, None for what is no key; *keys* lists them all. A value is looked up anew each
    time, so *look* is to be quick the second time.

    >>> squares = Lookup(lambda n: n * n if n in range(4) else None, lambda: range(4))
    >>> squares[3], squares.get(9), list(squares)
    (9, None, [0, 1, 2, 3])
    """

    def __init__(self, look: Callable[[K], V | None], keys: Callable[[], Iterable[K]]) -> None:
        self._look, self._keys = look, keys

    def __getitem__(self, key: K) -> V:
        value = self._look(key)
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[K]:
        return iter(self._keys())

    def __len__(self) -> int:
        return sum(1 for _ in self)


# ACPI tables, each declared in the module of its name; the signature is the name in capitals
TABLES = ("hest", "bert", "erst", "einj", "aest", "sdei", "ras2", "rasf", "agdi")
_WHERE = {"status-block": ("ghes", "StatusBlock"), "record": ("cper", "CperRecord")}
_WHERE |= {name: (name, name.capitalize()) for name in TABLES}


def _load(kind: Any) -> "type[Record] | None":
    module, name = _WHERE.get(kind, ("", ""))
    return getattr(import_module(f".{module}", __package__), name) if module else None


KINDS: Mapping[str, "type[Record]"] = Lookup(_load, lambda: _WHERE)
