"""Fixed fields: the node of a run of them, which is read as late as can be, and near ones together."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from ...records import Bits
from ..part import Amount, Array, Leaf, Part, Word, room
from ..place import Place, records
from .nodes import Hopeless, Node, Reader, Scene, attribute

BLOCK = 1 << 19  # bytes at a time, so that they stay in the cache while their columns are filled
NEAR = 64  # bytes between two runs that cost less to read along than to come back for


class Run(Node):
    """Fixed fields, one after another."""

    def __init__(self, leaves: Sequence[Leaf], size: int) -> None:
        super().__init__(leaves[0].path)
        self.leaves, self.size = tuple(leaves), size
        names, formats = [f.path or "value" for f in leaves], [_stored(f) for f in leaves]
        offsets = [f.offset for f in leaves]
        self.block = max(1024, BLOCK // size) if size else BLOCK  # rows
        self.dtype = np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size})

    def read(self, scene: Scene, place: Place, part: Part) -> None:
        taken = scene.need(self.size, place, self.path)
        if self.size > len(scene.reader.buffer):
            raise Hopeless
        load = Load(self, scene.reader, place.base, place.step)
        if scene.reader.measuring:
            scene.names |= {leaf.path: Word(leaf, partial(load.one, i)) for i, leaf in enumerate(self.leaves)}
        else:
            load.words = [Word(leaf, partial(load.all, i)) for i, leaf in enumerate(self.leaves)]
            scene.names |= {word.leaf.path: word for word in load.words}
            scene.reader.pending.append(load)
            part.items |= {(word.leaf.path, ""): word for word in load.words}
            for word in load.words:
                if limit := _limit(word.leaf):
                    over = word.values >> np.uint8(limit) != 0
                    if over.any():
                        scene.doubt(place, over, f"{word.leaf.path}: more than {limit} bits")
                        taken = np.where(over, 0, taken)
        place.forward(taken)

    def columns(self, buffer: Array, base: range | Array, step: int) -> list[Array]:
        """A column of each leaf."""
        n = len(base)
        out = room([leaf.dtype for leaf in self.leaves], n)
        targets = list(zip(self.dtype.names or (), self.leaves, out, strict=True))
        for i in range(0, n, self.block):
            stop = i + self.block
            some = records(buffer, self.size, base[i:stop], step).view(self.dtype)
            for name, leaf, column in targets:
                column[i:stop] = _loaded(leaf, some[name])
        return out

    def extent(self, part: Part) -> Amount:
        return self.size

    def write(self, part: Part, out: Array, at: Array) -> None:
        columns = [part.word(leaf.path) for leaf in self.leaves]
        every = np.ndarray((len(out) - self.size + 1,), f"V{self.size}", out, 0, (1,)) if part.n else out
        sources = list(zip(self.dtype.names or (), self.leaves, columns, strict=True))
        for i in range(0, part.n, self.block):
            stop = min(part.n, i + self.block)
            some = np.empty(stop - i, self.dtype)
            for name, leaf, column in sources:
                some[name] = _saved(leaf, column[i:stop])
            every[at[i:stop]] = some.view(every.dtype)

    def spread(self, values: Sequence[Any], part: Part) -> None:
        for leaf in self.leaves:
            data = b"".join(leaf.con.build(attribute(value, leaf.path)) for value in values)
            column = np.frombuffer(data, _stored(leaf)) if data else np.empty(0, _stored(leaf))
            part.items[leaf.path, ""] = Word(leaf, _loaded(leaf, column).astype(leaf.dtype))


class Load:
    """A run whose columns are read when one of them is looked at, or all in the end, together with their neighbours."""

    def __init__(self, run: Run, reader: Reader, base: range | Array, step: int) -> None:
        self.run, self.reader, self.base, self.step = run, reader, base, step
        self.words: list[Word] = []

    def one(self, i: int) -> Array:
        """While it is only measured, no other column than this is wanted."""
        leaf = self.run.leaves[i]
        at = self.step + leaf.offset
        if self.reader.touched is not None:
            self.reader.touched.append((at, at + leaf.size))
            if self.base[0] + at + leaf.size > len(self.reader.buffer):
                raise Hopeless
        return Run([leaf._replace(offset=0)], leaf.size).columns(self.reader.buffer, self.base, at)[0]

    def all(self, i: int) -> Array:
        self.reader.pending.remove(self)
        columns = self.run.columns(self.reader.buffer, self.base, self.step)
        for word, column in zip(self.words, columns, strict=True):
            word.values = column
        return columns[i]


def load(reader: Reader) -> None:
    """Reads what nobody has looked at: runs that lie near each other in one pass over the bytes."""
    together: dict[int, list[Load]] = {}
    for pending in reader.pending:
        together.setdefault(id(pending.base), []).append(pending)
    for group in together.values():
        near: list[Load] = []
        for pending in sorted(group, key=lambda p: p.step):
            if near and pending.step > near[-1].step + near[-1].run.size + NEAR:
                _load(near)
                near = []
            near.append(pending)
        _load(near)
    reader.pending.clear()


def _load(near: list[Load]) -> None:
    first, last = near[0], near[-1]
    leaves = [
        leaf._replace(path=f"{i}.{leaf.path}", offset=p.step - first.step + leaf.offset)
        for i, p in enumerate(near)
        for leaf in p.run.leaves
    ]
    run = Run(leaves, last.step - first.step + last.run.size)
    words = [word for p in near for word in p.words]
    for word, column in zip(words, run.columns(first.reader.buffer, first.base, first.step), strict=True):
        word.values = column


def _limit(leaf: Leaf) -> int:
    """The width of a register that is narrower than its word, or 0."""
    kind = leaf.con.kind if isinstance(leaf.con, Bits) else None
    return kind.width if kind and kind.width < 8 * leaf.size else 0


def _stored(leaf: Leaf) -> str:
    """How the field lies in the bytes: as in its column, unless numpy has no number of so many bytes."""
    return leaf.dtype if np.dtype(leaf.dtype).itemsize == leaf.size else f"({leaf.size},)u1"


def _loaded(leaf: Leaf, column: Array) -> Array:
    if column.ndim == 1:
        return column
    little = leaf.dtype[0] == "<"
    places = range(leaf.size) if little else range(leaf.size - 1, -1, -1)
    parts = [column[:, i].astype(leaf.dtype) << np.uint8(8 * k) for k, i in enumerate(places)]
    return np.bitwise_or.reduce(parts) if parts else column


def _saved(leaf: Leaf, column: Array) -> Array:
    if np.dtype(leaf.dtype).itemsize == leaf.size:
        return column
    whole = column.view(np.uint8).reshape(len(column), -1)
    return whole[:, : leaf.size] if leaf.dtype[0] == "<" else whole[:, -leaf.size :]
