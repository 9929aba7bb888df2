"""Two scenarios beside each other: aligned, with the place and the choice at which they part."""

import json

from sim.test_explore import near_the_default

from raslib.sim.compare import compare
from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import decided_by, walk


def test_two_hosts_part_where_firmware_notifies():
    found = compare(Scenario(), Scenario.of("host.notify=SDEI"))
    assert found.differ == {"host.notify": ("SEA", "SDEI")}
    assert found.parts == "host.notify"
    assert found.first == 4
    a, b = found.rows[4]
    assert a
    assert b
    assert (a.does.partition(":")[0], b.does.partition(":")[0]) == ("notifies by SEA", "notifies by SDEI")
    assert "--- here they part, by host.notify ---" in str(found)


def test_the_same_scenario_does_not_part():
    found = compare(Scenario(), Scenario())
    assert (found.first, found.parts, found.differ) == (None, None, {})
    assert found.to_json()["first_divergence"] is None
    assert "part" not in str(found)


def test_a_choice_that_is_only_shown_parts_nothing():
    """The version of the source is read by nobody who decides: steps show it, and go on alike."""
    found = compare(Scenario(), Scenario.of("host.ghes=v1"))
    assert found.parts is None
    assert found.a.outcome == found.b.outcome
    assert [row for row in found.rows if not row.same]


def test_both_stories_are_whole_and_in_order():
    for s in near_the_default(7, 40):
        found = compare(Scenario(), s)
        assert tuple(row.a for row in found.rows if row.a) == walk(Scenario()).steps
        assert tuple(row.b for row in found.rows if row.b) == walk(s).steps
        assert all(row.same for row in found.rows[: found.first])
        if found.parts:
            assert found.parts in found.differ
        json.dumps(found.to_json())


def test_what_decides_is_in_order_and_does_not_name_what_is_shown():
    read = decided_by(Scenario())
    assert list(read).index("host.notify") < list(read).index("guest.notify")
    assert "host.ghes" not in read
    assert len(set(read)) == len(read)
