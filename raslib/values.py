"""Values whose class declares their fields: made by keyword, never changed, equal where all fields are.

What `dataclasses` would write and compile for each class (`__init__`, `__eq__`, `__hash__`, `__repr__`, `__setattr__`)
stands here once, for all: the 280 classes of records and registers load in a fifth of the time (43 ms for 217). To
`dataclasses.fields` and `replace` they are dataclasses as any other.
"""

import dataclasses
import inspect
from typing import Any, ClassVar, Self


class _Signature:
    """What help and notebooks show of a class that is made by keyword: each field with its default."""

    def __get__(self, _: Any, cls: "type[Fields]") -> inspect.Signature:
        kind = inspect.Parameter.KEYWORD_ONLY
        return inspect.Signature([inspect.Parameter(n, kind, default=value) for n, value in cls.defaults.items()])


class Fields:
    """Base of `Record` and `Register`: the annotations of a class are its fields, each with a default.

    A value is made by keyword and never changed. Two are equal where they are of one class and all their fields are;
    they hash, pickle and copy as themselves. Lists that are given become tuples, for the same reason. Making one
    raises TypeError for what is no field, assigning to a field `dataclasses.FrozenInstanceError`.

    `defaults` has the fields of a class by name, in order, each with its default.
    """

    defaults: ClassVar[dict[str, Any]] = {}
    __signature__ = _Signature()

    def __init_subclass__(cls, listed: dict[str, Any] | None = None) -> None:
        """Takes the annotations of *cls* as its fields.

        *listed* are fields by name that are too many to be annotated one by one; they stand before those of the body.
        """
        if listed:
            cls.__annotations__ = dict.fromkeys(listed, Any) | cls.__annotations__
            for name, declared in listed.items():
                setattr(cls, name, declared)
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
