"""The kinds of steps that an experiment is made of; each is done on a machine and gives a reaction.

A kind of step is any frozen dataclass with a `title` and a method `do(machine)`.
"""

import re
import time
from dataclasses import dataclass, replace
from typing import Protocol

from ..formats.cper import Severity
from .blocks import Block
from .machine import Machine
from .reaction import Reaction, Victim, normal_log, text

# Linux prints two records of a class (corrected or not) in five seconds and counts the rest (drivers/acpi/apei/ghes.c:
# ghes_print_estatus()).
RECORDS, SECONDS = 2, 5.3
CORRECTED = {Severity.CORRECTED, Severity.INFORMATIONAL}


class Step(Protocol):
    """Something done to a machine."""

    @property
    def title(self) -> str: ...

    def do(self, machine: Machine) -> Reaction:
        """Do it, and say what the kernel did about it."""


def pace(machine: Machine, severity: int | None, room: int = RECORDS) -> None:
    """Wait until Linux would print *room* more records of the class of *severity*, or of both classes if it is None."""
    classes = "corrected|info" if severity in CORRECTED else "recoverable|fatal" if severity is not None else r"\w+"
    header = re.compile(rf"event severity: ({classes})")

    def recent() -> int:
        return sum(time.monotonic() - line.at < SECONDS for line in machine.console if header.search(line.text))

    machine.until(lambda: recent() + room <= RECORDS, 3 * SECONDS, "the kernel does not stop printing")


def severity(block: bytes | None) -> int | None:
    return int.from_bytes(block[16:20], "little") if block else None


def _victim(machine: Machine, kind: str) -> Victim | None:
    return machine.victim(early=kind == "early") if kind else None


@dataclass(frozen=True)
class Report:
    """A block put into a source, and the kernel notified.

    *victim* is "late" or "early": the kind of process whose page the block names. *until* is what the log must say.
    """

    title: str
    source: int
    block: Block | None
    victim: str = ""
    until: str = ""
    room: int = 1  # records that the kernel must still be willing to print; 0: do not wait

    def do(self, machine: Machine) -> Reaction:
        page = _victim(machine, self.victim)
        block = self.block(page.pa if page else 0) if self.block else None
        if block and self.room:
            pace(machine, severity(block), self.room)
        return machine.report(self.source, block, page, until=self.until)


@dataclass(frozen=True)
class Burst:
    """Blocks put into a source one after the other, each as soon as the last has been consumed."""

    title: str
    source: int
    blocks: tuple[Block, ...]

    def do(self, machine: Machine) -> Reaction:
        pace(machine, None)
        *most, last = (block(0) for block in self.blocks)

        def act() -> None:
            for block in most:
                machine.put(self.source, block)
                machine.notify[machine.slots[self.source].notify](machine.slots[self.source])
                machine.until(lambda: not machine.block_status(self.source), 5, "the block is not consumed")

        first = machine.observe(act, quiet=0)
        rest = machine.report(self.source, last)
        return replace(rest, log=normal_log([*first.raw, *rest.raw]), raw=(*first.raw, *rest.raw))


@dataclass(frozen=True)
class Shell:
    """A line of shell in the guest. `{page:#x}` in it is the address of a victim's page.

    *source* is the one that is going to report, if any is.
    """

    title: str
    line: str
    source: int | None = None
    victim: str = ""
    until: str = ""

    def do(self, machine: Machine) -> Reaction:
        page = _victim(machine, self.victim)
        if self.source is not None:
            pace(machine, None, 1)
        said: list[str] = []
        line = self.line.format(page=page.pa if page else 0)
        reaction = machine.observe(
            lambda: said.append(machine.shell(line)), page=page, source=self.source, until=self.until
        )
        return replace(reaction, output=said[0])


@dataclass(frozen=True)
class BootLog:
    """What the kernel said while it booted, as far as it has *pattern*."""

    title: str
    pattern: str

    def do(self, machine: Machine) -> Reaction:
        lines = [line.text for line in machine.console[: machine.booted] if re.search(self.pattern, text(line.text))]
        return Reaction(log=normal_log(lines), raw=tuple(lines), kernel=machine.kernel, qemu=machine.qemu)
