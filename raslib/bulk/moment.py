"""Time stamps of many records as times, and times as time stamps."""

import numpy as np

from ..formats.cper import Timestamp
from ..records import Bcd
from .asking.values import plain
from .part import Array, Part, Word


class Moment:
    """A time stamp, whose digits are columns of their own."""

    def __init__(self, words: dict[str, Word]) -> None:
        self.words = words

    def when(self) -> Array:
        """In seconds; not a time where the digits are none, or no date. Windows' plain numbers count as digits."""
        digits = {name: word.values.view(np.uint8) for name, word in self.words.items()}
        plain = (digits["century"] >= 19) & (digits["century"] <= 21)  # `Timestamp.is_plain`
        number = {name: np.where(plain, d, (d >> 4).astype(np.int64) * 10 + (d & 15)) for name, d in digits.items()}
        good = np.logical_and.reduce([(d >> 4 < 10) & (d & 15 < 10) for n, d in digits.items() if n != "precise"])
        good |= plain & (digits["year"] < 100)
        for name, least, most in (("month", 1, 12), ("day", 1, 31), ("hours", 0, 23), ("minutes", 0, 59)):
            good &= (number[name] >= least) & (number[name] <= most)
        good &= number["seconds"] <= 59
        years = number["century"] * 100 + number["year"] - 1970
        months = (years * 12 + number["month"] - 1).astype("M8[M]")
        days = months.astype("M8[D]") + (number["day"] - 1)
        good &= days.astype("M8[M]") == months
        seconds = (number["hours"] * 60 + number["minutes"]) * 60 + number["seconds"]
        return np.where(good, days.astype("M8[s]") + seconds, np.datetime64("NaT", "s"))

    def changed(self, times: Array) -> dict[int, Word]:
        """The digits of other *times*."""
        days, months = times.astype("M8[D]"), times.astype("M8[M]")
        seconds = (times - days).astype(np.int64)
        years = times.astype("M8[Y]").astype(np.int64) + 1970
        numbers = {
            "seconds": seconds % 60,
            "minutes": seconds // 60 % 60,
            "hours": seconds // 3600,
            "day": (days - months.astype("M8[D]")).astype(np.int64) + 1,
            "month": months.astype(np.int64) % 12 + 1,
            "year": years % 100,
            "century": years // 100,
        }
        found = {}
        for name, number in numbers.items():
            word = self.words[name]
            digits = (number // 10 << 4 | number % 10).astype(np.uint8)
            found[id(word)] = Word(word.leaf, digits.view(word.values.dtype))
        return found

    def plain(self, row: int) -> Timestamp:
        return Timestamp(**{name: plain(word.leaf.con, word.values[row]) for name, word in self.words.items()})

    @classmethod
    def of(cls, part: Part, path: str) -> "Moment | None":
        """That of the time stamp at *path* of *part*, if there is one."""
        items = {name: part.items.get((f"{path}.{name}".strip("."), "")) for name in Timestamp.con.names}
        words = {name: item for name, item in items.items() if isinstance(item, Word)}
        digits = all(isinstance(word.leaf.con, Bcd) for name, word in words.items() if name != "precise")
        return cls(words) if digits and len(words) == len(items) else None
