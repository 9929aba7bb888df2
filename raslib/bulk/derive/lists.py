"""The node of a list, whose elements have one size or say their own."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..asking.seen import Elements
from ..asking.values import Undecided
from ..part import Amount, Array, Many, Part, Rows, Valid, agreed, each, owners
from ..part import starts as starts_of
from ..part import total as total_of
from ..place import Place
from .nodes import Node, Scene, attribute, small
from .runs import Run
from .shapes import Struct


class List(Node):
    """As many elements as *count* says; if it is None, until less than *least* bytes are left."""

    def __init__(self, path: str, valid: tuple[Valid, ...], count: Any, least: int, element: Node) -> None:
        super().__init__(path, valid)
        self.count, self.least, self.element = count, least, element

    @cached_property
    def size(self) -> int | None:
        """Bytes of an element, if all have the same."""
        element = self.element
        return element.fixed if isinstance(element, Struct) else element.size if isinstance(element, Run) else None

    def read(self, scene: Scene, place: Place, part: Part) -> None:
        if self.count is None and scene.reader.touched is not None:
            raise Undecided(f"{self.path} goes on to the end of what there is")
        listed = scene.of(None)  # the stream moves with every element, while the count is asked for again and again
        listed.streaming = False
        wanted = None if self.count is None else listed.numbers(self.count, place, self.path)
        counts, inside = self._fixed(scene, place, wanted) if self.size else self._measured(listed, place, wanted)
        n = len(place)
        elements = None if isinstance(counts, int) and counts == 1 else owners(counts, n)
        inner, found = Part(len(inside)), listed.of(elements)
        if len(inside) and not scene.reader.measuring:
            self.element.read(found, inside, inner)
            scene.settle(place)
        if not scene.reader.measuring:
            part.items[self.path, ""] = Many(small(counts), inner, self.element, self.valid)
        scene.names[self.path] = Elements(counts, starts_of(counts, n), found.names.get(""))

    def _fixed(self, scene: Scene, place: Place, wanted: Amount | None) -> tuple[Amount, Place]:
        """Counts, and where the elements stand; *place* then stands behind them."""
        size, n = self.size or 1, len(place)
        if wanted is None:
            room = place.left - self.least
            wanted = max(0, room // size + 1) if isinstance(room, int) else np.maximum(0, room // size + 1)
        needed = scene.need(wanted * size, place, self.path)
        counts = needed // size if isinstance(needed, int) else agreed(needed // size)
        if isinstance(counts, int) and counts == 1:
            inside = place.copy()
        else:
            each_of, way = owners(counts, n), size * _ordinals(counts, n)
            room = place.left if isinstance(place.left, int) else place.left[each_of]
            inside = Place(place.at[each_of] + way, room - way)
        place.forward(counts * size)
        return counts, inside

    def _measured(self, scene: Scene, place: Place, wanted: Amount | None) -> tuple[Amount, Place]:
        """As `_fixed`, of elements that say themselves how long they are: first where each begins, row by row."""
        n, reader = len(place), scene.reader
        was, reader.measuring = reader.measuring, True
        ahead, found = place.copy(), []
        for ordinal in range(1 << 32):
            more = wanted > ordinal if wanted is not None else ahead.left >= self.least
            rows = (
                None if (more if isinstance(more, bool) else more.all()) else np.flatnonzero(np.broadcast_to(more, n))
            )
            if rows is not None and not len(rows):
                break
            inside, some = ahead.select(rows), scene.of(rows)
            found.append((rows, inside.copy()))
            self.element.read(some, inside, Part(len(inside)))
            if inside.base is not found[-1][1].base or inside.step == found[-1][1].step:
                still = inside.at == found[-1][1].at
                if still.any():
                    some.doubt(inside, still, f"{self.path}: an element of no bytes")
            ahead.put(rows, inside)
            scene.settle(ahead)
            if reader.why and wanted is not None:
                wanted = np.where(scene.doubtful(), 0, wanted)
        reader.measuring = was
        place.put(None, ahead)
        if len(found) == 1 and found[0][0] is None:
            return 1, found[0][1]
        return _merged(found, n)

    def extent(self, part: Part) -> Amount:
        many = self._many(part)
        if not many.part.n:
            return 0
        sizes = many.node.extent(many.part)
        if isinstance(sizes, int):
            return many.counts * sizes
        ends = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        first = starts_of(many.counts, part.n)
        return np.asarray(ends[first + many.counts] - ends[first])

    def write(self, part: Part, out: Array, at: Array) -> None:
        many = self._many(part)
        if not many.part.n:
            return
        sizes = many.node.extent(many.part)
        first, owner = starts_of(many.counts, part.n), owners(many.counts, part.n)
        begin = starts_of(sizes, many.part.n)
        many.node.write(many.part, out, at[owner] + begin - begin[np.minimum(first, len(begin) - 1)][owner])

    def spread(self, values: Sequence[Any], part: Part) -> None:
        found = [attribute(value, self.path) for value in values]
        counts = agreed(np.array([len(f) for f in found], np.uint32))
        inner = Part(total_of(counts, len(found)))
        self.element.spread([item for f in found for item in f], inner)
        part.items[self.path, ""] = Many(counts, inner, self.element, self.valid)

    def _many(self, part: Part) -> Many:
        many = part.items[self.path, ""]
        assert isinstance(many, Many)
        return many


def _ordinals(counts: Amount, n: int) -> Array:
    """For every element of a list, its number in it."""
    if isinstance(counts, int):
        return np.tile(np.arange(counts, dtype=np.int64), n)
    first: Array = np.repeat(starts_of(counts, n), counts)
    return np.arange(len(first), dtype=np.int64) - first


def _merged(found: list[tuple[Rows, Place]], n: int) -> tuple[Amount, Place]:
    """Elements found one of each row at a time, row after row."""
    if not found:
        return 0, Place(np.empty(0, np.int64), np.empty(0, np.int64))
    rows = np.concatenate([np.arange(n) if some is None else some for some, _ in found])
    order = np.argsort(rows, kind="stable")
    at = np.concatenate([place.at for _, place in found])[order]
    left = np.concatenate([each(place.left, len(place)) for _, place in found])[order]
    return agreed(np.bincount(rows, minlength=n)), Place(at, left)
