"""Nodes that hold other nodes: records, rooms of some size, what looks at what it holds."""

import copy
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ...records import Record
from ..asking.ask import answers, changes
from ..asking.seen import Context, Fields, look
from ..part import Amount, Array, Part, Sub, Valid, each
from ..place import Place
from .nodes import Node, Scene, attribute, mask_of
from .runs import Run


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

        for answer, rows in answers(passes, scene.context, scene.rows, scene.streaming):
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
