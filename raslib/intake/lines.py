"""Lines of a log as templates with holes: one table writes a line from a record's fields and reads them from it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_HOLE = re.compile(r"\{([\w.]+)(?:\[(\d+):(\d+)\])?(!?)(?::([\w+]+))?\}")


class Form(NamedTuple):
    """How a number stands in a line: its pattern, both ways between number and text, and the digits of a whole one.

    What is read of a "byte" is one, as the fields that it is for mean its digits and Linux does not.
    """

    pattern: str
    write: Callable[[int], str]
    read: Callable[[str], int | bytes]
    digits: int = 0


def _hexadecimal(digits: int) -> Form:
    return Form(f"[0-9a-f]{{{digits},16}}", lambda n: f"{n:0{digits}x}", lambda text: int(text, 16), digits)


def _digits(text: str) -> int | bytes:
    """The byte of two decimal digits; raw, if it is another, which Linux prints as a number up to 165."""
    value = int(text)
    tens = min(value // 10, 15)
    return value if value < 100 else bytes([tens << 4 | value - 10 * tens])


FORMS: dict[str, Form] = {
    "": Form(r"\d{1,20}", str, int),
    "s32": Form(r"-?\d{1,10}", lambda n: str(n - (n >> 31 << 32)), lambda text: int(text) % (1 << 32)),  # %d
    "byte": Form(r"\d{1,3}", str, lambda text: bytes([int(text)])),
    "+1": Form(r"\d{1,6}", lambda n: str(n + 1), lambda text: int(text) - 1),
    "bcd": Form(r"(?:\d\d|1[0-5]\d|16[0-5])", lambda n: f"{(n >> 4) * 10 + (n & 15):02}", _digits),
    "x": _hexadecimal(1),
    **{f"0{digits}x": _hexadecimal(digits) for digits in (2, 4, 6, 8, 16)},
}


class Hole(NamedTuple):
    """Where a field stands in a line: bits [low and up] of what *path* names, as a number or, if *word*, in words."""

    path: str
    low: int
    width: int | None
    word: bool
    form: Form


def _hole(path: str, high: str, low: str, word: str, form: str) -> Hole:
    return Hole(path, int(low or 0), int(high) - int(low) + 1 if high else None, bool(word), FORMS[form])


class LineValue(NamedTuple):
    """A number that a line gives: bits from *low* on, *width* of them (None: all), of what *path* names."""

    path: str
    low: int
    width: int | None
    value: Any


@dataclass(eq=False)
class Line:
    """One line of a log.

    *text* has holes `{path}`, `{path[high:low]}`, `{path:form}`, and `{path!}` for the word that *words* has for the
    number, or *other*; if that is "", there is no line. *valid* names the validation flag without which the line is
    not written, *of* the kind of error that alone has it. A line without holes *gives* that this bit is set.

    *release* is one that has the line, where later ones say it otherwise. *tells* whether the line tells its section,
    where nothing else of it is there.
    """

    text: str
    valid: str = ""
    words: dict[int, str] = field(default_factory=dict)
    other: str = "unknown"
    of: str = ""
    gives: str = ""
    release: Sequence[int] = ()
    tells: bool = True

    def __post_init__(self) -> None:
        self.literals = _HOLE.split(self.text)[:: _HOLE.groups + 1]
        if "{" in "".join(self.literals):
            raise ValueError(f"a hole that cannot be read: {self.text!r}")
        self.head = self.literals[0].lstrip()
        self.holes = [_hole(*found) for found in _HOLE.findall(self.text)]
        numbers = {hole.path for hole in self.holes if not hole.word}
        # those that tell a number: words too, where the number itself is not in the line
        self.told = [h for h in self.holes if not h.word or not numbers & {h.path, h.path.partition(".")[0]}]
        ends = [self.head, *self.literals[1:-1], self.literals[-1].rstrip()] if self.holes else [self.head]
        patterns = [*map(self._pattern, self.holes), ""]
        self.pattern = re.compile("".join(re.escape(end) + hole for end, hole in zip(ends, patterns, strict=True)))
        self.numbers = {word: number for number, word in self.words.items() if word != self.other}

    def _pattern(self, hole: Hole) -> str:
        inside = ".*" if hole.word else hole.form.pattern
        return f"({inside})" if hole in self.told else inside

    def write(self, number: Callable[[str], int]) -> str:
        """The line, with the numbers that *number* gives for a path; "" if there is none for these."""
        said = [self._say(hole, number(hole.path)) for hole in self.holes]
        if None in said or (self.gives and not number(self.gives)):
            return ""
        return "".join(literal + str(word) for literal, word in zip(self.literals, [*said, ""], strict=True))

    def written(self, found: list[LineValue]) -> str:
        """The line again from the numbers that were *found* in it; "" if others than its words' are not among them."""
        numbers: dict[str, int] = {} if found else {hole.path: -1 for hole in self.told if hole.word}
        for one in found:
            value = one.value[0] if isinstance(one.value, bytes) else int(one.value)
            numbers[one.path] = numbers.get(one.path, 0) | value << one.low
        known = all(hole.path in numbers for hole in self.holes)
        return self.write(numbers.__getitem__).strip() if known else ""

    def _say(self, hole: Hole, value: int) -> str | None:
        value >>= hole.low
        if hole.width is not None:
            value &= (1 << hole.width) - 1
        return self.words.get(value, self.other or None) if hole.word else hole.form.write(value)

    def starts(self) -> tuple[str, ...]:
        """How it can begin: its first words, before them the kind of error that it is of, or any of its *words*."""
        return (self.head, f"{self.of}, {self.head}") if self.head else tuple(self.words.values())

    def is_in(self, text: str) -> bool:
        """Does *text* begin as this line does?"""
        return text.startswith(self.head.rstrip())

    def read(self, text: str) -> list[LineValue] | None:
        """The numbers in *text*; None if it is cut off, or not this line. A word that stands for none gives none."""
        text = text.strip()  # of a line that ends in a word, the word may be none
        found = self.pattern.fullmatch(text) or self.pattern.fullmatch(f"{text} ")
        if not found:
            return None
        both = zip(self.told, found.groups(), strict=True)
        numbers = [(hole, self.numbers.get(part) if hole.word else hole.form.read(part)) for hole, part in both]
        given = [LineValue(self.gives, 0, None, 1)] if self.gives else []
        return given + [LineValue(h.path, h.low, h.width, number) for h, number in numbers if number is not None]

    def read_cut(self, text: str) -> list[LineValue]:
        """The numbers that stand whole in the line before it is cut off."""
        found, at = [], 0
        for literal, hole in zip([self.head, *self.literals[1:]], self.holes, strict=False):
            digits = re.compile(f"{re.escape(literal)}({hole.form.pattern})").match(text, at)
            if hole.word or not digits or (digits.end() == len(text) and len(digits[1]) != hole.form.digits):
                break
            found.append(LineValue(hole.path, hole.low, hole.width, hole.form.read(digits[1])))
            at = digits.end()
        return found
