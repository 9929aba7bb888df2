"""Hands somebody's own error status block to a real kernel, by a notification of choice."""

from dataclasses import replace
from typing import Any

from ..formats.hest import Notify
from .machine import Machine
from .recording.layout import sources
from .recording.question import aimed, wanted_for
from .recording.reaction import Reaction


def ask(block: bytes, source: str = "polled", victim: str = "", **machine: Any) -> Reaction:
    """What a kernel makes of *block*, put into a *source* (a key of `SOURCES`) of a machine that has no other.

    With *victim*, "late" or "early", the memory errors of the block are moved to a page of a process, so that there is
    somebody to lose it. *machine* goes to `Machine`. Raises ValueError for a block that is longer than any may be, and
    `RecordError` for one whose memory errors cannot be found.
    """
    wanted = wanted_for(block, source)
    if victim:
        aimed(block, 0)  # a block that cannot be aimed is refused before anything is booted
    with Machine(sources(wanted), **machine) as m:
        if wanted.notify == Notify.EXTERNAL:
            m.bind(wanted.source_id)
        page = m.victim(early=victim == "early") if victim else None
        reaction = m.report(wanted.source_id, aimed(block, page.pa) if page else block, page)
        return replace(reaction, title=f"{len(block)} bytes, by {source}")
