"""How a choice is declared: an axis with its values, their meanings, a default and a source; and tokens of choices.

A line of a group in `scenario` is all that a choice needs: the command line, files, tokens, the space of scenarios and
the switches of a page have it from there.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from enum import Enum
from functools import cache
from typing import Any, NamedTuple, Self, dataclass_transform

from ...records import Coded, ErrorValue
from .sources import label


class ScenarioError(ErrorValue, ValueError):
    """These choices are not a scenario; the message names the axis and lists its values.

    Raised for an axis that there is not, a value that it has not, a token or a file that cannot be read.
    """


class AxisValue(Enum):
    """A value of an axis: its word, and what it means.

    A subclass is declared as an enumeration of pairs: `LATE = "late", "signalled when it touches the memory"`. The
    word is what is written in a choice (`host.kill=late`), and stays; what it means is for readers, and may be said
    better.
    """

    means: str

    def __new__(cls, word: str, means: str) -> Self:
        member = object.__new__(cls)
        member._value_, member.means = word, means
        return member


class Version(AxisValue):
    """A release of somebody's code. Members stand in the order in which they came here, for tokens number them so."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The release as numbers, by which releases are in order."""
        return _numbers(self.value)

    @classmethod
    def like(cls, release: str) -> str:
        """Which value does as *release*, the newest that is not newer, in a sentence. Raises ValueError."""
        able = [version for version in cls if version.numbers <= _numbers(release)]
        return f"{release} does as {max(able, key=lambda version: version.numbers).value}"

    def since(self, version: str, stable: str = "") -> bool:
        """Is this *version* or a later one?

        With *stable*, say 6.12.118, updates of that series from there on count, too: what is new in *version* was
        taken over into them.
        """
        ours, update = self.numbers, _numbers(stable) if stable else ()
        return ours >= _numbers(version) or (ours[:2] == update[:2] and ours >= update > ())


@cache
def _numbers(version: str) -> tuple[int, ...]:
    """A release as numbers: 6.12.118 is (6, 12, 118); what is no number, a main branch, is newer than all."""
    return tuple(int(number) if number.isdigit() else 99 for number in version.split("."))  # main is the newest


_OTHER_WORDS = {True: ("1", "yes", "on"), False: ("0", "no", "off")}


class Axis(NamedTuple):
    """One choice of a scenario.

    name: as it is written: `host.notify`; of the scenario itself without a group: `stance`
    code: how a token calls it: a letter for the group, and at most one more
    values: all that can be chosen, in the order in which they are shown; releases by their numbers
    default: what is chosen if nobody chooses
    meaning: what the choice is about, in words
    source: where it is written that there is such a choice
    none: the word for None
    numbered: the values in the order in which they came here, which packed tokens count
    """

    name: str
    code: str
    values: tuple[Any, ...]
    default: Any
    meaning: str
    source: str
    none: str  # the word for None
    numbered: tuple[Any, ...] = ()  # the values in the order in which they came here: their numbers in packed tokens

    def word(self, value: Any) -> str:
        """*value* as it is written."""
        if value is None:
            return self.none
        if isinstance(value, bool):
            return str(value).lower()
        return str(value.value if isinstance(value, AxisValue) else value.name)

    def means(self, value: Any) -> str:
        """What *value* means; empty for what the axis' own meaning says."""
        return getattr(value, "means", "")

    def value(self, word: Any) -> Any:
        """The value that *word* is: itself, or its word in any case. Raises `ScenarioError`.

        Of a choice of true or false 1, yes, on and 0, no, off are words as well.
        """
        for value in self.values:
            if word is value:
                return value
        if isinstance(word, str):
            word = word.lower()
            for value in self.values:
                if word == self.word(value).lower() or (isinstance(value, bool) and word in _OTHER_WORDS[value]):
                    return value
        words, like = ", ".join(map(self.word, self.values)), ""
        if isinstance(self.default, Version) and isinstance(word, str) and re.fullmatch(r"\d+\.\d[\w.+-]*", word):
            with suppress(ValueError):
                like = f"; {self.default.like(word)}"
        raise ScenarioError(f"{self.name} is {word!r}, which is none of its values: {words}{like}")

    def short(self, value: Any) -> str:
        """*value* in a token: its number if a document gives it one, else the shortest of its word that stays."""
        if isinstance(value, bool | Coded):
            return str(int(value))
        word = self.word(value)
        if isinstance(value, Version):
            return word.replace(".", "")
        parts = word.split("-")
        if len(parts) > 1:
            return "".join(part[0] for part in parts).lower()
        return word.lower() if word.isupper() else word[:2].lower()

    def to_json(self) -> dict[str, Any]:
        """The axis as plain values; a choice of true or false has those as its values.

        `means` has what each value means, by its word, where that is more than the word says.
        """
        words = [value if isinstance(value, bool) else self.word(value) for value in self.values]
        return {
            "name": self.name,
            "values": words,
            "default": self.default if isinstance(self.default, bool) else self.word(self.default),
            "meaning": self.meaning,
            "means": {self.word(value): self.means(value) for value in self.values if self.means(value)},
            "source": self.source,
        }


def axis(code: str, default: Any, meaning: str, source: str, *, values: Iterable[Any] = (), none: str = "none") -> Any:
    """A choice of a group: what a field of it is declared with.

    *code* is its letter in tokens; *default* also says of which type the values are, and all members of that are
    meant if *values* does not name some. *meaning* is for readers, *source* a key of `sources.citations()`, *none* the
    word for None.
    """
    members: Any = (False, True) if isinstance(default, bool) else type(default)
    numbered = shown = tuple(values) or tuple(members)
    if isinstance(default, Version):
        shown = tuple(sorted(numbered, key=lambda version: version.numbers))
    made = Axis("", code, shown, default, meaning, label(source), none, numbered)
    return field(default=default, metadata={"axis": made, "source": source})


@dataclass_transform(kw_only_default=True, frozen_default=True)
class ChoiceGroup:
    """Base of the groups of a scenario: frozen, keyword only, and what is chosen is a value of its axis.

    Raises `ScenarioError` for any other value, when it is made.
    """

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)

    def but(self, **chosen: Any) -> Self:
        """The same with other values: `dataclasses.replace` in half the time. Raises `ScenarioError`."""
        return type(self)(**{**vars(self), **chosen})

    def __post_init__(self) -> None:
        for name, values in _values(type(self)):  # type: ignore[arg-type]
            value = getattr(self, name)
            if not any(value is allowed for allowed in values):
                words = ", ".join(map(repr, values))
                raise ScenarioError(f"{name} is {value!r}, which is none of its values: {words}")


@cache
def _values(group: type[ChoiceGroup]) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """For each choice of a *group* its name and its values."""
    return tuple((f.name, f.metadata["axis"].numbered) for f in fields(group) if f.metadata)  # type: ignore[arg-type]


def made(group: str, letter: str, f: Any) -> Axis:
    """The axis that the field *f* of *group* declares."""
    axis: Axis = f.metadata["axis"]
    return axis._replace(name=f"{group}.{f.name}".lstrip("."), code=letter + axis.code)


def named(axes: Mapping[str, Axis], name: str) -> Axis:
    """The axis called *name*; a dot may be written as an underscore.

    Raises `ScenarioError` with the names nearest to it, or with the groups of all.
    """
    word = name if isinstance(name, str) else ""
    if axis := axes.get(word) or axes.get(word.replace("_", ".", 1)):
        return axis
    groups = dict.fromkeys(f"{group}.*" if dot else group for group, dot, _ in (name.partition(".") for name in axes))
    near = ", ".join(get_close_matches(word[:100], axes, n=3, cutoff=0.5) or groups)
    raise ScenarioError(f"no axis is called {name!r}; there are {near}")


# --- tokens ----------------------------------------------------------------------------------------------------------

_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz._"  # 38, of which the last only begins a token in its packed form
_PRIME = 37
_ROOM = 150  # signs: a longer text is packed


def check(text: str) -> str:
    """A sign that is another one if one sign of *text* is wrong or two neighbours are swapped.

    A sum of the signs' numbers, each times its place from 1 to 36, modulo the prime 37.
    """
    return _SIGNS[sum((i % 36 + 1) * _SIGNS.index(sign) for i, sign in enumerate(text)) % _PRIME]


def to_token(axes: Mapping[str, Axis], chosen: Mapping[str, Any]) -> str:
    """What is *chosen* (by axis name) and not a default, in few signs; empty if nothing is.

    In words, `hfke.sar-k`: for each axis its code and the short form of its value, and after a dash a sign to check
    them. Longer texts are packed, `_hf1.s_0-x`: for each group its letter, and pairs of a code and the number of a
    value.
    A token says the same for ever: axes and values may be added, and what there is keeps its code and number.
    """
    other = [a for a in axes.values() if chosen[a.name] is not a.default]
    text = ".".join(sorted(a.code + a.short(chosen[a.name]) for a in other))
    if len(text) > _ROOM:
        text = "_" + ".".join(f"{group}{signs}" for group, signs in _packed(other, chosen))
    return text and f"{text}-{check(text)}"


def _packed(other: list[Axis], chosen: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """For each group of axes its letter, and the code and the number of the value of each axis."""
    for group in sorted({a.code[0] for a in other}):
        ours = sorted((a for a in other if a.code[0] == group), key=lambda a: a.code)
        yield group, "".join(f"{a.code[1:] or '_'}{_SIGNS[a.numbered.index(chosen[a.name])]}" for a in ours)


def from_token(axes: Mapping[str, Axis], token: str) -> dict[str, Any]:
    """The choices of a token, axis name -> value; the inverse of `to_token`.

    Raises `ScenarioError` for what is no token, for one with a sign that is wrong or swapped, and for choices that this
    version does not know.
    """
    text, _, sign = token.strip().lower().rpartition("-")
    if not token.strip():
        return {}
    if not text or set(text) - set(_SIGNS) or sign != check(text):
        raise ScenarioError(f"{token!r} is not a token, or a sign of it is wrong")
    packed, parts = "_" if text.startswith("_") else "", text.split(".")
    if packed:
        parts = [f"{part[:1]}{part[i : i + 2]}" for part in text[1:].split(".") for i in range(1, len(part), 2)]
    chosen, known = {}, codes(axes)
    for part in parts:
        if packed + part not in known or part.startswith("_"):
            raise ScenarioError(f"token {token!r}: {part!r} is no choice that this version knows")
        name, word = known[packed + part]
        chosen[name] = axes[name].value(word)
    return chosen


def codes(axes: Mapping[str, Axis]) -> dict[str, tuple[str, str]]:
    """What each part of a token says, `AXIS, VALUE` in words; parts of its packed form begin with `_`."""
    found = {a.code + a.short(value): (a.name, a.word(value)) for a in reversed([*axes.values()]) for value in a.values}
    for a in axes.values():
        code = f"_{a.code[0]}{a.code[1:] or '_'}"
        found |= {f"{code}{_SIGNS[i]}": (a.name, a.word(value)) for i, value in enumerate(a.numbered)}
    return found
