"""Hands somebody's own error status block to a real kernel, by a notification of choice."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..formats.hest import Hest, Notify
from . import cache
from .machine import Machine
from .perform import pace, severity
from .recording.layout import Wanted, adopted, sources
from .recording.question import Question, own_question, wanted_for
from .recording.reaction import NORMAL, PLACES, Reaction, Victim, moved, places_of
from .recording.steps import Boot
from .run import machine

PAGES = Path(__file__).parent / "guest" / "pages.py"
QUIET = 0.5  # seconds without a line after which a kernel has done what it does about an error


def ask(
    block: bytes,
    source: str = "polled",
    victim: str = "",
    *,
    page: str = "",
    repeated: bool = False,
    hest: Hest | None = None,
    guest: cache.Guest | None = None,
) -> Reaction:
    """What a kernel makes of *block*, put into a *source* (a key of `SOURCES`) of a machine that has no other.

    With *victim*, "late" or "early", the memory errors of the block, as far as it can be read, are moved to a page of a
    process, so that there is somebody to lose it; with *page* ("free", "text" or "slab") to such a page. *repeated*:
    the kernel has the same record a moment before. With *hest* the machine has that table, its registers moved into the
    lab's memory (see `adopted`), and the block goes to its first source that notifies like *source*. Raises ValueError
    for a block that is longer than any may be, and for a table without such a source.
    """
    question = own_question(block, source, victim, page, repeated)
    wanted = wanted_for(block, source)
    table, source_id = (sources(wanted), wanted.source_id) if hest is None else _of_table(hest, wanted)
    firmware = "el3" if wanted.notify == Notify.SDEI else ""
    with machine(Boot("asked", "a question of one's own", table, firmware=firmware), guest=guest) as (m, _):
        if wanted.notify == Notify.EXTERNAL:
            m.bind(source_id)
        return replace(put(m, source_id, question), title=f"{len(block)} bytes, by {source}")


def _of_table(hest: Hest, wanted: Wanted) -> tuple[Hest, int]:
    """*hest* for the lab's machine, and its source that notifies as *wanted* does."""
    table, _ = adopted(hest)
    alike = (
        s for s in table.error_sources if getattr(s, "notification", None) and s.notification.type == wanted.notify
    )
    source = next(alike, None)
    if source is None:
        raise ValueError(f"the HEST has no generic source that notifies by {Notify(wanted.notify).name}")
    return table, source.source_id


def put(m: Machine, source_id: int, question: Question, number: int = 0) -> Reaction:
    """The reaction to *question* of a running machine; *number* is another for each that it was asked."""
    early = question.victim == "early"
    page = m.victim(early) if question.victim else None
    pages = find_pages(m, question.block, number)
    block = moved(question.block, _places(pages, page))
    if question.repeated:
        pace(m, severity(block))
        m.report(source_id, block, quiet=QUIET)
    else:
        pace(m, severity(block), 1)
    return replace(m.report(source_id, block, page, quiet=QUIET), pages=pages)


def find_pages(m: Machine, block: bytes, number: int) -> dict[str, int]:
    """Pages of the guest for those that *block* names, but the victim's."""
    names = [name for name in places_of(block) if name != "victim"]
    if names:
        m.load(PAGES.read_text(encoding="utf-8"), PAGES.name)
    return {name: m.ask("find_page", kind=name, number=number) for name in names}


def _places(pages: Mapping[str, int], page: Victim | None) -> dict[int, int]:
    """From where each page is in a question to where it is in the machine."""
    places = {PLACES[name]: address for name, address in pages.items()}
    return {**places, NORMAL.pa: page.pa} if page else places
