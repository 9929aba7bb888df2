"""A question to the simulator: a scenario, a table and the very bytes that a real kernel was given."""

from typing import Any, NamedTuple

from ...formats.ghes import HEADER, StatusBlock
from ...formats.hest import GenericSourceV2, Hest, Notify
from ...sim.aspects import predicted
from ...sim.linux.sections import SOFT_OFFLINE, TO_MEMORY_FAILURE
from ...sim.model.choices import Ghes, Kill, Linux, Owner, Page, PciDevice, ReportedBy, Running
from ...sim.model.platform import Ram, source_of
from ...sim.model.scenario import Scenario
from ...sim.model.trace import StepText, Trace
from ...sim.walk import walk
from .layout import CRITICAL, PAGE, Wanted, adopted, sources
from .reaction import PLACES, places_of

TAKES_PAGES = (TO_MEMORY_FAILURE, SOFT_OFFLINE)
EMPTY = bytes(HEADER)  # what a source holds before anybody has written a block


# The lab's machine, unless it is given another size: its memory, of which firmware keeps the flash of its variables and
# the end; the host bridge, and the agent's serial line.
FLASH, TOP = range(0x0400_0000, 0x0800_0000), range(0x7FC0_0000, 0x8000_0000)
LAB = Ram(
    (FLASH, range(0x4000_0000, 0x8000_0000)),
    pci_devices=(("0000:00:00.0", PciDevice.PLAIN), ("0000:00:01.0", PciDevice.PLAIN)),
    reserved=(FLASH, TOP),
)
# what the pages of `PLACES` are
PAGES = {"victim": Page.ANONYMOUS, "free": Page.FREE, "text": Page.KERNEL, "slab": Page.KERNEL}


class Case(NamedTuple):
    """What the simulator is asked."""

    scenario: Scenario
    hest: Hest | None = None  # of the one source that was used; None if no source was
    block: bytes | None = None
    esr: int | None = None  # of an SError that the lab has raised
    ram: Ram = LAB
    page: str = "kept"  # what has become of the victim's page before: kept, moved or gone

    def walk(self) -> Trace:
        """The simulated story of it."""
        if self.hest is None:
            return walk(self.scenario)
        block = EMPTY if self.block is None else self.block
        return walk(self.scenario, hest=self.hest, block=block, ram=self.ram)

    @property
    def by_sea(self) -> bool:
        """Does a process of the host read where it meets an abort?"""
        s = self.scenario
        return self.hest is not None and s.host.notify is Notify.SEA and s.cpu.running is Running.USER


def linux(kernel: str) -> Linux:
    """The simulator's kernel that does what the release *kernel* does: 6.6 does as 6.1, for instance.

    Debian names a kernel by the first update of its release, 6.1.0-57-arm64 (Debian 6.1.192-3): the latter counts.
    """
    return Linux.of(kernel.partition("(Debian ")[2] or kernel)


def case_of(kernel: str, hest: Hest, source_id: int, block: bytes | None, victim: str = "", **choices: Any) -> Case:
    """A block in a source of *hest*; a *victim*, "late" or "early", loses its page and touches it."""
    source = next(s for s in hest.error_sources if getattr(s, "source_id", None) == source_id)
    notify = Notify(source.notification.type)
    usual: dict[str, Any] = {
        "error_report": ReportedBy.SEA if notify is Notify.SEA else ReportedBy.INTERRUPT,
        "error_touched_later": bool(victim),
        "cpu_running": Running.USER,
        "host_notify": notify,
        "host_ghes": Ghes.V2 if isinstance(source, GenericSourceV2) else Ghes.V1,
        "host_vhe": False,
        "host_owner": Owner.PROCESS,
        "host_kill": Kill.EARLY if victim == "early" else Kill.LATE,
        "host_linux": linux(kernel),
        "guest_notify": None,
    }
    return Case(Scenario.of(**usual | choices), Hest(error_sources=(source,)), block)


# --- a block of somebody's own ----------------------------------------------------------------------------------------

# by what Python plays on their machine: nothing, or firmware with SDEI
PLAIN = {
    "polled": Wanted(0, Notify.POLLED),
    "polled-v1": Wanted(1, Notify.POLLED, v2=False),
    "external": Wanted(2, Notify.EXTERNAL),
    "sci": Wanted(3, Notify.SCI),
    "gpio": Wanted(4, Notify.GPIO),
    "gsiv": Wanted(5, Notify.GSIV),
    "sea": Wanted(6, Notify.SEA),
    "sea-v1": Wanted(7, Notify.SEA, v2=False),
    # acknowledge registers: another bit, a bit within the register, and a narrow one
    "ack-8": Wanted(8, Notify.GPIO, ack_preserve=0, ack_write=8),
    "ack-offset": Wanted(9, Notify.GPIO, ack_offset=4, ack_width=32),
    "ack-32": Wanted(10, Notify.GPIO, ack_write=0xF_0000_0001, ack_width=32),
}
SDEI = {"sdei": Wanted(0, Notify.SDEI), "sdei-critical": Wanted(1, Notify.SDEI, vector=CRITICAL)}
SOURCES = PLAIN | SDEI
LONGEST = 64 * 1024  # bytes; Linux gives no block more room (drivers/acpi/apei/ghes.c: GHES_ESTATUS_MAX_SIZE)


class KernelQuestion(NamedTuple):
    """A block for a kernel, and how it is reported."""

    block: bytes  # on the pages of `PLACES`
    source: str = "polled"
    victim: str = ""  # "late" or "early": a process that has the page of that name, and touches it in the end
    repeated: bool = False  # the kernel has printed this very block less than ten seconds before
    # of one that was invented (see `examination`); equal for equal seed and number
    seed: int = 0
    number: int = 0
    words: str = ""  # how it came about

    @property
    def firmware(self) -> str:
        """What Python plays on the machine that is asked."""
        return "el3" if self.source in SDEI else ""

    def reported_by(self, hest: Hest | None = None) -> tuple[Hest, int]:
        """The table of the machine that is asked, and the id of the source there.

        That is *hest*, its registers moved into the lab's memory, and its first source that notifies so; without it
        all sources of `PLAIN` or `SDEI`, with room for the block. Raises ValueError for a table without such a source.
        """
        wanted = SOURCES[self.source]
        if hest:
            table, _ = adopted(hest)
            return table, source_of(table, wanted.notify).source_id
        room = max(PAGE, -(-len(self.block) // PAGE) * PAGE)
        rows = SDEI if self.firmware else PLAIN
        return sources(*(one._replace(block_length=room) for one in rows.values())), wanted.source_id


def aimed(block: bytes, address: int) -> bytes:
    """*block* with each memory error that it says to be valid at *address*, as far as the block can be read."""
    found = bytearray(block)
    for span in StatusBlock.explain(block).spans:
        if span.path.endswith(".section.physical_address") and span.valid is not False:
            found[span.start : span.stop] = address.to_bytes(8, "little")
    return bytes(found)


def own_question(block: bytes, source: str, victim: str, page: str = "", repeated: bool = False) -> KernelQuestion:
    """A question with the memory errors of *block* on a page of `PLACES`: *page*, or the victim's if there is one.

    Raises ValueError for a block that is longer than any may be.
    """
    if len(block) > LONGEST:
        raise ValueError(f"the block has {len(block)} bytes, and Linux reads {LONGEST} at most")
    place = page or ("victim" if victim else "")
    return KernelQuestion(aimed(block, PLACES[place]) if place else block, source, victim, repeated)


def own_case(question: KernelQuestion, kernel: str, hest: Hest | None = None, ram: Ram = LAB) -> Case:
    """What the simulator is asked for *question*; *hest* is as for `KernelQuestion.reported_by`.

    *ram* is the machine's; the pages of `PLACES` that the question names are added to it.
    """
    block, source, victim, repeated, *_ = question
    table, source_id = question.reported_by(hest)
    places = places_of(block)
    choices: dict[str, Any] = {
        "host_repeated": repeated,
        "host_vhe": source.startswith("sdei"),  # see `_vhe`
        "error_touched_later": "victim" in places and bool(victim),
    }
    pages = (*((PLACES[name], PAGES[name]) for name in places), *ram.pages)
    case = case_of(kernel, table, source_id, block, victim, **choices)._replace(ram=ram._replace(pages=pages))
    return _after_the_first(case) if repeated else case


def _after_the_first(case: Case) -> Case:
    """A *case* whose record was reported before: the pages that the kernel took out of use then are so already."""
    first = case._replace(scenario=case.scenario.choose(host_repeated=False)).walk()
    asked = {dict(step.args).get("address", 0) // PAGE: step.text for step in first if step.text in TAKES_PAGES}
    pages = tuple((at, _left(kind, asked.get(at // PAGE))) for at, kind in case.ram.pages)
    return case._replace(ram=case.ram._replace(pages=pages), page=str(predicted(first)["page"]))


def _left(kind: Page, asked: StepText | None) -> Page:
    """What a page of this *kind* is after the kernel was asked to take it out of use, or to move what is in it."""
    if asked is None or (asked is SOFT_OFFLINE and kind is Page.KERNEL):
        return kind
    return Page.POISONED if kind.of_a_process and asked is TO_MEMORY_FAILURE else Page.GONE
