"""Where many records stand in one buffer while they are read: a row each, with the room that it has left."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from .part import Amount, Array, Rows


class Place:
    """Rows that stand at *base* + *step*, each with *room* bytes from its base on.

    Rows an equal way apart are a range, and what all rows agree on is a plain number: then a step forward costs
    nothing, and fields are views of the buffer with a stride.
    """

    def __init__(self, base: range | Array, room: Amount, step: int = 0) -> None:
        self.base, self.room, self.step = base, room, step

    def __len__(self) -> int:
        return len(self.base)

    @property
    def at(self) -> Array:
        """Where each row stands."""
        base = self.base
        return (np.arange(base.start, base.stop, base.step) if isinstance(base, range) else base) + self.step

    @property
    def left(self) -> Amount:
        """Bytes that each row has left."""
        return self.room - self.step

    def copy(self) -> Self:
        return type(self)(self.base, self.room, self.step)

    def forward(self, amount: Amount) -> None:
        if isinstance(amount, int):
            self.step += amount
        else:
            self.base, self.room, self.step = self.at + amount, self.left - amount, 0

    def within(self, length: Amount) -> Self:
        """The same rows with room for *length* bytes from here on."""
        return type(self)(self.base, length + self.step, self.step)

    def select(self, rows: Rows) -> Self:
        if rows is None:
            return self.copy()
        room = self.room if isinstance(self.room, int) else self.room[rows]
        base = self.at[rows]
        return type(self)(base, room - self.step, 0)

    def put(self, rows: Rows, moved: "Place") -> None:
        """Let *rows* stand where *moved* stands, with the room that they had."""
        if rows is None:
            base, room, step = moved.base, self.room, moved.step
            if moved.base is not self.base:
                base, room, step = moved.at, self.left - (moved.at - self.at), 0
            self.base, self.room, self.step = base, room, step
        else:
            way = np.zeros(len(self), np.int64)
            way[rows] = moved.at - self.at[rows]
            self.forward(way)

    def clear(self, bad: NDArray[np.bool_]) -> None:
        """*bad* rows stand at the buffer's begin from now on, where nothing is left for them."""
        self.base, self.room, self.step = np.where(bad, 0, self.at), np.where(bad, 0, self.left), 0


def records(buffer: Array, size: int, base: range | Array, step: int = 0) -> Array:
    """*size* bytes from each of *base* + *step* on, as an array of void; a view where that can be."""
    if isinstance(base, range):
        return np.ndarray((len(base),), f"V{size}", buffer, base.start + step if base else 0, (base.step,))
    every = np.ndarray((len(buffer) - size + 1,), f"V{size}", buffer, 0, (1,))
    return np.asarray(every[base + step if step else base])
