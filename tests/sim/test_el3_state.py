"""What EL3 firmware keeps of SDEI events between two errors."""

import pytest

from raslib.sim.el3.notification import standing
from raslib.sim.el3.sdei import DispatchRefusal, Pe, SdeiEvent, complete, sdei_dispatch_event, transition
from raslib.sim.model.choices import Priority, SdeiState

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
