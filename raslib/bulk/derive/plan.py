"""From a declaration to the nodes that read it by columns.

A construct is recognised by the very functions that it parses with: one that parses in a way not known here is refused,
with its path, rather than guessed at. A case of a choice that is refused leaves its rows to the plain parser.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import construct
from construct import Adapter, FormatField, Subconstruct

from ...formats import cper, sections
from ...formats.parts import Whole
from ...records import (
    AtMost,
    Bcd,
    Bits,
    Choice,
    Either,
    Guid,
    Named,
    Record,
    Sized,
    Tagged,
    Text,
    Times,
    UntilEnd,
    When,
)
from ..part import Leaf, Valid
from . import special
from .choices import Chosen, Optional
from .lists import List
from .nodes import Bytes, Node
from .runs import Run
from .shapes import Guard, Inline, Struct, Within


class NotDerivable(ValueError):
    """No columns can be derived from what is declared at *path*."""

    def __init__(self, path: str, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path}: {why}" if path else why)


class _Plain(Record):
    """A record that has nothing of its own, to compare others with."""


class _NotFixed(Exception):
    """This is not the same number of bytes in every record."""


_DECODERS = {kind._decode for kind in (Named, Bits, Guid, Text, Bcd)}  # none of them refuses a value
_NUMBERS = {"B": "u1", "H": "u2", "L": "u4", "Q": "u8", "b": "i1", "h": "i2", "l": "i4", "q": "i8"}


def struct(cls: type[Record]) -> Struct:
    """The nodes of a record class. Raises `NotDerivable`."""
    kind: Any = cls
    return _struct(kind)


@cache
def _struct(cls: Any) -> Struct:
    nodes: list[Node] = []
    groups: dict[str, Any] = {}
    run: list[Leaf] = []
    size = 0

    def flush() -> None:
        nonlocal size
        if run:
            nodes.append(Run(run, size))
            run.clear()
            size = 0

    for field in cls.con.subcon.subcons:
        valid = (Valid("validation_bits", field.valid),) if field.valid else ()
        try:
            leaves, taken, inside = _fixed(field.subcon, field.name, size, valid, field.docs)
        except _NotFixed:
            flush()
            nodes.append(_inside(cls, field.name, lambda f=field, v=valid: _node(f.subcon, f.name, v)))  # type: ignore[misc]
        else:
            run += leaves
            groups |= inside
            size += taken
    flush()
    return Struct(cls, nodes, groups, _mistrust(cls))


def _inside(cls: type[Record], name: str, make: Callable[[], Node]) -> Node:
    try:
        return make()
    except NotDerivable as e:
        at = f"{cls.__name__}.{name}"
        raise NotDerivable(f"{at}.{e.path.partition('.')[2]}" if "." in e.path else at, e.why) from None


def _mistrust(cls: type[Record]) -> str:
    """Why what the fields say may not be what `parse` gives; empty if it is."""
    own = [name for name in ("_parse", "parse") if _function(cls, name) is not _function(Record, name)]
    if own or type(cls.con) is not type(_Plain.con):
        return f"has its own {' and '.join(own) or 'construct'}"
    return ""


def _function(cls: type, name: str) -> Any:
    found = getattr(cls, name)
    return getattr(found, "__func__", found)


def _record(con: Any) -> Any:
    """The class of which *con* is the construct."""
    cls = getattr(con, "cls", None)
    return cls if cls is not None and cls.con is con else None


def _fixed(
    con: Any, path: str, offset: int, valid: tuple[Valid, ...], doc: str = ""
) -> tuple[list[Leaf], int, dict[str, Any]]:
    """Leaves, size and nested records of a construct that always has the same size."""
    if (cls := _record(con)) is None:
        size, dtype = _scalar(con)
        return [Leaf(path, offset, size, dtype, con, valid, doc)], size, {}
    if _mistrust(cls) or cls.__post_init__ is not Record.__post_init__:
        raise _NotFixed
    leaves: list[Leaf] = []
    groups: dict[str, Any] = {path: cls}
    start = offset
    for field in con.subcon.subcons:
        own = (Valid(f"{path}.validation_bits", field.valid),) if field.valid else ()
        some, size, inside = _fixed(field.subcon, f"{path}.{field.name}", offset, valid + own, field.docs)
        leaves += some
        groups |= inside
        offset += size
    return leaves, offset - start, groups


def _scalar(con: Any) -> tuple[int, str]:
    """Size and column type of one value."""
    while isinstance(con, Adapter):
        if type(con)._parse is not Adapter._parse or type(con)._decode not in _DECODERS:
            raise _NotFixed
        con = con.subcon
    if isinstance(con, FormatField) and con.fmtstr[1] in _NUMBERS:
        order = "<" if con.fmtstr[0] in "<=" else ">"
        return con.length, order + _NUMBERS[con.fmtstr[1]]
    if isinstance(con, construct.Bytes) and isinstance(con.length, int):
        return con.length, f"V{con.length}"
    if isinstance(con, construct.BytesInteger) and con.length == 3 and not con.signed:
        return 3, "<u4" if con.swapped else ">u4"
    raise _NotFixed


def _node(con: Any, path: str = "", valid: tuple[Valid, ...] = ()) -> Node:
    """The node of one field, or of what stands inside one if *path* is empty."""
    if cls := _record(con):
        return Inline(path, valid, struct(cls)) if path else struct(cls)
    try:
        leaves, size, _ = _fixed(con, path, 0, valid)
        return Run(leaves, size)
    except _NotFixed:
        pass
    make = _MAKERS.get(type(con)._parse)
    if make is None and isinstance(con, Subconstruct) and type(con)._build is Subconstruct._build:
        return Guard(con, _node(con.subcon, path, valid))
    if make is None:
        raise NotDerivable(path, f"{type(con).__name__} parses in a way of its own")
    return make(con, path, valid)


def _list(con: Any, path: str, valid: tuple[Valid, ...]) -> Node:
    if type(con)._more is Times._more:
        return List(path, valid, con.count, 0, _node(con.subcon))
    if type(con)._more is UntilEnd._more:
        return List(path, valid, None, con.least, _node(con.subcon))
    raise NotDerivable(path, f"{type(con).__name__} counts in a way of its own")


def _case(con: Any) -> tuple[str, Node]:
    """Name and node of what a choice chose."""
    if isinstance(con, bytes):
        return "bytes", Bytes("", (), None)
    if cls := _record(con):
        return cls.__name__, struct(cls)
    length = con.length if isinstance(con, construct.Bytes) else None
    if length is None and con is not construct.GreedyBytes:
        raise NotDerivable("", f"{type(con).__name__} is neither a record nor bytes")
    return "bytes", Bytes("", (), length)


def _tag(con: Any) -> Run:
    leaves, size, _ = _fixed(con.con, "tag", 0, ())
    return Run(leaves, size)


def _bodies(con: Any, path: str, valid: tuple[Valid, ...]) -> Node:
    return special.Bodies(path, valid, _node(sections.BODY))


_Maker = Callable[[Any, str, tuple[Valid, ...]], Node]
_MAKERS: dict[Any, _Maker] = {
    Sized._parse: lambda con, path, valid: Within(_node(con.subcon, path, valid), con.length),
    When._parse: lambda con, path, valid: Optional(path, valid, con.condition, _node(con.subcon)),
    Choice._parse: lambda con, path, valid: Chosen(path, valid, con.pick, _case),
    Tagged._parse: lambda con, path, valid: Chosen(path, valid, con.pick_by, _case, _tag(con)),
    Either._parse: lambda con, path, valid: _node(con.first, path, valid),
    Times._parse: _list,
    AtMost._parse: lambda con, path, valid: Bytes(path, valid, con.length, at_most=True),
    construct.Bytes._parse: lambda con, path, valid: Bytes(path, valid, con.length),
    Whole._parse: lambda con, path, valid: special.Whole(path, valid, con, _case),
    cper._Bodies._parse: _bodies,
    cper._Gaps._parse: lambda con, path, valid: special.Gaps(path, valid),
    type(construct.GreedyBytes)._parse: lambda con, path, valid: Bytes(path, valid, None),
}
