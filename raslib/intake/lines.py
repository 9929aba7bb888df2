"""Lines of a log as templates with holes: one table writes a line from a record's fields and reads them from it."""

import re
from collections.abc import Callable
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


class LineValue(NamedTuple):
    """A number that a line gives: bits from *low* on, *width* of them (None: all), of what *path* names."""

    path: str
    low: int
    width: int | None
    value: Any


class Line:
    """One line of a log.

    *text* has holes `{path}`, `{path[high:low]}`, `{path:form}`, and `{path!}` for the word that *words* has for the
    number, or *other*; if that is "", there is no line. *valid* names the validation flag without which the line is
    not written, *of* the kind of error that alone has it. Does it tell its section, where nothing else of it is there?
    """

    def __init__(
        self,
        text: str,
        valid: str = "",
        words: dict[int, str] | None = None,
        other: str = "unknown",
        of: str = "",
        tells: bool = True,
    ) -> None:
        self.valid, self.words, self.other, self.of, self.tells = valid, words or {}, other, of, tells
        self.parts: list[str | Hole] = []
        end = 0
        for found in _HOLE.finditer(text):
            path, high, low, word, form = found.groups()
            width = int(high) - int(low) + 1 if high else None
            self.parts += [text[end : found.start()], Hole(path, int(low or 0), width, bool(word), FORMS[form or ""])]
            end = found.end()
        self.parts.append(text[end:])
        if any("{" in part for part in self.parts if isinstance(part, str)):
            raise ValueError(f"a hole that cannot be read: {text!r}")
        self.head = str(self.parts[0]).lstrip()
        self.holes = holes = [part for part in self.parts if isinstance(part, Hole)]
        given = {hole.path for hole in holes if not hole.word}
        self.by_word = [h.path for h in holes if h.word and not given & {h.path, h.path.partition(".")[0]}]
        bare = [self.head, *self.parts[1:-1], str(self.parts[-1]).rstrip()] if holes else [self.head]
        self.pattern = re.compile("".join(map(self._pattern, bare)))
        self.numbers = {word: number for number, word in self.words.items() if word != other}

    def _pattern(self, part: str | Hole) -> str:
        if isinstance(part, str):
            return re.escape(part)
        if not part.word:
            return f"({part.form.pattern})"
        return "(.*)" if part.path in self.by_word else ".*"

    def write(self, number: Callable[[str], int]) -> str:
        """The line, with the numbers that *number* gives for a path; "" if there is no word for one, nor another."""
        said = [part if isinstance(part, str) else self._say(part, number(part.path)) for part in self.parts]
        return "" if None in said else "".join(map(str, said))

    def written(self, found: list[LineValue]) -> str:
        """The line again from the numbers that were *found* in it; "" if others than its words' are not among them."""
        numbers: dict[str, int] = dict.fromkeys(self.by_word, -1) if not found else {}
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
        holes = [hole for hole in self.holes if not hole.word or hole.path in self.by_word]
        both = zip(holes, found.groups(), strict=True)
        return [LineValue(h.path, h.low, h.width, n) for h, text in both if (n := self._number(h, text)) is not None]

    def read_cut(self, text: str) -> list[LineValue]:
        """The numbers that stand whole in the line before it is cut off."""
        found, at = [], 0
        for i, part in enumerate(self.parts):
            if isinstance(part, str):
                literal = self.head if i == 0 else part
                if not text.startswith(literal, at):
                    break
                at += len(literal)
                continue
            digits = re.compile(part.form.pattern).match(text, at)
            if part.word or not digits or (digits.end() == len(text) and len(digits[0]) != part.form.digits):
                break
            found.append(LineValue(part.path, part.low, part.width, part.form.read(digits[0])))
            at = digits.end()
        return found

    def _number(self, hole: Hole, text: str) -> int | bytes | None:
        return self.numbers.get(text) if hole.word else hole.form.read(text)
