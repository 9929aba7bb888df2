"""What a kernel did about an error: its log, the registers it left, the signals it sent."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

from ...sim.model.trace import Sigbus

CODES = {1: "BUS_ADRALN", 2: "BUS_ADRERR", 3: "BUS_OBJERR", 4: "BUS_MCEERR_AR", 5: "BUS_MCEERR_AO", 128: "SI_KERNEL"}


class Victim(NamedTuple):
    """A process in the guest that has a page to lose: the page's address in it, and in physical memory."""

    pid: int
    va: int
    pa: int
    early: bool = False

    @property
    def kind(self) -> str:
        """By when it is signalled: "early", as it has asked, or "late", when it touches the page."""
        return "early" if self.early else "late"


@dataclass(frozen=True)
class Reaction:
    """What happened after a block was handed over.

    `log` has the kernel's lines as `normal_log` gives them.
    `block_status` and `ack` are what the kernel left in memory, `ack` None for a source of version 1 and both None if
    no source was used. `page` tells what became of the victim's page: "kept", "moved", "gone", or nothing. `output` is
    what a command in the guest has printed, where one was run.
    """

    title: str = ""
    source: int | None = None
    log: tuple[str, ...] = ()
    block: bytes | None = None
    block_status: int | None = None
    ack: int | None = None
    signals: tuple[Sigbus, ...] = ()
    page: str = ""
    panicked: bool = False
    latency: float | None = None  # seconds from the write to the first line of the log
    victim: Victim | None = None
    reached: int = 0  # where the victim has the hole in its memory that it was made to read
    pages: Mapping[str, int] = field(default_factory=dict, hash=False)  # where the others are that the block may name
    output: str = ""
    kernel: str = ""
    qemu: str = ""

    def normal(self) -> Self:
        """The same with the numbers of one run replaced by those of every run.

        The victim is process 100, its page, the hole and other pages have the addresses of `NORMAL` and `PLACES`, and
        that holds in the log, in the signals and in the block's bytes. The reaction is still one that could
        have been; two are alike if equal.
        """
        places = {**self.pages, **({"victim": self.victim.pa} if self.victim else {})}
        pages = {address: PLACES[name] for name, address in places.items()}
        usual = {self.victim.va: NORMAL.va, self.reached: HOLE_VA if self.reached else 0} if self.victim else {}
        return replace(
            self,
            log=tuple(_renumbered(self.log, self.victim, pages, usual)),
            block=self.block and moved(self.block, pages),
            signals=tuple(s._replace(address=usual.get(s.address, s.address)) for s in self.signals),
            victim=self.victim and NORMAL._replace(early=self.victim.early),
            reached=usual.get(self.reached, 0),
            pages={name: PLACES[name] for name in self.pages},
        )

    @property
    def victim_kind(self) -> str:
        """When the victim is signalled, "early" or "late"; nothing if there is none."""
        return self.victim.kind if self.victim else ""

    @property
    def calm(self) -> tuple[str, ...]:
        """The log up to a panic or an oops, if there is one."""
        at = next((i for i, line in enumerate(self.log) if line.startswith(_FATAL)), len(self.log))
        return self.log[:at]

    @property
    def oops(self) -> str:
        """The line with which an oops of the kernel begins, if there was one that did not end in a panic."""
        return "" if self.panicked else next(iter(self.log[len(self.calm) :]), "")

    def differences(self, other: "Reaction") -> Iterator[str]:
        """What *other* has else, a line each; numbers of one run, times and versions do not count."""
        mine, yours = self.normal(), other.normal()
        for name in ("block", "block_status", "ack", "signals", "page", "panicked", "oops", "output"):
            if getattr(mine, name) != getattr(yours, name):
                yield f"{name}: {_shown(getattr(mine, name))} is now {_shown(getattr(yours, name))}"
        if mine.log != yours.log:
            lost, new = Counter(mine.log) - Counter(yours.log), Counter(yours.log) - Counter(mine.log)
            yield from (f"- {line}" for line in lost.elements())
            yield from (f"+ {line}" for line in new.elements())
            if not lost and not new:
                yield "the same lines, in another order"

    def __str__(self) -> str:
        lines = [*self.log] or ["(nothing in the log)"]
        lines += self.output.splitlines()
        if self.block_status is not None:
            acked = "" if self.ack is None else f", read_ack_register {self.ack:#x}"
            lines.append(f"block_status {self.block_status:#x}{acked}")
        lines += [f"SIGBUS {s.code}, si_addr {s.address:#x}, si_addr_lsb {s.lsb}" for s in self.signals]
        lines += [f"the page is {self.page}"] if self.page else []
        lines += ["the kernel panicked"] if self.panicked else ["the kernel oopsed"] if self.oops else []
        took = f", {self.latency * 1000:.0f} ms to the first line" if self.latency is not None else ""
        return "\n".join([*lines, f"[Linux {self.kernel}, QEMU {self.qemu}{took}]"])


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else repr(value)


NORMAL = Victim(100, 0xFFFF_A000_0000, 0x7C00_0000)
HOLE_VA = 0xFFFF_B000_0000
# Pages that a block may name, where they are in every question, prediction and recording: the victim's; one that nobody
# uses; one of the kernel's code; one of its slab allocator's. A machine that is asked has them somewhere else.
PLACES = {"victim": NORMAL.pa, "free": 0x7C20_0000, "text": 0x7C40_0000, "slab": 0x7C60_0000}
_IN_PAGE = 0xFFF
WITHIN = (0, 0x40, 0xFFF)  # where in its page an address of a question points; other bytes may look like an address


def places_of(block: bytes) -> tuple[str, ...]:
    """The names of the pages of `PLACES` that *block* names, in their order in it."""
    names = {page: name for name, page in PLACES.items()}
    addresses = (int.from_bytes(block[at : at + 8], "little") for at in range(len(block) - 7))
    pages = (address & ~_IN_PAGE for address in addresses if address & _IN_PAGE in WITHIN)
    return tuple(dict.fromkeys(names[page] for page in pages if page in names))


def moved(block: bytes, pages: Mapping[int, int]) -> bytes:
    """*block* with pages moved, address by address; where an address points within its page stays."""
    found = bytearray(block)
    for at in range(len(block) - 7):
        address = int.from_bytes(block[at : at + 8], "little")
        if address & ~_IN_PAGE in pages and address & _IN_PAGE in WITHIN:
            found[at : at + 8] = (pages[address & ~_IN_PAGE] | address & _IN_PAGE).to_bytes(8, "little")
    return bytes(found)


def on_page_of(victim: Victim | None, block: bytes) -> bytes:
    """*block*, which names the page of `NORMAL`, with that of *victim* instead, if there is one."""
    return moved(block, {NORMAL.pa: victim.pa}) if victim else block


def _renumbered(
    log: Iterable[str], victim: Victim | None, pages: Mapping[int, int], usual: Mapping[int, int]
) -> Iterator[str]:
    """*log* with the victim's process id, with addresses and page frame numbers replaced."""
    frames = {old >> 12: new >> 12 for old, new in pages.items()}
    known = {**frames, **pages, **usual}

    def number(found: re.Match[str]) -> str:
        value = int(found[1], 16)
        page, within = value & ~_IN_PAGE, value & _IN_PAGE
        new = known.get(value, pages[page] | within if page in pages else value)
        return found[0] if new == value else f"0x{new:0{len(found[1])}x}"

    for line in log:
        if victim:
            line = re.sub(rf"(?<=:){victim.pid}\b", str(NORMAL.pid), line)
        yield re.sub(r"\b0x([0-9a-f]+)\b", number, line)


# --- the log ----------------------------------------------------------------------------------------------------------

_TIME = re.compile(r"^(<\d+>)?\[ *\d+\.\d+\] ?")
_NUMBER = re.compile(r"^\{(\d+)\}")
MARK = "raslib: mark"
# What a kernel may say at any time, and that has nothing to do with an error.
_NOISE = re.compile(
    rf"^({MARK}|random: |hrtimer: |perf: interrupt|clocksource: |workqueue: .* hogged|sched: RT|"
    r"watchdog: |rcu: |systemd|printk: |Rebooting in|cfg80211|\(sd-)"
)
# Of a panic's report, what does not differ from run to run: the message, and the frames on the error's own way.
_FRAME = re.compile(r"^ (\w+)(\.\w+)*\+0x[0-9a-f]+/0x[0-9a-f]+")
_ON_THE_WAY = re.compile(r"panic|ghes|apei|sea|sdei|serror|mem_abort|kvm|el0_da|handle_exit")
_FATAL = ("SError Interrupt", "Kernel panic", "Unable to handle kernel", "Internal error: ", "kernel BUG at ")
_PANIC = re.compile(rf"^({'|'.join(_FATAL)}|Call trace:|---\[ end )")


def text(line: str) -> str:
    """A line of the console without its time stamp."""
    return _TIME.sub("", line)


def normal_log(raw: Iterable[str]) -> tuple[str, ...]:
    """Lines of the log without time stamps and noise; records are numbered from 1, panics shortened to their gist."""
    found, numbers, panicked = [], dict[str, str](), False
    for line in map(text, raw):
        if not line.strip() or _NOISE.match(line):
            continue
        panicked = panicked or line.startswith(_FATAL)
        if panicked:
            found += _gist(line)
        else:
            found.append(_NUMBER.sub(lambda n: f"{{{numbers.setdefault(n[1], str(len(numbers) + 1))}}}", line))
    return tuple(found)


def _gist(line: str) -> list[str]:
    frame = _FRAME.match(line)
    if frame:
        return [f" {frame[1]}"] if _ON_THE_WAY.search(frame[1]) else []
    return [line] if _PANIC.match(line) else []
