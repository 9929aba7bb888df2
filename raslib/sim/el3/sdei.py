"""SDEI: the states of an event and of a PE, what clients may ask, and when firmware may dispatch (Arm DEN0054, TF-A).

Pure: each function answers with a new state or with the reason why not. TF-A: services/std_svc/sdei/sdei_state.c,
sdei_intr_mgmt.c.
"""

from enum import Enum
from typing import Literal, NamedTuple


class SdeiEvent(NamedTuple):
    """An event and how it stands."""

    number: int
    critical: bool = False
    registered: bool = False
    enabled: bool = False
    running: bool = False
    unregister_pending: bool = False
    explicit: bool = True  # firmware dispatches it; else it is bound to an interrupt


class Pe(NamedTuple):
    """A PE: whether it takes events, and the events it has not completed, the last dispatched last."""

    masked: bool = False
    outstanding: tuple[SdeiEvent, ...] = ()


class DispatchRefusal(Enum):
    """Why sdei_dispatch_event() returns -1, in the order in which it asks."""

    MASKED = "events are masked on this PE"
    EVENT_0 = "event 0 is software's own to signal"
    NOT_EXPLICIT = "the event is bound to an interrupt, which alone dispatches it"
    CRITICAL_OUTSTANDING = "a critical event is outstanding, and nothing interrupts its handler"
    OUTSTANDING = "the event is of normal priority, and another is outstanding"
    STATE = "the event is not registered, not enabled, or its handler is running"


def sdei_dispatch_event(pe: Pe, event: SdeiEvent) -> tuple[Pe, SdeiEvent] | DispatchRefusal:
    """What a dispatch by firmware makes of *pe* and *event*; or why it returns -1 and nothing is delivered."""
    if pe.masked:
        return DispatchRefusal.MASKED
    if event.number == 0:
        return DispatchRefusal.EVENT_0
    if not event.explicit:
        return DispatchRefusal.NOT_EXPLICIT
    if pe.outstanding and pe.outstanding[-1].critical:
        return DispatchRefusal.CRITICAL_OUTSTANDING
    if pe.outstanding and not event.critical:
        return DispatchRefusal.OUTSTANDING
    if not (dispatched := transition(event, "dispatch")):
        return DispatchRefusal.STATE
    return pe._replace(outstanding=(*pe.outstanding, dispatched)), dispatched


def complete(pe: Pe) -> tuple[Pe, SdeiEvent]:
    """SDEI_EVENT_COMPLETE: the last dispatched event is done. Raises ValueError if none is outstanding."""
    if not pe.outstanding:
        raise ValueError("no event is outstanding on this PE")
    *before, last = pe.outstanding
    done = last._replace(running=False)
    if last.unregister_pending:
        done = done._replace(registered=False, enabled=False, unregister_pending=False)
    return pe._replace(outstanding=tuple(before)), done


SdeiCall = Literal["register", "enable", "disable", "unregister", "dispatch"]


def transition(event: SdeiEvent, call: SdeiCall) -> SdeiEvent | None:
    """What *event* becomes; None: denied."""
    if event.unregister_pending:  # until its handler completes nothing else is heard
        return None
    match call:
        case "register":
            return None if event.registered or event.running else event._replace(registered=True, enabled=False)
        case "enable" | "disable":
            return event._replace(enabled=call == "enable") if event.registered else None
        case "unregister" if event.registered and event.running:
            return event._replace(unregister_pending=True, enabled=False)
        case "unregister":
            return event._replace(registered=False, enabled=False) if event.registered else None
        case "dispatch":
            return event._replace(running=True) if event.registered and event.enabled and not event.running else None
