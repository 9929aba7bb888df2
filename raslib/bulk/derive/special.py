"""Nodes for constructs that a format made for itself: the bodies and gaps of a CPER record, a record cut short.

Each repeats by columns what its construct does; tests hold the two equal.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from construct import GreedyBytes

from ...formats.cper import DESCRIPTOR, HEADER
from ..asking.seen import Context, Elements
from ..asking.values import Undecided
from ..part import Amount, Array, Blob, Leaf, Many, Part, Rows, Valid, Word, agreed, each, owners, pick
from ..place import Place
from .choices import Chosen
from .nodes import Bytes, Node, Scene, attribute, put_bytes, small

_OFFSET = Leaf("offset", 0, 8, "<i8", None, doc="from the start of the record")


class Whole(Chosen):
    """A record where there is room for *least* bytes; what there is as bytes, where not."""

    def __init__(self, path: str, valid: tuple[Valid, ...], con: Any, node: Any) -> None:
        super().__init__(path, valid, None, node)
        self.con = con

    def _answers(self, scene: Scene, place: Place) -> list[tuple[Any, Rows]]:
        enough = each(place.left, len(place)) >= self.con.least
        found = [(self.con.record.con, np.flatnonzero(enough)), (GreedyBytes, np.flatnonzero(~enough))]
        return [(con, rows) for con, rows in found if len(rows)]


class Bodies(Node):
    """The bodies of a record, each where its descriptor puts it. *body* is the node of one."""

    def __init__(self, path: str, valid: tuple[Valid, ...], body: Node) -> None:
        super().__init__(path, valid)
        self.body = body

    def read(self, scene: Scene, place: Place, part: Part) -> None:
        if scene.reader.touched is not None:
            return  # how long a record is, its header says, which `Gaps` looks at
        listed = scene.names[_LISTED]
        assert isinstance(listed, Elements)
        headers = HEADER + DESCRIPTOR * listed.counts
        owner, inside, last = self._alike(scene, place, listed) or self._apart(scene, place, listed)
        context = Context(None, len(inside), None, None, {})
        context.items = {"section_type": listed.item.items["section_type"]} if listed.item else {}
        inner, bodies = Part(len(inside)), Scene(scene.reader, context, pick(scene.top, owner))
        if len(inside):
            self.body.read(bodies, inside, inner)
            if np.any(left := inside.left):
                bodies.doubt(inside, each(left, len(inside)) != 0, "sections: bytes are left over")
        part.items[self.path, ""] = Many(listed.counts, inner, self.body, self.valid, _LISTED)
        scene.names[self.path] = last
        place.forward(np.where(scene.doubtful(), 0, last - headers) if scene.reader.why else last - headers)
        scene.settle(place)

    def _alike(self, scene: Scene, place: Place, listed: Elements) -> tuple[Rows, Place, Amount] | None:
        """Of records with one body each, all at the same place: then bodies stand as evenly as their records."""
        headers = HEADER + DESCRIPTOR
        if (found := _agreed(listed)) and not scene.reader.why and isinstance(left := place.left, int):
            offset, length = found
            if headers <= offset and offset + length <= headers + left:
                step = place.step + offset - headers
                return None, Place(place.base, length + step, step), offset + length
        return None

    def _apart(self, scene: Scene, place: Place, listed: Elements) -> tuple[Rows, Place, Amount]:
        """The record of each body, where the bodies stand, and where the last of each record ends."""
        n, counts = len(place), listed.counts
        owner, headers = owners(counts, n), HEADER + DESCRIPTOR * each(counts, n)
        offset, length = _places(listed) if listed.item else (owner, owner)
        room = (headers + place.left)[owner]
        bad = (offset < headers[owner]) | (offset + length > room)
        if bad.any():
            rows = np.zeros(n, bool)
            rows[owner[bad]] = True
            scene.doubt(place, rows, "sections: a body lies where it cannot")
            offset, length = np.where(rows[owner], headers[owner], offset), np.where(rows[owner], 0, length)
        # rows in doubt stand at the buffer's begin: their headers lie before it
        inside = Place(np.maximum(0, (place.at - headers)[owner] + offset), agreed(length))
        return owner, inside, _last(owner, headers, offset, length)

    def extent(self, part: Part) -> Amount:
        _, headers, last, _ = _extents(part)
        return np.asarray(last - headers)

    def write(self, part: Part, out: Array, at: Array) -> None:
        owner, headers, _, offset = _extents(part)
        many = part.items[self.path, ""]
        assert isinstance(many, Many)
        self.body.write(many.part, out, (at - headers)[owner] + offset)

    def spread(self, values: Sequence[Any], part: Part) -> None:
        found = [attribute(value, self.path) for value in values]
        inner = Part(sum(map(len, found)))
        self.body.spread([body for bodies in found for body in bodies], inner)
        counts = agreed(np.array([len(f) for f in found], np.uint32))
        part.items[self.path, ""] = Many(counts, inner, self.body, self.valid, _LISTED)


class Gaps(Node):
    """Bytes of a record that belong to no body. By columns only records whose bodies stand in order are read."""

    def read(self, scene: Scene, place: Place, part: Part) -> None:
        said = agreed(scene.names["header.record_length"].values)
        if scene.reader.touched is not None:
            place.step = max(place.step, int(each(said, 1)[0]))
            return
        n, listed = len(place), scene.names[_LISTED]
        end, one = scene.names["sections"], _agreed(listed)
        if one and isinstance(end, int) and one[0] == HEADER + DESCRIPTOR and np.all(said <= end):
            self._nothing(scene, part)
            return
        said, last = each(said, n).astype(np.int64), each(end, n)
        owner, headers = owners(listed.counts, n), HEADER + DESCRIPTOR * each(listed.counts, n)
        offset, length = _places(listed) if listed.item else (owner, owner)
        first = np.concatenate([[True], owner[1:] != owner[:-1]])[: len(owner)]
        before = np.where(first, headers[owner], np.concatenate([[0], (offset + length)[:-1]])[: len(owner)])
        if not (offset != before).any() and not (said > last).any():
            self._nothing(scene, part)
            return
        disordered = np.zeros(n, bool)
        disordered[owner[offset < before]] = True
        tail = np.maximum(0, said - last)
        if (bad := disordered | (tail > place.left)).any():
            scene.doubt(place, bad, "gaps: bodies overlap or stand in another order, or the record is cut short")
            tail, last = np.where(bad, 0, tail), np.where(bad, 0, last)
        row = np.concatenate([owner, np.arange(n)])
        begin, size = np.concatenate([before, last]), np.concatenate([offset - before, tail])
        some = np.flatnonzero((size > 0) & ~scene.doubtful()[row])
        some = some[np.lexsort((begin[some], row[some]))]
        start = (place.at - last)[row[some]]
        heap = scene.reader.bytes_at(start + begin[some], size[some])
        self._store(part, begin[some], agreed(size[some]), heap, agreed(np.bincount(row[some], minlength=n)))
        scene.names[self.path] = Undecided
        place.forward(tail)

    def _nothing(self, scene: Scene, part: Part) -> None:
        nothing = np.empty(0, np.int64)
        self._store(part, nothing, 0, nothing.astype(np.uint8), 0)
        scene.names[self.path] = Undecided

    def _store(self, part: Part, offsets: Array, lengths: Amount, heap: Array, counts: Amount) -> None:
        inner = Part(len(offsets))
        inner.items["offset", ""] = Word(_OFFSET, offsets)
        inner.items["bytes", ""] = Blob(small(lengths), heap)
        part.items[self.path, ""] = Many(small(counts), inner, Bytes("bytes", (), None), self.valid)

    def extent(self, part: Part) -> Amount:
        _, _, last, _ = _extents(part)
        far = last.copy()
        many, owner, lengths = self._gaps(part)
        np.maximum.at(far, owner, many.part.word("offset") + lengths)
        return np.asarray(far - last)

    def write(self, part: Part, out: Array, at: Array) -> None:
        _, _, last, _ = _extents(part)
        many, owner, lengths = self._gaps(part)
        blob = many.part.items["bytes", ""]
        assert isinstance(blob, Blob)
        put_bytes(out, (at - last)[owner] + many.part.word("offset"), lengths, blob.heap)

    def spread(self, values: Sequence[Any], part: Part) -> None:
        found = [attribute(value, self.path) for value in values]
        offsets = np.array([offset for gaps in found for offset, _ in gaps], np.int64)
        data = [data for gaps in found for _, data in gaps]
        lengths, counts = ([len(some) for some in many] for many in (data, found))
        heap = np.frombuffer(b"".join(data), np.uint8)
        self._store(part, offsets, agreed(np.array(lengths, int)), heap, agreed(np.array(counts, int)))

    def _gaps(self, part: Part) -> tuple[Many, Array, Array]:
        many = part.items[self.path, ""]
        assert isinstance(many, Many)
        blob = many.part.items["bytes", ""]
        assert isinstance(blob, Blob)
        return many, owners(many.counts, part.n), each(blob.lengths, many.part.n)


_LISTED = "section_descriptors"
_PLACE = "section_offset", "section_length"


def _places(listed: Elements) -> Iterator[Array]:
    """Offset and length of every body, as its descriptor says."""
    return (listed.item.items[name].values.astype(np.int64) for name in _PLACE)


def _agreed(listed: Elements) -> tuple[int, int] | None:
    """Offset and length of the bodies if every record has one, and all are equal."""
    if not (isinstance(listed.counts, int) and listed.counts == 1 and listed.item):
        return None
    offset, length = (agreed(listed.item.items[name].values) for name in _PLACE)
    return (offset, length) if isinstance(offset, int) and isinstance(length, int) else None


def _last(owner: Array, headers: Array, offset: Array, length: Array) -> Array:
    """Where the last body of each record ends, from its start."""
    last = headers.copy()
    np.maximum.at(last, owner, offset + length)
    return np.asarray(last)


def _extents(part: Part) -> tuple[Array, Array, Array, Array]:
    """Of each body its record; of each record the bytes of the headers, the end of its bodies; of each its offset."""
    many = part.items[_LISTED, ""]
    assert isinstance(many, Many)
    owner, headers = owners(many.counts, part.n), HEADER + DESCRIPTOR * each(many.counts, part.n)
    offset, length = (many.part.word(name).astype(np.int64) for name in _PLACE)
    return owner, headers, _last(owner, headers, offset, length), offset
