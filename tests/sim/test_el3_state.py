"""What EL3 firmware keeps between two errors: blocks, priorities and events, each as a small machine of its own."""

from itertools import product

import pytest

from raslib.sim.el3 import ehf
from raslib.sim.el3.notification import standing
from raslib.sim.el3.read_ack import TRANSITIONS, after
from raslib.sim.el3.sdei import DispatchRefusal, Pe, SdeiEvent, complete, sdei_dispatch_event, transition
from raslib.sim.model.choices import Priority, SdeiState

# --- the block --------------------------------------------------------------------------------------------------------


def test_the_second_error_waits_and_the_third_is_dropped():
    assert after("free", "error") == (("write",), "unread")
    assert after("free", "error", "error") == (("write", "keep"), "waiting")
    assert after("free", "error", "error", "error") == (("write", "keep", "drop"), "waiting")
    assert after("free", "error", "acknowledge", "error") == (("write", "nothing", "write"), "unread")
    assert after("waiting", "acknowledge", "acknowledge") == (("write what was kept", "nothing"), "free")


def test_every_state_knows_every_event():
    assert set(TRANSITIONS) == set(product(("free", "unread", "waiting"), ("error", "acknowledge")))


def test_whatever_happens_nothing_unread_is_written_over():
    """All sequences of eight events: writes and acknowledges alternate, and what is kept is never two."""
    for events in product(("error", "acknowledge"), repeat=8):
        state, unread, kept = "free", False, 0
        for event in events:
            [action], state = after(state, event)
            unread = unread and event != "acknowledge"
            if action in ("write", "write what was kept"):
                assert not unread
                unread = True
            kept += {"keep": 1, "write what was kept": -1}.get(action, 0)
            assert 0 <= kept <= 1
            assert state == ("waiting" if kept else "unread" if unread else "free")


# --- priorities -------------------------------------------------------------------------------------------------------


def test_priorities_are_a_stack():
    active = ehf.activate(ehf.activate((), ehf.SDEI_NORMAL), ehf.RAS)
    assert active == (0x70, 0x10)


@pytest.mark.parametrize("lower", [ehf.RAS, ehf.SDEI_CRITICAL, ehf.SDEI_NORMAL])
def test_a_priority_that_is_not_higher_is_a_panic(lower: int):
    with pytest.raises(ehf.Panic, match=f"activation priority mismatch: requested {lower:#x}, current 0x10"):
        ehf.activate((ehf.SDEI_NORMAL, ehf.RAS), lower)


def test_what_is_active_masks_interrupts_that_are_not_above_it():
    assert ehf.interrupts((), ehf.SDEI_NORMAL)
    assert ehf.interrupts((ehf.SDEI_NORMAL,), ehf.RAS)
    assert not ehf.interrupts((ehf.RAS,), ehf.RAS)
    assert not ehf.interrupts((ehf.SDEI_NORMAL, ehf.RAS), ehf.SDEI_CRITICAL)


# --- SDEI -------------------------------------------------------------------------------------------------------------

READY = SdeiEvent(804, registered=True, enabled=True)
NORMAL = SdeiEvent(1, registered=True, enabled=True, running=True)
CRITICAL = NORMAL._replace(critical=True)


@pytest.mark.parametrize(
    ("pe", "event", "refusal"),
    [
        (Pe(masked=True), READY, DispatchRefusal.MASKED),
        (Pe(), READY._replace(number=0), DispatchRefusal.EVENT_0),
        (Pe(), READY._replace(explicit=False), DispatchRefusal.NOT_EXPLICIT),
        (Pe(outstanding=(CRITICAL,)), READY, DispatchRefusal.CRITICAL_OUTSTANDING),
        (Pe(outstanding=(CRITICAL,)), READY._replace(critical=True), DispatchRefusal.CRITICAL_OUTSTANDING),
        (Pe(outstanding=(NORMAL,)), READY, DispatchRefusal.OUTSTANDING),
        (Pe(), READY._replace(registered=False), DispatchRefusal.STATE),
        (Pe(), READY._replace(enabled=False), DispatchRefusal.STATE),
        (Pe(), READY._replace(running=True), DispatchRefusal.STATE),
        (Pe(), READY._replace(unregister_pending=True), DispatchRefusal.STATE),
        (
            Pe(masked=True, outstanding=(CRITICAL,)),
            READY._replace(enabled=False),
            DispatchRefusal.MASKED,
        ),  # the first that holds
    ],
)
def test_a_dispatch_is_refused(pe: Pe, event: SdeiEvent, refusal: DispatchRefusal):
    assert sdei_dispatch_event(pe, event) is refusal


def test_a_dispatch_makes_the_event_run_until_it_completes():
    pe, event = sdei_dispatch_event(Pe(), READY)
    assert event == READY._replace(running=True)
    assert pe.outstanding == (event,)
    assert sdei_dispatch_event(pe, event) is DispatchRefusal.OUTSTANDING
    assert complete(pe) == (Pe(), READY)
    with pytest.raises(ValueError, match="no event is outstanding"):
        complete(Pe())


def test_a_critical_event_interrupts_a_normal_one_and_completes_first():
    pe, normal = sdei_dispatch_event(Pe(), READY)
    pe, critical = sdei_dispatch_event(pe, SdeiEvent(7, critical=True, registered=True, enabled=True))
    assert pe.outstanding == (normal, critical)
    assert sdei_dispatch_event(pe, SdeiEvent(8, critical=True, registered=True, enabled=True)) is (
        DispatchRefusal.CRITICAL_OUTSTANDING
    )
    pe, done = complete(pe)
    assert (done.number, pe.outstanding) == (7, (normal,))


@pytest.mark.parametrize(
    ("state", "priority", "delivered"),
    [(state, p, state is SdeiState.READY or (state is SdeiState.NORMAL and p is Priority.CRITICAL))
     for state in SdeiState for p in Priority],
)  # fmt: skip
def test_which_choices_let_an_event_through(state: SdeiState, priority: Priority, delivered: bool):
    assert isinstance(sdei_dispatch_event(*standing(state, priority, 804)), tuple) is delivered


def test_what_a_client_may_ask():
    new = SdeiEvent(804)
    assert transition(new, "enable") is None
    assert transition(new, "unregister") is None
    registered = transition(new, "register")
    assert registered == SdeiEvent(804, registered=True)
    assert transition(registered, "register") is None
    enabled = transition(registered, "enable")
    assert enabled == READY
    assert transition(enabled, "disable") == registered
    assert transition(enabled, "unregister") == new


def test_an_event_that_runs_is_unregistered_when_it_completes():
    pe, event = sdei_dispatch_event(Pe(), READY)
    pending = transition(event, "unregister")
    assert pending == SdeiEvent(804, registered=True, running=True, unregister_pending=True)
    for asked in ("register", "enable", "disable", "unregister", "dispatch"):
        assert transition(pending, asked) is None
    assert complete(pe._replace(outstanding=(pending,))) == (Pe(), SdeiEvent(804))
