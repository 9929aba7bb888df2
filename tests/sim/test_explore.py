"""The whole space of scenarios: the diagram tells what walks tell, counts are exact, questions find what is there."""

import random
from collections import Counter
from typing import Any

import pytest
from sim.spaces import scenarios_of, trace_of

from raslib.sim.explore import Space
from raslib.sim.model.axes import ScenarioError
from raslib.sim.model.outcome import ENDS
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.walk import outcome, walk

OF_A_MACHINE_THAT_MOVES = {"migrated", "syndrome_lost"}  # the guest goes on from there


@pytest.fixture(scope="module")
def everything() -> Space:
    return Space.of()


def at_random(seed: int, many: int) -> list[Scenario]:
    chance = random.Random(seed)
    drawn = ({name.replace(".", "_"): chance.choice(a.values) for name, a in AXES.items()} for _ in range(many))
    return [Scenario().choose(**choices) for choices in drawn]


def near_the_default(seed: int, many: int) -> list[Scenario]:
    """Scenarios with a few choices changed: of those drawn wholly at random most end early."""
    chance = random.Random(seed)
    found = []
    for _ in range(many):
        names = chance.sample(list(AXES), chance.randint(1, 6))
        found.append(Scenario().choose(**{n.replace(".", "_"): chance.choice(AXES[n].values) for n in names}))
    return found


def test_the_space_is_explored_at_a_small_cost(everything: Space):
    """Stages read few choices and pass small messages; these caps do not depend on the machine."""
    assert everything.size > 10**20
    assert everything.diagram.runs <= 60_000
    assert len(everything.decisions.nodes) <= 12_000
    assert len(everything.diagram.order) <= 12_000  # with every step that is taken on the edges between


@pytest.mark.parametrize("draw", [at_random, near_the_default])
def test_the_diagram_tells_what_a_walk_tells(everything: Space, draw: Any, deep: bool):
    for s in draw(1, 10_000 if deep else 400):
        trace = walk(s)
        from_diagram = trace_of(everything, s)
        assert from_diagram.steps == trace.steps, s.token()
        assert from_diagram.outcome == trace.outcome
        assert everything.decisions.outcome(s)._asdict() == trace.outcome


def test_outcomes_alone_are_the_same(everything: Space, deep: bool):
    for s in at_random(2, 100_000 if deep else 1_500):
        assert everything.decisions.outcome(s)._asdict() == walk(s).outcome, s.token()


def test_counts_sum_to_the_size_of_the_space(everything: Space):
    assert everything.outcomes().total() == everything.size
    outcomes = everything.outcomes()
    assert {found.end for found in outcomes} == set(ENDS) - {"none", *OF_A_MACHINE_THAT_MOVES}
    assert {found.vm for found in outcomes} >= OF_A_MACHINE_THAT_MOVES
    for axis in AXES:
        rows = everything.table(axis).rows
        assert sum(counts.total() for counts in rows.values()) == everything.size
        assert len(rows) == len(AXES[axis].values)


CORNER = ("stance", "host.notify", "host.vhe", "guest.notify", "guest.acked", "cper.severity")


def test_counts_are_those_of_walking_every_scenario():
    """A corner of the space small enough to walk through, one by one."""
    given = {name.replace(".", "_"): Scenario()[name] for name in AXES if name not in CORNER}
    corner = Space.of(**given)
    walked = Counter(tuple(outcome(s).values()) for s in scenarios_of(corner))
    assert corner.size == walked.total() == 2 * 13 * 2 * 7 * 2 * 5
    assert {tuple(found): n for found, n in corner.outcomes().items()} == walked
    table = corner.table("host.notify", "guest.notify")
    ends: dict[tuple[str, ...], Counter[str]] = {}
    for s in scenarios_of(corner):
        words = tuple(AXES[name].word(s[name]) for name in ("host.notify", "guest.notify"))
        ends.setdefault(words, Counter())[outcome(s)["end"]] += 1
    assert table.rows == ends


def test_what_is_given_is_what_the_rest_of_the_space_has(everything: Space):
    """A space of its own, and the same as a row of the whole."""
    row = everything.table("host.notify").rows[("SDEI",)]
    assert Space.of("host.notify=SDEI").table("host.notify").rows == {("SDEI",): row}
    sdei = AXES["host.notify"].value("SDEI")
    assert Space.of("host.notify=SDEI").outcomes() == everything.decisions.count({"host.notify": sdei})


@pytest.mark.parametrize("end", sorted(ENDS.keys() - {"none", *OF_A_MACHINE_THAT_MOVES}))
def test_every_end_has_a_witness_and_none_is_nearer(everything: Space, end: str):
    found = everything.witness(end=end)
    assert found
    assert outcome(found)["end"] == end
    for axis in found.chosen():  # without any one of its choices it ends otherwise
        assert outcome(found.choose(**{axis.replace(".", "_"): AXES[axis].default}))["end"] != end


def test_what_no_scenario_does_has_no_witness(everything: Space):
    assert everything.witness(end="host_panic", host="ignored") is None
    assert Space.of("host.first=kernel").witness(claimed="APEI", host="recovered") is None


def test_the_nearest_scenario_that_ends_otherwise_is_a_choice_away(everything: Space):
    near = everything.nearest(Scenario())
    assert near
    assert len(near.changes) == 1
    assert outcome(near.scenario)["end"] == near.outcome.end != outcome(Scenario())["end"]
    assert near.scenario.chosen() == near.changes


def test_a_near_scenario_is_found_by_walks_as_the_whole_space_finds_it(everything: Space):
    """Plain walks of the neighbours, and the diagram of everything, name the same change."""
    for s in [Scenario(), *near_the_default(7, 30)]:
        near, start = everything.nearest(s), {name: s[name] for name in AXES}
        ends = everything.decisions.outcome(s).end
        changes = everything.decisions.nearest(lambda outcome, ends=ends: outcome.end != ends, start)
        assert near
        assert near.changes == {axis: AXES[axis].word(value) for axis, value in (changes or {}).items()}


def test_the_nearest_scenario_may_be_two_choices_away(everything: Space):
    """No single choice makes a walk that begins with a record's read reach QEMU: the space is explored after all."""
    near = everything.nearest(Scenario.of("begin=record-read"), "vm")
    assert near
    assert len(near.changes) == 2
    assert near.outcome.vm == outcome(near.scenario)["vm"] != "none"


def test_choices_that_matter_are_those_that_change_the_outcome(everything: Space):
    for s in [Scenario(), *near_the_default(3, 10)]:
        ours, matters = outcome(s), everything.matters(s)
        for name, axis in AXES.items():
            changed = {axis.word(v): outcome(s.choose(**{name.replace(".", "_"): v})) for v in axis.values}
            expected = {word: said for word, said in changed.items() if said != ours}
            assert {word: said._asdict() for word, said in matters.get(name, {}).items()} == expected


def test_what_is_found_can_be_printed(everything: Space):
    """Its nodes are shared, so that written out in full they would not end."""
    for found in (
        everything.diagram,
        everything.diagram.root,
        everything.decisions.nodes[-1],
        everything.diagram.order[:3],
    ):
        assert len(repr(found)) < 300


def test_a_space_refuses_what_is_no_choice():
    for said, words in (
        ("host.notify", "is not AXIS=VALUE"),
        ("host.notify=x", "none of its values"),
        ("x=1", "no axis"),
    ):
        with pytest.raises(ScenarioError, match=words):
            Space.of(said)
    with pytest.raises(ScenarioError, match="no axis is called 'weather'"):
        Space.of().table("weather")
    with pytest.raises(ScenarioError, match="no part of an outcome is called 'colour'"):
        Space.of().table("stance", of="colour")
