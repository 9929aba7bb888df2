"""What an experiment is: steps on a machine that is booted in a certain way."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from ..formats.hest import Hest
from .machine import Machine
from .steps import Step


@dataclass(frozen=True)
class Boot:
    """A machine: its tables, and what else `Machine` is to be given."""

    name: str
    title: str
    hest: Hest
    more: dict[str, Any] = field(default_factory=dict)
    later: Callable[[], dict[str, Any]] | None = None  # more for `Machine`, which is read when it is booted
    ready: str = ""  # a line of shell to run once it is up
    firmware: Callable[[Machine], AbstractContextManager[object]] | None = None
    alone: bool = False  # takes minutes: it is booted only if it is named


@dataclass(frozen=True)
class Experiment:
    """A question to the kernel: steps on one machine, in order."""

    name: str
    boot: str
    title: str
    steps: tuple[Step, ...]


def listed(boot: str, rows: Iterable[tuple[Any, ...]]) -> dict[str, Experiment]:
    """Experiments on one machine by name, each made of a row: its name, its title, its steps."""
    return {name: Experiment(name, boot, title, tuple(steps)) for name, title, *steps in rows}
