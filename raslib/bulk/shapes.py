"""Nodes that hold other nodes: records, rooms, what may be absent, what is one of several."""

import copy
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..records import Record
from .ask import answers, changes
from .nodes import Bytes, Node, Scene, attribute, mask_of
from .part import Amount, Array, Part, Rows, Sub, Valid, each, narrow
from .place import Place
from .runs import Run
from .seen import Context, Fields, Some, Undecided, look


class Within(Node):
    """The inner node in exactly *length* bytes."""

    def __init__(self, inner: Node, length: Any) -> None:
        super().__init__(inner.path, inner.valid)
        self.inner, self.length = inner, length

    def read(self, scene: Scene, place: Place, part: Part) -> None:
        lengths = scene.need(scene.numbers(self.length, place, self.path), place, self.path)
        if scene.reader.measuring:
            place.forward(lengths)
            return
        inside = place.within(lengths)
        place.forward(lengths)  # before the inside is read: a context's own stream stands behind it by then
        self.inner.read(scene, inside, part)
        left = inside.left
        if not isinstance(left, int) or left:
            over = each(left, len(place)) != 0
            if over.any():
                scene.doubt(inside, over, f"{self.path}: bytes are left over")
        scene.settle(place)

    def extent(self, part: Part) -> Amount:
        return self.inner.extent(part)

    def write(self, part: Part, out: Array, at: Array) -> None:
        self.inner.write(part, out, at)

    def spread(self, values: Sequence[Any], part: Part) -> None:
        self.inner.spread(values, part)


class Struct(Node):
    """A record; a row of the part for each."""

    def __init__(self, cls: type[Record], nodes: Sequence[Node], groups: dict[str, Any], why: str = "") -> None:
        super().__init__("")
        self.cls, self.nodes, self.groups = cls, tuple(nodes), groups
        self.why = why  # why no bytes are read by this, but only by the plain parser; "" if they are

    def read(self, scene: Scene, place: Place, part: Part) -> None:
        context = Context(self.cls, len(place), scene.context, scene.rows, self.groups)
        context.place = place
        scene.reader.contexts.append(context)
        inner = Scene(scene.reader, context, scene.top)
        if self.why:
            scene.doubt(place, np.full(len(place), True), f"{self.cls.__name__}: {self.why}")
        for node in self.nodes:
            node.read(inner, place, part)
        if not scene.reader.measuring:
            for rows in changes(self.cls.__post_init__, context):
                scene.doubt(place, mask_of(rows, len(place)), f"{self.cls.__name__}: changed by itself")
        scene.names[""] = context

    def extent(self, part: Part) -> Amount:
        amounts = [node.extent(part) for node in self.nodes]
        fixed = sum(a for a in amounts if isinstance(a, int))
        return sum((a.astype(np.int64) for a in amounts if not isinstance(a, int)), fixed)

    def write(self, part: Part, out: Array, at: Array) -> None:
        for node in self.nodes:
            node.write(part, out, at)
            at = at + node.extent(part)

    def spread(self, values: Sequence[Any], part: Part) -> None:
        for node in self.nodes:
            node.spread(values, part)

    @cached_property
    def fixed(self) -> int | None:
        """Bytes of each, if that is the same for all."""
        return self.nodes[0].size if len(self.nodes) == 1 and isinstance(self.nodes[0], Run) else None


class Inline(Node):
    """A record of variable size inside another."""

    def __init__(self, path: str, valid: tuple[Valid, ...], struct: Struct) -> None:
        super().__init__(path, valid)
        self.struct = struct

    def read(self, scene: Scene, place: Place, part: Part) -> None:
        inner, found = Part(len(place)), scene.of(None)
        self.struct.read(found, place, inner)
        part.items[self.path, ""] = Sub(None, inner, self.struct, self.valid)
        scene.names[self.path] = found.names[""]

    def extent(self, part: Part) -> Amount:
        return self.struct.extent(sub(part, self.path).part)

    def write(self, part: Part, out: Array, at: Array) -> None:
        self.struct.write(sub(part, self.path).part, out, at)

    def spread(self, values: Sequence[Any], part: Part) -> None:
        inner = Part(len(values))
        self.struct.spread([attribute(value, self.path) for value in values], inner)
        part.items[self.path, ""] = Sub(None, inner, self.struct, self.valid)


def sub(part: Part, path: str, case: str = "") -> Sub:
    found = part.items[path, case]
    assert isinstance(found, Sub)
    return found


class Optional(Node):
    """The inner node in those rows for which *condition* holds."""

    def __init__(self, path: str, valid: tuple[Valid, ...], condition: Any, inner: Node) -> None:
        super().__init__(path, valid)
        self.condition, self.inner = condition, inner

    def read(self, scene: Scene, place: Place, part: Part) -> None:
        n, has = len(place), np.zeros(len(place), bool)
        for answer, rows in answers(self.condition, scene.context, scene.rows):
            if answer is Undecided:
                scene.doubt(place, mask_of(rows, n), f"{self.path}: cannot be told by columns")
            elif answer:
                has[slice(None) if rows is None else rows] = True
        rows = None if has.all() else np.flatnonzero(has)
        inside, found = place.select(rows), scene.of(rows)
        if len(inside):
            inner = Part(len(inside))
            self.inner.read(found, inside, inner)
            part.items[self.path, ""] = Sub(rows if rows is None else narrow(rows, n), inner, self.inner, self.valid)
            place.put(rows, inside)
            scene.settle(place)
        item = found.names.get("")
        scene.names[self.path] = item if rows is None else Some(rows, n, item)

    def extent(self, part: Part) -> Amount:
        return scattered(part, [part.items.get((self.path, ""))])

    def write(self, part: Part, out: Array, at: Array) -> None:
        if (found := part.items.get((self.path, ""))) and isinstance(found, Sub):
            self.inner.write(found.part, out, at if found.rows is None else at[found.rows])

    def spread(self, values: Sequence[Any], part: Part) -> None:
        found = [attribute(value, self.path) for value in values]
        rows = [i for i, value in enumerate(found) if value is not None]
        if rows:
            inner = Part(len(rows))
            self.inner.spread([found[i] for i in rows], inner)
            part.items[self.path, ""] = Sub(narrow(np.array(rows), part.n), inner, self.inner, self.valid)


def scattered(part: Part, subs: Sequence[Any]) -> Amount:
    """Bytes of each row, where each of *subs* has some rows."""
    out = np.zeros(part.n, np.int64)
    for found in subs:
        if isinstance(found, Sub):
            amount = found.node.extent(found.part)
            if found.rows is None and isinstance(amount, int):
                return amount
            out[slice(None) if found.rows is None else found.rows] = amount
    return out if len(out) else 0


class Chosen(Node):
    """One of several records, or bytes: what *pick* says. *tag*, if given, is read first and put back."""

    def __init__(
        self, path: str, valid: tuple[Valid, ...], choose: Any, node: Callable[[Any], tuple[str, Node]], tag: Any = None
    ) -> None:
        super().__init__(path, valid)
        self.choose, self.node, self.tag = choose, node, tag

    def read(self, scene: Scene, place: Place, part: Part) -> None:
        cases: dict[str, tuple[Node, list[Array]]] = {}
        for answer, rows in self._answers(scene, place):
            some = np.arange(len(place)) if rows is None else rows
            try:
                if answer is Undecided:
                    raise Undecided("cannot be told by columns")
                name, node = self.node(answer)
            except (Undecided, ValueError) as e:
                scene.doubt(place, mask_of(some, len(place)), f"{self.path}: {e}")
                continue
            if getattr(cases.setdefault(name, (node, []))[0], "length", None) != getattr(node, "length", None):
                scene.doubt(place, mask_of(some, len(place)), f"{self.path}: bytes of several lengths")
                continue
            cases[name][1].append(some)
        moved = []
        for name, (node, found) in cases.items():
            these = np.sort(np.concatenate(found)) if len(found) > 1 else found[0]
            having = None if len(these) == len(place) else these
            inside, inner = place.select(having), Part(len(these))
            node.read(scene.of(having), inside, inner)
            part.items[self.path, name] = Sub(narrow(these, len(place)), inner, node, self.valid)
            moved.append((having, inside))
        for having, inside in moved:
            place.put(having, inside)
        scene.settle(place)
        scene.names[self.path] = Undecided

    def _answers(self, scene: Scene, place: Place) -> list[tuple[Any, Rows]]:
        if self.tag is None:
            return answers(self.choose, scene.context, scene.rows)
        ahead, tags = place.copy(), scene.of(None)
        self.tag.read(tags, ahead, Part(len(place)))
        tagged = Context(None, len(place), None, None, {})
        tagged.items = {"tag": tags.names[self.tag.path]}
        return answers(lambda context: self.choose(context.tag), tagged, None)

    def extent(self, part: Part) -> Amount:
        return scattered(part, [item for (path, _), item in part.items.items() if path == self.path])

    def write(self, part: Part, out: Array, at: Array) -> None:
        for (path, _), item in part.items.items():
            if path == self.path and isinstance(item, Sub):
                item.node.write(item.part, out, at if item.rows is None else at[item.rows])

    def spread(self, values: Sequence[Any], part: Part) -> None:
        cases: dict[str, tuple[Node, list[int], list[Any]]] = {}
        for i, value in enumerate(values):
            found = attribute(value, self.path)
            try:
                name, node = self.node(found if isinstance(found, bytes) else found.con)
            except ValueError:  # no columns can be derived of this record; it is kept as its bytes
                name, node, found = type(found).__name__, Bytes("", (), None), found.build()
            case = cases.setdefault(name, (node, [], []))
            case[1].append(i)
            case[2].append(found)
        for name, (node, rows, found) in cases.items():
            inner = Part(len(rows))
            node.spread(found, inner)
            part.items[self.path, name] = Sub(narrow(np.array(rows), part.n), inner, node, self.valid)


class Guard(Node):
    """A construct that reads another and looks at what it gave: its own parsing is run on that."""

    def __init__(self, con: Any, inner: Node) -> None:
        super().__init__(inner.path, inner.valid)
        self.con, self.inner = con, inner

    def read(self, scene: Scene, place: Place, part: Part) -> None:
        self.inner.read(scene, place, part)
        if scene.reader.measuring:
            return
        item = scene.names[self.path]

        def passes(context: Fields) -> bool:
            reading = _Reading(look(context._question, item, (id(item),), None))
            con = copy.copy(self.con)
            con.subcon = reading
            stream = object()
            given = con._parse(stream, context, "")
            asked = [(s is stream, c is context) for s, c in reading.asked]
            return given is reading.value and asked == [(True, True)]

        for answer, rows in answers(passes, scene.context, scene.rows):
            if answer is not True:
                scene.doubt(place, mask_of(rows, len(place)), f"{type(self.con).__name__}: may refuse it")

    def extent(self, part: Part) -> Amount:
        return self.inner.extent(part)

    def write(self, part: Part, out: Array, at: Array) -> None:
        self.inner.write(part, out, at)

    def spread(self, values: Sequence[Any], part: Part) -> None:
        self.inner.spread(values, part)


class _Reading:
    """Stands for a construct that has read its value already."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.asked: list[tuple[Any, Any]] = []

    def _parsereport(self, stream: Any, context: Any, path: str) -> Any:
        self.asked.append((stream, context))
        return self.value
