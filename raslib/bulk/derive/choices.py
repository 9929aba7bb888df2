"""Nodes of what may be absent, and of what is one of several."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..asking.ask import answers
from ..asking.seen import Context, Some
from ..asking.values import Undecided
from ..part import Amount, Array, Part, Rows, Sub, Valid, narrow
from ..place import Place
from .nodes import Bytes, Node, Scene, attribute, mask_of


class Optional(Node):
    """The inner node in those rows for which *condition* holds."""

    def __init__(self, path: str, valid: tuple[Valid, ...], condition: Any, inner: Node) -> None:
        super().__init__(path, valid)
        self.condition, self.inner = condition, inner

    def read(self, scene: Scene, place: Place, part: Part) -> None:
        n, has = len(place), np.zeros(len(place), bool)
        for answer, rows in answers(self.condition, scene.context, scene.rows, scene.streaming):
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
    """One of several records, or bytes: what *choose* says of the fields before.

    *tag*, if given, is read first and put back, and *choose* is told it before those fields.
    """

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
            return answers(self.choose, scene.context, scene.rows, scene.streaming)
        ahead, tags = place.copy(), scene.of(None)
        self.tag.read(tags, ahead, Part(len(place)))
        tagged = Context(None, len(place), scene.context, scene.rows, {})
        tagged.items = {"tag": tags.names[self.tag.path]}
        return answers(lambda context: self.choose(context.tag, context._), tagged, None)

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
