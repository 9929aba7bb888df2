"""A space whose decisions another process has found: exact counts without exploring anew."""

import json
from functools import lru_cache
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
        return _stored(tuple(sorted(self.given.items())))


@lru_cache(maxsize=8)
def _stored(given: tuple[tuple[str, Any], ...]) -> Decisions:
    return _stored(()).given(dict(given)) if given else Decisions.from_rows(json.loads(cached(QUESTION, found)))


def found() -> str:
    """What decides how all scenarios end, as JSON."""
    return json.dumps(Space.of().decisions.rows(), separators=(",", ":"))
