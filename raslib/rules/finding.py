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
    """One rule that is broken at *path*, whose bytes begin at *offset* of the data.

    As a rule yields it, *path* is a field of the record that it looks at, and *cite*, who minds, is empty where it is
    the record's own document: `check` puts both, and the offset, in their place.
    """

    level: FindingLevel
    path: str
    offset: int | None
    says: str
    why: str
    cite: str

    def to_json(self) -> dict[str, Any]:
        return {**self._asdict(), "level": self.level.value}


Rule = Callable[[Any], Iterator[Finding]]


def _finding(level: FindingLevel, path: str, says: str, why: str, cite: str = "", offset: int | None = None) -> Finding:
    """What is wrong at *path*, and why it matters."""
    return Finding(level, path, offset, says, why, cite)


error = partial(_finding, FindingLevel.ERROR)
warning = partial(_finding, FindingLevel.WARNING)
note = partial(_finding, FindingLevel.NOTE)
