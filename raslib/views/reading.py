"""What a register says, as tables for a browser: its fields, and the sentences that follow, as trees over its fields.

Python has the one decoder. Its functions are run here on registers of which some fields are known; where one that is
not is read, each of its values is tried (as `sim.model.lazy` does with choices). What comes out are the parts that
`static/reading.js` looks up, and nothing of it is written by hand.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from ..plain import Coded, ErrorValue, Span, known
from ..registers import Register

Known = Mapping[str, int]  # field -> its value
Judged = tuple[str, list[str]]  # the code of a state, "" for none, and sentences


class Number(NamedTuple):
    """A number made of a register: bits that are always set, bits as they are there, fields all ones if not 0 there."""

    rest: int = 0
    copy: int = 0
    ones: tuple[str, ...] = ()


class RegisterReading(NamedTuple):
    """How a register is read, once the bits are known that decide it.

    *judge* takes a register laid out as *asked*, and gives its state with sentences, which stand after those of
    *opening*; each of *says* gives further ones, and *idle* the fields that do not count, and why. Where a sentence
    names a field in braces, or one of *numbers*, its value stands in hex. What is shown are the fields of *shown*, if
    that is not *asked* alone: of two layouts, those of the first that lie above the second.
    """

    asked: type[Register]
    judge: Callable[[Any], Judged]
    says: tuple[Callable[[Any], list[str]], ...] = ()
    idle: Callable[[Any], dict[str, str]] = lambda _: {}
    shown: tuple[type[Register], ...] = ()
    numbers: Mapping[str, Number] = {}
    opening: tuple[str, ...] = ()

    def register(self, value: int) -> Any:
        """The register to ask about *value*."""
        return self.asked.parse(value & (1 << self.asked.width) - 1)

    def spans(self, value: int) -> list[Span]:
        """All fields that are shown, from the highest bit down, and runs of bits that have none."""
        *frames, inner = self.shown or (self.asked,)
        above = [s for frame in frames for s in frame.spans(value) if s.bits and s.bits[1] >= inner.width]
        return [*above, *inner.spans(value & (1 << inner.width) - 1)]

    def judged(self, value: int) -> tuple[str, tuple[str, ...]]:
        """The state of *value*, and all sentences about it."""
        register = self.register(value)
        state, means = self.judge(register)
        numbers = {name: getattr(register, name) for name in self.asked._kinds}
        numbers |= {name: self._made(number, value) for name, number in self.numbers.items()}
        in_hex = {name: f"{number:#x}" for name, number in numbers.items()}
        lines = [*self.opening, *means, *(line for says in self.says for line in says(register))]
        return state, tuple(line.format_map(in_hex) for line in lines)

    def _made(self, number: Number, value: int) -> int:
        layout = self.asked.layout
        ones = (mask << low for name, low, mask, *_ in layout if name in number.ones and value >> low & mask)
        return number.rest | value & number.copy | sum(ones)


@dataclass(frozen=True)
class RegisterKind:
    """A register: its name, the bits high:low that decide how the rest is read, and how that is.

    The name says how it is read: copies of a partial function are unequal.
    """

    name: str
    select: tuple[int, int]
    reading: Callable[[int], RegisterReading] = field(compare=False)


class UnknownField(ErrorValue):
    """A field was read that is not known; `str` of it is its name."""


class PartialRegister:
    """Stands in for a register of *layout* of which only some fields are known. Raises `UnknownField` for another."""

    def __init__(self, layout: type[Register], values: Known) -> None:
        self._layout, self._values = layout, values

    def __getattr__(self, name: str) -> Any:
        if name not in (kinds := self._layout._kinds):
            declared = getattr(self._layout, name)
            return declared.fget(self) if isinstance(declared, property) else declared  # type: ignore[misc]
        if name not in self._values:
            raise UnknownField(name)
        return known(kinds[name], self._values[name])


@lru_cache(maxsize=8)
def tables(kinds: tuple[RegisterKind, ...]) -> dict[str, Any]:
    """The tables of these registers, as plain values for JSON and `static/reading.js`.

    `registers` has by name the bits `select` and, by their value, the number of a reading; `parts` are
    readings, fields, codes and trees, in which a number stands for another part. A tree is `is`, what it says, or `by`,
    the field that decides, with a tree `at` a value or `else`.
    """
    parts = _Parts()
    registers = {}
    for kind in kinds:
        high, low = kind.select
        values = [value << low for value in range(1 << high - low + 1)]
        numbers = [parts.reading(kind.reading(value), _fixed(kind, value)) for value in values]
        registers[kind.name] = {"select": [high, low], "readings": numbers}
    return {"registers": registers, "parts": parts.kept}


def _fixed(kind: RegisterKind, value: int) -> Known:
    """The fields that the bits `select` of *value* decide."""
    layout = kind.reading(value).asked.layout
    high, low = kind.select
    return {n: value >> at & mask for n, at, mask, *_ in layout if at >= low and at + mask.bit_length() <= high + 1}


class _Parts:
    """Parts, each once under a number."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.numbers: dict[str, int] = {}

    def __call__(self, part: Any) -> int:
        key = json.dumps(part)
        if key not in self.numbers:
            self.numbers[key] = len(self.kept)
            self.kept.append(part)
        return self.numbers[key]

    def reading(self, reading: RegisterReading, fixed: Known) -> int:
        layout = reading.asked
        asked = {n: [at + mask.bit_length() - 1, at] for n, at, mask, *_ in layout.layout}
        ones = {word: [asked[name] for name in number.ones] for word, number in reading.numbers.items()}
        part = {
            "asked": self(asked),
            "fields": self([self.field(span, reading) for span in reading.spans(0)]),
            "opening": reading.opening,
            "judged": self.tree(reading.judge, layout, fixed),
            "idle": self.tree(reading.idle, layout, fixed),
            "says": [self.tree(says, layout, fixed) for says in reading.says],
            "numbers": {word: n._asdict() | {"ones": ones[word]} for word, n in reading.numbers.items()},
        }
        return self(part)

    def field(self, span: Span, reading: RegisterReading) -> int:
        layouts = reading.shown or (reading.asked,)
        kind: Any = next((layout._kinds[span.path] for layout in layouts if span.path in layout._kinds), int)
        codes = {str(int(c)): [c.name, c.means] for c in kind} if issubclass(kind, Coded) else None
        return self([span.path, *(span.bits or ()), span.doc, span.ref, codes and self(codes)])

    def tree(self, ask: Callable[[Any], Any], layout: type[Register], fixed: Known) -> int:
        """What *ask* gives of all registers of *layout* with the fields *fixed*; what most values lead to is `else`."""
        try:
            return self({"is": ask(PartialRegister(layout, fixed))})
        except UnknownField as unknown:
            name = str(unknown)
        mask = next(mask for n, _, mask, *_ in layout.layout if n == name)
        ways = [self.tree(ask, layout, {**fixed, name: value}) for value in range(mask + 1)]
        most, count = Counter(ways).most_common(1)[0]
        if count == len(ways):
            return most
        return self({"by": name, "else": most, "at": {str(v): way for v, way in enumerate(ways) if way != most}})
