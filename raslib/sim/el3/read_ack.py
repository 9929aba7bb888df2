"""One block for all errors of a source: who may write it when, and what becomes of an error that comes too early.

Pure: a table of states and events. The acknowledge is the read ack register for GHES version 2 and a block status of
zero for version 1; what follows from it is the same. ACPI 6.5 §18.3.2.7, §18.3.2.8
"""

from typing import Literal, NamedTuple

State = Literal["free", "unread", "waiting"]  # waiting: unread, and firmware keeps the record of another error
Event = Literal["error", "acknowledge"]
Action = Literal["write", "keep", "drop", "write what was kept", "nothing"]


class Transition(NamedTuple):
    """What firmware does, and how the block stands then."""

    action: Action
    then: State


# fmt: off
TRANSITIONS: dict[tuple[State, Event], Transition] = {
    ("free",    "error"):       Transition("write", "unread"),
    ("free",    "acknowledge"): Transition("nothing", "free"),
    ("unread",  "error"):       Transition("keep", "waiting"),  # never written over what nobody has read
    ("unread",  "acknowledge"): Transition("nothing", "free"),
    ("waiting", "error"):       Transition("drop", "waiting"),  # there is room for one
    ("waiting", "acknowledge"): Transition("write what was kept", "unread"),
}
# fmt: on


def after(state: State, *events: Event) -> tuple[tuple[Action, ...], State]:
    """What firmware does about *events*, one after the other, and how the block stands at last."""
    actions: list[Action] = []
    for event in events:
        action, state = TRANSITIONS[state, event]
        actions.append(action)
    return tuple(actions), state
