"""What is remembered is what would be found out anew: for every scenario, and found out once."""

import random

import pytest

from raslib.formats.hest import Notify
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.model.trace import Step, Trace
from raslib.sim.remembered import Remembered
from raslib.sim.walk import events, outcome, steps, walk


def near_the_default(chance: random.Random) -> Scenario:
    names = chance.sample(list(AXES), chance.randint(0, 8))
    return Scenario().choose(**{n.replace(".", "_"): chance.choice(AXES[n].values) for n in names})


def at_random(chance: random.Random) -> Scenario:
    return Scenario().choose(**{n.replace(".", "_"): chance.choice(a.values) for n, a in AXES.items()})


@pytest.mark.parametrize("draw", [near_the_default, at_random])
def test_a_walk_tells_what_the_stages_tell_one_after_the_other(draw, deep):
    chance = random.Random(5)
    for _ in range(10_000 if deep else 1_000):
        s = draw(chance)
        plain = Trace.of(s, events(s))
        for _ in range(2):  # found out, and remembered
            assert walk(s) == plain, s.token()
            assert outcome(s) == plain.outcome, s.token()
        assert all(type(step) is Step for step in walk(s).steps)
    assert walk(Scenario()).steps == tuple(steps(Scenario()))


def test_a_function_is_run_once_for_what_it_looks_at():
    looked = []

    def notified(s: Scenario) -> str:
        looked.append(s)
        if s.host.vhe:
            return "VHE"
        return f"nVHE, {s.host.notify.name}"

    known = Remembered(notified)
    there, here = Scenario(), Scenario.of("host.vhe=false")
    for s, said in (
        (there, "VHE"),
        (there.choose(host_notify="SDEI"), "VHE"),  # does not matter, for it is not looked at
        (here, "nVHE, SEA"),
        (here.choose(guest_notify=Notify.GPIO, host_notify="SEA"), "nVHE, SEA"),
        (here.choose(host_notify="SDEI"), "nVHE, SDEI"),
        (there, "VHE"),
    ):
        assert known(s) == said
    assert len(looked) == 3


def test_what_looks_at_nothing_is_run_once_and_may_be_none():
    runs = []
    known = Remembered(lambda s: runs.append(s))
    assert known(Scenario()) is None
    assert known(Scenario.of("host.vhe=false")) is None
    assert len(runs) == 1


def test_a_failure_is_not_remembered():
    answers = iter([None, "told"])

    def once_refused(s: Scenario) -> str:
        if (said := next(answers)) is None:
            raise LookupError(s.host.vhe)
        return said

    known = Remembered(once_refused)
    with pytest.raises(LookupError, match="True"):
        known(Scenario())
    assert known(Scenario()) == "told"
