"""What a rule says, and what a user is told of it."""

from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from typing import Any, NamedTuple


class FindingLevel(Enum):
    """How much a finding weighs."""

    ERROR = "error"  # a reader will refuse it, or read something else
    WARNING = "warning"  # readers cope, but the document says otherwise, or an effect is lost
    NOTE = "note"  # allowed, and worth knowing


class Finding(NamedTuple):
    """One rule that is broken at *path*, whose bytes begin at *offset* of the data."""

    level: FindingLevel
    path: str
    offset: int | None
    says: str
    why: str
    cite: str

    def to_json(self) -> dict[str, Any]:
        return {**self._asdict(), "level": self.level.value}


class Broken(NamedTuple):
    """What a rule says: a field of the record it looked at, what is wrong with it, and why it matters.

    cite: who minds; the record's own document if empty
    """

    level: FindingLevel
    field: str
    says: str
    why: str
    cite: str = ""


Rule = Callable[[Any], Iterator[Broken]]


error = partial(Broken, FindingLevel.ERROR)
warning = partial(Broken, FindingLevel.WARNING)
note = partial(Broken, FindingLevel.NOTE)
