"""A declaration's own functions, asked once for many rows.

A length, a count, a condition or a key is a Python function of one half-read record. Here it is run, unchanged, on a
record of which nothing is known yet. Using the value of a field stops it; the rows are parted by the values of that
field, and it is run again for each part. So every answer is what the function says of plain values, however it comes to
it, and the work grows with the number of different values, not of rows. A field that is handed out unused is answered
by its column. What a function cannot be asked this way is left undecided: then the plain parser decides.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..part import Amount, Array, Rows, agreed, pick
from .seen import Context, Fields
from .values import OctetsSeen, Question, Undecided, Unread, Value, WordSeen, index

Ask = Callable[[Any], Any]  # a declared function: of a half-read record, some answer


def answers(ask: Ask, context: Context, rows: Rows, stream: bool = False) -> list[tuple[Any, Rows]]:
    """What *ask* says of each row: (answer, which of the *rows*). `Undecided` is an answer too.

    Of the *context*'s stream it may be told only if that stands where the question is asked.
    """
    return _answers(ask, context, rows, stream, whole=True)


def numbers(ask: Ask, context: Context, rows: Rows, stream: bool = False) -> tuple[Amount, list[Rows]]:
    """As `answers`, of whole numbers; with them the rows that are undecided."""
    found = _answers(ask, context, rows, stream, whole=False)
    undecided = [some for answer, some in found if not isinstance(answer, int | np.ndarray)]
    if len(found) == 1 and not undecided:
        answer = found[0][0]
        return (_clip_one(answer), []) if isinstance(answer, int) else (agreed(answer), [])
    out = np.zeros(context.n if rows is None else len(rows), np.int64)
    for answer, some in found:
        if isinstance(answer, np.ndarray):
            out[index(some)] = answer
        elif isinstance(answer, int):
            out[index(some)] = _clip_one(answer)
    return agreed(out), undecided


HUGE = 1 << 40  # more than any buffer has; a number of 64 bits even when it is multiplied


def _clip_one(answer: int) -> int:
    return max(-1, min(answer, HUGE))


def _clip(column: Array) -> Amount:
    found = agreed(column)
    return _clip_one(found) if isinstance(found, int) else np.minimum(column.astype(np.int64), HUGE)


def _answers(ask: Ask, context: Context, rows: Rows, stream: bool, whole: bool) -> list[tuple[Any, Rows]]:
    found: list[tuple[Any, Rows]] = []
    todo: list[tuple[Rows, dict[Any, Any]]] = [(None, {})]
    while todo:
        part, told = todo.pop()
        try:
            answer = ask(Fields(Question(told, context if stream else None), context, rows, (id(context),)))
            if type(answer) is Value:
                answer = _clip(answer._column(part)) if answer._number and not whole else answer._now()
            found.append((answer, part))
        except Unread as unread:
            for value, some in split(unread.column(part)):
                todo.append((pick(part, some), {**told, unread.key: value}))
        except Exception:  # the plain parser will say what it means
            found.append((Undecided, part))
    return found


def split(column: Array) -> Iterator[tuple[Any, Rows]]:
    """Every different value of *column* with its rows; None for all rows."""
    if not len(column):
        return
    rows: Rows = None
    for _ in range(8):  # mostly there are few
        same = _equal(column, column[0])
        if same.all():
            yield column[0], rows
            return
        yield column[0], pick(rows, np.flatnonzero(same))
        other = np.flatnonzero(~same)
        rows, column = pick(rows, other), column[other]
    sortable = column.view(f"S{column.itemsize}") if column.dtype.kind == "V" else column
    _, first, which = np.unique(sortable, return_index=True, return_inverse=True)
    order = np.argsort(which, kind="stable")
    for value, some in zip(column[first], np.split(order, np.cumsum(np.bincount(which))[:-1]), strict=True):
        yield value, pick(rows, some)


def _equal(column: Array, value: Any) -> Array:
    if column.dtype.kind != "V" or column.itemsize % 8:
        return np.asarray(column == value)
    words, wanted = column.view("<u8").reshape(len(column), -1), np.frombuffer(value.tobytes(), "<u8")
    same = words[:, 0] == wanted[0]
    for i in range(1, len(wanted)):
        same &= words[:, i] == wanted[i]
    return np.asarray(same)


def changes(init: Callable[[Any], None], context: Context) -> list[Rows]:
    """Rows of records that their own *init*, run when all fields are there, would change, or may."""

    def unchanged(seen: Fields) -> bool:
        before = set(vars(seen))
        record = Fields(seen._question, context, None, seen._key, done=context.cls)
        init(record)
        for name in set(vars(record)) - before:
            new, old = _now(vars(record)[name]), _now(record._find(name))
            if type(new) is not type(old) or new != old:
                return False
        return True

    return [some for answer, some in answers(unchanged, context, None) if answer is not True]


def _now(seen: Any) -> Any:
    """The value that *seen* stands for, which is not told by what it says it is."""
    return seen._now() if type(seen) in (Value, WordSeen, OctetsSeen) else seen
