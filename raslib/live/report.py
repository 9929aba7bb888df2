"""Hands somebody's own error status block to a real kernel, by a notification of choice."""

from dataclasses import replace
from pathlib import Path

from ..formats.hest import Hest, Notify
from . import cache, qemu
from .machine import Machine
from .perform import pace, severity
from .qemu import Setup
from .qmp import inject
from .recording.layout import adopted, source_like, sources
from .recording.question import KernelQuestion, own_question, wanted_for
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
    for a block that is longer than any may be, and for a table without such a source. The source "qmp" is QEMU itself,
    with a table of its own, if it is new enough.
    """
    question = own_question(block, source, victim, page, repeated)
    if source == "qmp":
        return _by_qmp(question, guest)
    wanted = wanted_for(block, source)
    table = adopted(hest)[0] if hest else sources(wanted)
    source_id = source_like(table, wanted.notify)
    firmware = "el3" if wanted.notify == Notify.SDEI else ""
    with machine(Boot("asked", "a question of one's own", table, firmware=firmware), guest=guest) as (m, _):
        if wanted.notify == Notify.EXTERNAL:
            m.bind(source_id)
        return replace(put(m, source_id, question), title=f"{len(block)} bytes, by {source}")


def _by_qmp(question: KernelQuestion, guest: cache.Guest | None) -> Reaction:
    """The reaction to what QEMU itself reports, on a machine that has QEMU's HEST."""
    program = qemu.program()
    with Machine(None, Setup(ras=True), guest=guest, emulator=program) as m:
        page, pages, block = _placed(m, question, 0)
        reaction = inject(m, block, page)
    return replace(reaction, title=f"{len(block)} bytes, by qmp", block=block, pages=pages)


def put(m: Machine, source_id: int, question: KernelQuestion, number: int = 0) -> Reaction:
    """The reaction to *question* of a running machine; *number* is another for each that it was asked."""
    page, pages, block = _placed(m, question, number)
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


def _placed(m: Machine, question: KernelQuestion, number: int) -> tuple[Victim | None, dict[str, int], bytes]:
    """The victim and the other pages that *question* needs in the machine, and its block with their addresses."""
    page = m.victim(question.victim == "early") if question.victim else None
    pages = find_pages(m, question.block, number)
    places = {PLACES[name]: address for name, address in pages.items()}
    places |= {NORMAL.pa: page.pa} if page else {}
    return page, pages, moved(question.block, places)
