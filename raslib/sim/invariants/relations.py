"""What compares stories with each other: after the same signals, QEMU and its guest live through the same.

For every scenario it is noted which signals QEMU was handed, on which choices of the guest and of the error itself the
story depends, and what QEMU and the guest can see of it. If the guest cannot tell its host, two scenarios in which they
see different things differ in the signals or in such a choice.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

from .. import rejected
from ..explore.diagram import Diagram
from ..explore.monitor import Chosen, Objection, ends_of
from ..scenario import AXES, Running, Scenario
from ..trace import Sigbus, Step
from .observers import INJECTS, Watch

THEIRS = frozenset(name for name in AXES if name.startswith(("guest.", "error.", "ask.")) or name == "begin")


class View(NamedTuple):
    """What QEMU and its guest have seen so far."""

    signals: tuple[Sigbus, ...] = ()
    choices: tuple[tuple[str, Any], ...] = ()  # of the guest and of the error, in the order in which they were read
    steps: tuple[Step, ...] = ()
    default: bool = False  # nobody had claimed what happened, and KVM did something of its own; or user space asked it


class FromInside(Watch):
    """Sees what QEMU and its guest see."""

    first = View()

    def other(self, state: View, event: Any) -> View:
        if isinstance(event, Chosen) and event.axis in THEIRS:
            return state._replace(choices=(*state.choices, (event.axis, event.value)))
        if isinstance(event, Chosen) and event.axis == "cpu.running":  # QEMU knows which of its threads it is
            return state._replace(choices=(*state.choices, (event.axis, event.value is Running.THREAD)))
        return state

    def step(self, state: View, step: Step) -> View:
        if step.text in INJECTS or step.text is rejected.EXITS_TO_USER or step.actor == "VMM":
            return state._replace(default=True)
        if isinstance(step.carries, Sigbus) and step.to and step.to.actor == "QEMU":
            return state._replace(signals=(*state.signals, step.carries))
        if step.machine == "guest" or step.actor == "QEMU":
            # at which level of the host KVM runs is not seen from inside
            seen = step._replace(to=None) if step.to and step.to.actor == "KVM" else step
            return state._replace(steps=(*state.steps, seen))
        return state


class Difference(NamedTuple):
    """Two scenarios that QEMU or its guest can tell apart, though signals, guest and error are the same."""

    a: Scenario
    b: Scenario


def told_apart(diagram: Diagram) -> Iterator[Difference]:
    """Pairs of hosts that can be told apart from inside. What KVM injects by its own default is left out."""
    groups: dict[tuple[Sigbus, ...], dict[tuple[Step, ...], list[tuple[dict[str, Any], Scenario]]]] = {}
    for view, (_, witness) in ends_of(diagram, FromInside()).items():
        if not isinstance(view, Objection) and not view.default:
            stories = groups.setdefault(view.signals, {})
            stories.setdefault(view.steps, []).append((dict(view.choices), witness))
    for stories in groups.values():
        for (_, ours), (_, theirs) in combinations(stories.items(), 2):
            for choices, a in ours:
                for others, b in theirs:
                    if all(choices[name] is others[name] for name in choices.keys() & others.keys()):
                        yield Difference(a, b)


def compared(diagram: Diagram) -> tuple[int, int]:
    """How many scenarios hand QEMU a signal, and how many different signals, or sequences of them, there are."""
    views = {v: n for v, (n, _) in ends_of(diagram, FromInside()).items() if not isinstance(v, Objection) and v.signals}
    return sum(views.values()), len({view.signals for view in views})
