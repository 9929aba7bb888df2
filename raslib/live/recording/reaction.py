"""What a kernel did about an error: its log, the registers it left, the signals it sent."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from ...sim.model.trace import Sigbus

CODES = {1: "BUS_ADRALN", 2: "BUS_ADRERR", 3: "BUS_OBJERR", 4: "BUS_MCEERR_AR", 5: "BUS_MCEERR_AO", 128: "SI_KERNEL"}


class Victim(NamedTuple):
    """A process in the guest that has a page to lose: the page's address in it, and in physical memory."""

    pid: int
    va: int
    pa: int
    early: bool = False


@dataclass(frozen=True)
class Reaction:
    """What happened after a block was handed over.

    `log` has the kernel's lines, normalised (see `normal`); `raw` has them as they came, and is empty in a replay.
    `block_status` and `ack` are what the kernel left in memory, `ack` None for a source of version 1 and both None if
    no source was used. `page` tells what became of the victim's page: "kept", "moved", "gone", or nothing. `output` is
    what a command in the guest has printed, where one was run.
    """

    title: str = ""
    source: int | None = None
    log: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()
    block: bytes | None = None
    block_status: int | None = None
    ack: int | None = None
    signals: tuple[Sigbus, ...] = ()
    page: str = ""
    panicked: bool = False
    latency: float | None = None  # seconds from the write to the first line of the log
    victim: Victim | None = None
    reached: int = 0  # where the victim has the hole in its memory that it was told to read
    output: str = ""
    kernel: str = ""
    qemu: str = ""

    def normal(self) -> Self:
        """The same with the numbers of one run replaced by those of every run.

        The victim is process 100, its page and the hole have the addresses of `NORMAL`, and that holds in the log, in
        the signals and in the block's bytes. The reaction is still one that could have been; two are alike if equal.
        """
        if self.victim is None:
            return replace(self, raw=())
        swap = {self.victim.va: NORMAL.va, self.victim.pa: NORMAL.pa, self.reached: HOLE_VA if self.reached else 0}
        old, new = (v.pa.to_bytes(8, "little") for v in (self.victim, NORMAL))
        return replace(
            self,
            log=tuple(_renumbered(self.log, self.victim, swap)),
            raw=(),
            block=self.block and self.block.replace(old, new),
            signals=tuple(s._replace(address=swap.get(s.address, s.address)) for s in self.signals),
            victim=NORMAL._replace(early=self.victim.early),
            reached=swap[self.reached],
        )

    def differences(self, other: "Reaction") -> Iterator[str]:
        """What *other* has else, a line each; numbers of one run, times and versions do not count."""
        mine, yours = self.normal(), other.normal()
        for name in ("block", "block_status", "ack", "signals", "page", "panicked", "output"):
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
        lines += ["the kernel panicked"] if self.panicked else []
        took = f", {self.latency * 1000:.0f} ms to the first line" if self.latency is not None else ""
        return "\n".join([*lines, f"[Linux {self.kernel}, QEMU {self.qemu}{took}]"])


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else repr(value)


NORMAL = Victim(100, 0xFFFF_A000_0000, 0x7C00_0000)
HOLE_VA = 0xFFFF_B000_0000


def _renumbered(log: Iterable[str], victim: Victim, swap: Mapping[int, int]) -> Iterator[str]:
    """*log* with the victim's process id, addresses and page frame number replaced."""
    frames = {victim.pa >> 12: NORMAL.pa >> 12}

    def number(found: re.Match[str]) -> str:
        value = int(found[1], 16)
        known = {**frames, **swap}
        return f"0x{known[value]:0{len(found[1])}x}" if value in known else found[0]

    for line in log:
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
_PANIC = re.compile(r"^(SError Interrupt|Kernel panic|Call trace:|---\[ end Kernel panic)")


def text(line: str) -> str:
    """A line of the console without its time stamp."""
    return _TIME.sub("", line)


def normal_log(raw: Iterable[str]) -> tuple[str, ...]:
    """Lines of the log without time stamps and noise; records are numbered from 1, panics shortened to their gist."""
    found, numbers, panicked = [], dict[str, str](), False
    for line in map(text, raw):
        if not line.strip() or _NOISE.match(line):
            continue
        panicked = panicked or line.startswith(("SError Interrupt", "Kernel panic"))
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
