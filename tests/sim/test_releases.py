"""One scenario under many releases, and what a release moves: held to walks and to the counts of sweeps."""

from itertools import product
from math import prod

import pytest

from raslib.sim.explore import Space
from raslib.sim.model.choices import Kvm, Linux, TfA
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.releases import RELEASES, impact, since, versions
from raslib.sim.walk import outcome, walk


def test_each_release_stands_in_one_row_and_neighbours_in_it_are_one_story():
    found = versions(Scenario())
    for axis in RELEASES:
        words = [word for row in found if row.axis == axis for word in row.words]
        assert words == [AXES[axis].word(value) for value in AXES[axis].values]
    for row in found:
        stories = {walk(Scenario.of(f"{row.axis}={word}")).steps for word in row.words}
        assert len(stories) == 1
        assert outcome(Scenario.of(f"{row.axis}={row.words[0]}")) == row.outcome


def test_a_row_says_where_its_story_parts_from_the_releases_before():
    rows = {(row.axis, row.words[0]): row for row in versions(Scenario())}
    assert rows["host.tf_a", "2.12"].parts is None
    at, before, here = rows["host.tf_a", "2.15"].parts
    assert at == 3
    assert before == "EL3 firmware triages the error: UER"
    assert here.startswith("EL3 firmware panics")


def test_since_when_it_ends_so():
    rows = {row.axis: row for row in since(Scenario())}
    assert rows["guest.linux"][1:] == ("5.10", "7.3", "sigbus_objerr", None)
    assert rows["host.tf_a"][1:] == ("2.12", "2.12", None, "fw_panic")
    by_signal = {row.axis: row for row in since(Scenario(), "signal")}
    assert by_signal["host.linux"].since == "5.10"  # before, a signal of the abort came besides that of the page


GIVEN = {name: Scenario()[name] for name in AXES}
OPEN = ("host.repeated", "host.page", "cpu.running", "error.category", "guest.sea_to_user")


def test_what_a_release_moves_is_counted_as_walks_count_it():
    """In a space that can be walked whole."""
    given = {name: value for name, value in GIVEN.items() if name not in (*OPEN, "host.linux")}
    rows = impact(Space(given), {"host.linux": Linux.V7_1}, {"host.linux": Linux.V7_3})
    walked: dict[tuple[str, str], int] = {}
    for values in product(*(AXES[name].values for name in OPEN)):
        choices = dict(zip((name.replace(".", "_", 1) for name in OPEN), values, strict=True))
        pair = tuple(
            outcome(Scenario().choose(**choices, host_linux=linux))["end"] for linux in (Linux.V7_1, Linux.V7_3)
        )
        walked[pair] = walked.get(pair, 0) + 1
    assert {(row.before, row.after): row.scenarios for row in rows} == walked
    assert any(row.before != row.after for row in rows)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"host.linux": Linux.V7_1}, {"host.linux": Linux.V7_3}),
        ({"host.kvm": Kvm.MERGED}, {"host.kvm": Kvm.REJECTED}),
        ({"guest.linux": Linux.V5_4}, {"guest.linux": Linux.V7_3}),
        ({"host.tf_a": TfA.V2_12}, {"host.tf_a": TfA.V2_15}),  # two stories of which one ends long before the other
    ],
)
def test_of_all_scenarios_the_counts_are_those_of_a_sweep_and_each_has_a_witness(before, after):
    (axis,) = before
    space = Space({})
    rows = impact(space, before, after)
    assert sum(row.scenarios for row in rows) == prod(len(a.values) for name, a in AXES.items() if name != axis)
    swept = space.table(axis).rows
    for choices, side in ((before, 0), (after, 1)):
        counts: dict[str, int] = {}
        for row in rows:
            counts[row[side]] = counts.get(row[side], 0) + row.scenarios
        assert counts == dict(swept[(AXES[axis].word(choices[axis]),)])
    for row in rows:
        assert outcome(row.witness)["end"] == row.after
        assert outcome(row.witness.choose(**{axis.replace(".", "_", 1): before[axis]}))["end"] == row.before
