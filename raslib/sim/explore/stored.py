"""A space whose decisions another process has found: exact counts without exploring anew."""

import json
from functools import cache, lru_cache
from typing import Any

from ...cache import cached
from .decisions import Decisions
from .space import Space

QUESTION = "decisions"


class StoredSpace(Space):
    """As `Space`, but what decides how its scenarios end is read from the cache, or found and cached for the next.

    Its answers are those of `Space`; for whoever changes the stages while the process runs, that is the class to ask.
    """

    @property
    def decisions(self) -> Decisions:
        """What decides how they end."""
        return _given(tuple((name, self.given[name]) for name in sorted(self.given)))


@lru_cache(maxsize=8)
def _given(given: tuple[tuple[str, Any], ...]) -> Decisions:
    return _whole().given(dict(given)) if given else _whole()


@cache
def _whole() -> Decisions:
    return Decisions.from_rows(json.loads(cached(QUESTION, found)))


def found() -> str:
    """What decides how all scenarios end, as JSON."""
    return json.dumps(Space.of().decisions.rows(), separators=(",", ":"))
