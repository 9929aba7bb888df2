"""Watches what a kernel does about an error, until all is quiet again."""

import contextlib
import time
from collections.abc import Callable
from typing import TypedDict

from ..sim.model.trace import Sigbus
from . import Panicked
from .console import AgentEvent, System
from .recording.reaction import CODES, Reaction, Victim, normal_log, text

HOLE = 0x0B00_0000  # an address of QEMU's virt machine at which there is nothing: an access is an external abort
REACT_SECONDS = 20  # five times what a busy machine needs
REST_SECONDS = 20  # for the guest to come to rest


class Wait(TypedDict, total=False):
    """When a reaction is over: the block is consumed, and what is said here has come.

    *touch*: the victim touches its page (unless it is false). *until*: a line of the log has this pattern. *quiet*:
    nothing has come for so many seconds, 0.25 if nothing is said. *seconds* is how long each of them may take.
    """

    touch: bool
    until: str
    quiet: float
    seconds: float


class MachineWatch:
    """What is looked at from an error's report on until all is quiet again."""

    def __init__(
        self, machine: System, page: Victim | None, source: int | None = None, block: bytes | None = None
    ) -> None:
        """*source* is the one that is looked at, and *block* what has been put there."""
        self.machine, self.source, self.block = machine, source, block
        self.page, self.reached = page, 0
        self.line, self.event = len(machine.console), len(machine.events)
        self.began = time.monotonic()

    def reach(self, seconds: float = REACT_SECONDS, **more: object) -> None:
        """Have the victim read where there is nothing, and wait for what becomes of it."""
        assert self.page
        with contextlib.suppress(Panicked):
            self.machine.ask("order", pid=self.page.pid, what=f"reach {HOLE:#x}")
        self._wait(lambda: self._has("ended", "read"), seconds, "the abort has no end")
        self.reached = next((e.value["address"] for e in self._new() if e.name == "reaching"), 0)

    def over(
        self, touch: bool = True, until: str = "", quiet: float = 0.25, seconds: float = REACT_SECONDS
    ) -> Reaction:
        """Wait for the end, and give what happened."""
        m, deadline = self.machine, time.monotonic() + seconds
        self._wait(lambda: not m.registers(self.source)[0] or time.monotonic() > deadline, seconds + 5, "no end")
        if until:
            self._wait(lambda: m.has(until, self.line), seconds, f"no line with {until!r}")
        self._wait(lambda: self._silent(quiet), REST_SECONDS, "the guest does not come to rest")
        with contextlib.suppress(Panicked):  # a busy machine may be quiet for a while in the middle of a panic
            if self.page and touch and not self.reached and not m.panicked and not self._has("ended"):
                m.ask("order", pid=self.page.pid, what="touch")
                m.until(lambda: self._has("ended", "read"), seconds, "the page was touched, and nothing happened")
            m.flush()
        if m.panicked:
            m.until(m.emulator.ended, seconds, "the panic has no end")  # panic=-1: a reset, which ends QEMU
        return self._reaction()

    def _wait(self, ready: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until it is *ready*, or the kernel panics."""
        self.machine.until(lambda: ready() or self.machine.panicked, seconds, what)

    def _silent(self, seconds: float) -> bool:
        """Whether nothing has come from the kernel and the agent for so long."""
        last = [line.at for line in self.machine.console[-1:]] + [e.at for e in self.machine.events[-1:]]
        return time.monotonic() - max(self.began, *last) > seconds

    def _new(self) -> list[AgentEvent]:
        """Events since, of the victim if there is one; and that one's end, if it had ended before."""
        new = [e for i, e in enumerate(self.machine.events) if i >= self.event or e.name == "ended"]
        return [e for e in new if self.page is None or e.value.get("pid") == self.page.pid]

    def _has(self, *names: str) -> bool:
        return any(e.name in names for e in self._new())

    def _reaction(self) -> Reaction:
        m, page = self.machine, self.page
        status, ack = m.registers(self.source)
        lines = [line for line in m.console[self.line :] if text(line.text)]
        first = next((line.at for line in lines if normal_log([line.text])), None)
        signals = [e.value for e in self._new() if e.name == "signal"]
        frames = [e.value["pa"] for e in self._new() if e.name in ("signal", "read")]
        fate = ("gone" if not frames[-1] else "kept" if frames[-1] == page.pa else "moved") if frames and page else ""
        return Reaction(
            log=normal_log(line.text for line in lines),
            block=self.block,
            block_status=status,
            ack=ack,
            signals=tuple(Sigbus(CODES.get(s["code"], str(s["code"])), s["address"], s["lsb"]) for s in signals),
            page=fate,
            panicked=m.panicked,
            latency=None if first is None else first - self.began,
            victim=page,
            reached=self.reached,
            kernel=m.kernel,
            qemu=m.qemu,
            source=self.source,
        )
