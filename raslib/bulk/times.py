"""The time stamps of many records at once: eight bytes of decimal digits each, and the seconds that they are."""

import numpy as np

from ..formats.cper import Timestamp
from .shapes import Array

_DIGITS = {row.name: row.offset or 0 for row in Timestamp.table()}  # of a time stamp, each in a byte


def when(stamps: Array) -> Array:
    """Time stamps of 8 bytes (UEFI 2.10 §N.2.1, Timestamp) in seconds; NaT where the digits are none, or no date.

    *stamps* is an array of dtype V8, what is given back one of datetime64[s], as long. They are seconds, minutes,
    hours, precise, day, month, year, century, each two decimal digits in a byte. Plain numbers, as Windows writes them,
    count as digits. No time zone is told, so none is added.

    >>> import numpy as np
    >>> when(np.frombuffer(bytes.fromhex("5634120124012620"), "V8")).tolist()
    [datetime.datetime(2026, 1, 24, 12, 34, 56)]
    >>> when(np.frombuffer(bytes.fromhex("5634120130022620"), "V8")).tolist()  # the 30th of February
    [None]
    """
    digits = np.ascontiguousarray(stamps).view(np.uint8).reshape(-1, 8).T
    plain = (digits[_DIGITS["century"]] >= 19) & (digits[_DIGITS["century"]] <= 21)  # `Timestamp.is_plain`
    read = np.where(plain, digits.astype(np.int64), (digits >> 4).astype(np.int64) * 10 + (digits & 15))
    number = {name: read[i] for name, i in _DIGITS.items()}
    written = [i for name, i in _DIGITS.items() if name != "precise"]
    good = ((digits[written] >> 4 < 10) & (digits[written] & 15 < 10)).all(axis=0)
    good |= plain & (number["year"] < 100)
    for name, least, most in (("month", 1, 12), ("day", 1, 31), ("hours", 0, 23), ("minutes", 0, 59)):
        good &= (number[name] >= least) & (number[name] <= most)
    good &= number["seconds"] <= 59
    years = number["century"] * 100 + number["year"] - 1970
    months = (years * 12 + number["month"] - 1).astype("M8[M]")
    days = months.astype("M8[D]") + (number["day"] - 1).astype("m8[D]")
    good &= days.astype("M8[M]") == months
    seconds = (number["hours"] * 60 + number["minutes"]) * 60 + number["seconds"]
    return np.where(good, days.astype("M8[s]") + seconds.astype("m8[s]"), np.datetime64("NaT", "s"))


def put_digits(stamps: Array, times: Array) -> None:
    """Writes *times*, in seconds, into time stamps in place; whether they are precise stays as it is.

    *stamps* is an array of dtype V8 that can be written, *times* one of datetime64[s], as long: the other direction of
    `when`, always as decimal digits.
    """
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
    new = np.ascontiguousarray(stamps).view(np.uint8).reshape(-1, 8)
    for name, number in numbers.items():
        new[:, _DIGITS[name]] = number // 10 << 4 | number % 10
    stamps[:] = new.view("V8").reshape(-1)
