"""How a register is declared: a class whose fields are bits of an integer, numbered as the documents number them.

    class BlockStatus(Register, ref="ACPI 6.5 §18.3.2.7.1, Block Status", width=32):
        uncorrectable: bool = flag(0, "an uncorrectable error is reported")
        entry_count:   int  = bits(13, 4, "how many data entries follow")

`parse`, `build`, `spans` and the JSON form come from the declaration. What a register and a record have in common is
`Fields`: values whose class declares what they hold.
"""

import dataclasses
import inspect
import re
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, ClassVar, Self, dataclass_transform

from .plain import At, Coded, RecordError, Span, known, member, number, only, short

# --- fields of records and registers ----------------------------------------------------------------------------------


class _Signature:
    """What help and notebooks show of a class that is made by keyword: each field with its default."""

    def __get__(self, _: Any, cls: "type[Fields]") -> inspect.Signature:
        kind = inspect.Parameter.KEYWORD_ONLY
        return inspect.Signature([inspect.Parameter(n, kind, default=value) for n, value in cls.defaults.items()])


class Fields:
    """Base of `Record` and `Register`: the annotations of a class are its fields, each with a default.

    What `dataclasses` would write and compile for each class (`__init__`, `__eq__`, `__hash__`, `__repr__`,
    `__setattr__`) stands here once, for all: the 280 classes of records and registers load in a fifth of the time (43
    ms for 217). To `dataclasses.fields` and `replace` they are dataclasses as any other.

    A value is made by keyword and never changed. Two are equal where they are of one class and all their fields are;
    they hash, pickle and copy as themselves. Lists that are given become tuples, for the same reason. Making one
    raises TypeError for what is no field, assigning to a field `dataclasses.FrozenInstanceError`.

    `defaults` has the fields of a class by name, in order, each with its default.
    """

    defaults: ClassVar[dict[str, Any]] = {}
    __signature__ = _Signature()

    def __init_subclass__(cls, listed: dict[str, Any] | None = None) -> None:
        """Takes the annotations of *cls* as its fields.

        *listed* are fields by name that are too many to be annotated one by one; they stand before those of the body,
        which may declare one of them again.
        """
        if listed:
            cls.__annotations__ = dict.fromkeys(listed, Any) | cls.__annotations__
            for name in listed.keys() - vars(cls).keys():
                setattr(cls, name, listed[name])
        cls.__doc__ = cls.__doc__ or f"{cls.__name__}()"  # else `dataclass` takes its time to write the signature there
        dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True)(cls)
        cls.defaults = {f.name: f.default for f in dataclasses.fields(cls)}  # type: ignore[arg-type]

    def __init__(self, **values: Any) -> None:
        if unknown := values.keys() - self.defaults.keys():
            name = type(self).__name__
            raise TypeError(f"{name}.__init__() got an unexpected keyword argument {min(unknown)!r}")
        self.__dict__.update(self.defaults)
        self.__dict__.update({n: tuple(v) if type(v) is list else v for n, v in values.items()})
        self.__post_init__()

    @classmethod
    def _of(cls, values: dict[str, Any]) -> Self:
        """As `cls(**values)`, of values for all fields, which nobody checks."""
        made = object.__new__(cls)
        made.__dict__.update(values)
        made.__post_init__()
        return made

    def __post_init__(self) -> None:
        """Completes a value whose fields have been set; it may set fields by `object.__setattr__`."""

    def replace(self, **changes: Any) -> Self:
        """This value with *changes*.

        Raises TypeError for what is no field.
        """
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]

    def __setattr__(self, name: str, value: Any) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> Any:
        return self.__dict__ == other.__dict__ if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__.values()))

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={self.__dict__[name]!r}' for name in self.defaults)})"


# --- registers --------------------------------------------------------------------------------------------------------


def bits(high: int, low: int | None = None, doc: str = "", *, kind: Any = int, ref: str = "") -> Any:
    """Bits [high:low] of a register, or the one bit *high*.

    high, low
        Both included, numbered as the documents number them: bit 0 is the lowest.
    doc
        What the bits mean, in few words.
    kind
        int, bool or a `Coded`. A number that has no name in it stays an int.
    ref
        Where that stands, if not where the register's own `ref` says.
    """
    where = (high, high if low is None else low)
    return dataclasses.field(default=known(kind, 0), metadata={"bits": where, "kind": kind, "doc": doc, "ref": ref})


def flag(bit: int, doc: str = "") -> Any:
    """One bit that is true or false."""
    return bits(bit, doc=doc, kind=bool)


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Register(Fields):
    """Base of all register views: a subclass is the table of its bits.

    class keywords
        *ref* says where the table stands. *width* is how many bits the whole has, 64 if nothing is said. *each* is what
        is said of a field that has no words of its own, with {} for its name: "{} is valid". *valid* are the names of
        the flags from bit 0 on, of a word that says which fields of a record to believe.

    Bits that no field names are kept, in place, in `reserved`, so that every value comes back:

    >>> from raslib.formats.ghes import BlockStatus
    >>> status = BlockStatus.parse(0x8000_0011)
    >>> status.uncorrectable, status.entry_count, hex(status.reserved)
    (True, 1, '0x80000000')
    >>> hex(status.replace(entry_count=2).build())
    '0x80000021'
    """

    ref: ClassVar[str] = ""
    width: ClassVar[int] = 64
    each: ClassVar[str] = ""
    layout: ClassVar[tuple[tuple[str, int, int, Any, str, str], ...]] = ()  # name, low, mask, kind, doc, ref
    reserved: int
    _free: ClassVar[int] = 0  # the bits that no field names
    _kinds: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, ref: str = "", width: int = 64, each: str = "", valid: str = "", **more: Any) -> None:
        cls.__annotations__["reserved"] = int
        cls.reserved = dataclasses.field(default=0)
        super().__init_subclass__(**{"listed": {name: flag(bit) for bit, name in enumerate(valid.split())}, **more})
        cls.defaults["reserved"] = cls.defaults.pop("reserved")  # behind all fields, those of subclasses too
        cls.ref, cls.width, cls.each = ref, width, each or ("{} is valid" if valid else cls.each)
        fields = [f for f in dataclasses.fields(cls) if f.name != "reserved"]  # type: ignore[arg-type]
        layout = []
        for f in fields:
            (high, low), kind = f.metadata["bits"], f.metadata["kind"]
            doc = f.metadata["doc"] or cls.each.format(f.name.removesuffix("_valid"))
            layout.append((f.name, low, (1 << high - low + 1) - 1, kind, doc, f.metadata["ref"] or ref))
        cls.layout = tuple(layout)
        cls._free = (1 << width) - 1 & ~sum(mask << low for _, low, mask, *_ in cls.layout)
        cls._kinds = {f.name: f.metadata["kind"] for f in fields} | {"reserved": int}

    @classmethod
    def parse(cls, value: int) -> Self:
        """The register that holds *value*.

        Raises `RecordError` for a negative number, and for one that has more bits than `width`.
        """
        if not 0 <= value < 1 << cls.width:
            raise RecordError(cls.__name__, "", None, f"{value:#x} is not a {cls.width}-bit value")
        named = {name: known(kind, value >> low & mask) for name, low, mask, kind, *_ in cls.layout}
        named["reserved"] = value & cls._free
        return cls._of(named)

    def build(self) -> int:
        """The number that this register holds.

        Raises `RecordError` where a value does not fit its bits, or `reserved` has bits that are a field's.
        """
        word = self.reserved
        if word & ~self._free:
            raise RecordError(type(self).__name__, "reserved", None, f"{word:#x} has bits that fields name")
        for name, low, mask, *_ in self.layout:
            value = getattr(self, name)
            if not isinstance(value, int) or not 0 <= value <= mask:
                raise RecordError(
                    type(self).__name__, name, None, f"{short(value)} does not fit {mask.bit_length()} bits"
                )
            word |= int(value) << low
        return word

    @classmethod
    def spans(cls, value: int) -> tuple[Span, ...]:
        """Every field of *value*, highest first; start and stop are the bytes of the whole word.

        Runs of bits that no field names are called "reserved". Raises `RecordError` as `parse` does.
        """
        parsed, size = cls.parse(value), -(-cls.width // 8)
        found = []
        for name, low, mask, kind, doc, ref in cls.layout:
            here, held = (low + mask.bit_length() - 1, low), getattr(parsed, name)
            found.append(Span(name, 0, size, held, doc, ref, here, unnamed=is_unnamed(kind, held)))
        for high, low in _runs(cls._free):
            left = value >> low & (1 << high - low + 1) - 1
            found.append(Span("reserved", 0, size, left, "no field is defined here", cls.ref, (high, low)))
        return tuple(sorted(found, key=lambda s: s.bits or (0, 0), reverse=True))

    def to_json(self) -> dict[str, Any]:
        """The fields that are not zero, by name; those too wide for a number of JSON are hex text.

        >>> from raslib.formats.ghes import BlockStatus
        >>> BlockStatus.parse(0x8000_0011).to_json()
        {'uncorrectable': True, 'entry_count': 1, 'reserved': '0x80000000'}
        """
        shown = {name: (getattr(self, name), mask) for name, _, mask, *_ in self.layout if getattr(self, name)}
        plain = {name: _plain_bits(value, mask) for name, (value, mask) in shown.items()}
        return {**plain, "reserved": f"{self.reserved:#x}"} if self.reserved else plain

    @classmethod
    def from_json(cls, obj: Any, at: At | None = None) -> Self:
        """From fields by name, or from the whole word as a number or text ("0x11").

        *at* is the place in a record's JSON, for the path of the `RecordError` that is raised for what is no field and
        for a value that cannot stand there.
        """
        at = at or At(cls.__name__)
        if not isinstance(obj, dict):
            try:
                return cls.parse(number(obj, at))
            except RecordError as e:
                raise at.error(e.why) from None
        kinds = cls._kinds
        only(kinds, obj, at)
        return cls(**{k: v if type(v) is kinds[k] else member(kinds[k], v, at.inner(f".{k}")) for k, v in obj.items()})


def is_unnamed(kind: Any, value: Any) -> bool:
    """Whether values of *kind* have names, and *value* has none."""
    return isinstance(kind, type) and issubclass(kind, Coded) and not isinstance(value, kind)


def _plain_bits(value: Any, mask: int) -> Any:
    """JavaScript rounds numbers of more than 53 bits."""
    if isinstance(value, IntEnum):
        return value.name
    return f"{value:#x}" if mask >> 53 else value


def _runs(mask: int) -> Iterator[tuple[int, int]]:
    """The (high, low) of every run of ones in *mask*."""
    for run in re.finditer("1+", f"{mask:b}"[::-1]):  # the lowest bit first
        yield run.end() - 1, run.start()
