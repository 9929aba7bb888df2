"""Tables of outcomes, verdicts and comparisons: the same in a terminal and as HTML."""

import re

import pytest

from raslib.sim.compare import compare
from raslib.sim.explore import Space
from raslib.sim.invariants import prove
from raslib.sim.model.outcome import ENDS
from raslib.sim.model.scenario import Scenario
from raslib.views.comparison import side_by_side
from raslib.views.results import heat_map, outcomes_text, power, share, verdict_table, verdicts_text
from raslib.views.show import show


@pytest.mark.parametrize(
    ("n", "of", "said"),
    [(0, 7, "·"), (1, 10**9, "<0.1"), (7, 7, "100.0"), (10**9 - 1, 10**9, ">99.9"), (1, 3, "33.3")],
)
def test_little_is_not_nothing_and_nearly_all_is_not_all(n: int, of: int, said: str):
    assert share(n, of) == said


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0"), (999_999, "999999"), (1_000_000, "1.0 × 10⁶"), (67_900 * 10**21, "6.8 × 10²⁵")]
)
def test_what_nobody_can_read_is_a_power(n: int, said: str):
    assert power(n) == said


def test_a_table_has_a_row_for_each_combination_and_says_what_is_given():
    found = Space.of("host.first=kernel", "begin=error").table("stance", "host.vhe")
    lines = outcomes_text(found).split("\n")
    assert lines[0] == "per cent of scenarios by end; given: host.first = kernel, begin = error"
    assert [line.split()[:2] for line in lines[2:6]] == [
        ["architecture", "false"],
        ["architecture", "true"],
        ["as-built", "false"],
        ["as-built", "true"],
    ]
    assert lines[6:] == ["", *(f"{end}: {ENDS[end]}" for end in found.ends)]
    html = heat_map(found)
    assert html.startswith('<div class="ras-wide" role="region" tabindex="0" aria-label="Per cent of scenarios by end')
    assert html.count('<th scope="row">') == 8
    for words, counts in found.rows.items():
        assert all(f">{word}<" in html for word in words)
        rare = [end for end in found.ends if all(c[end] * 1000 < c.total() for c in found.rows.values())]
        for end, n in counts.items():
            assert end in rare or f'title="{power(n)} of {power(counts.total())}"' in html
        assert f'title="{power(sum(counts[end] for end in rare))} of {power(counts.total())}"' in html


def test_side_by_side_shows_both_ends_and_where_they_part():
    html = side_by_side(compare(Scenario(), Scenario.of("guest.notify=none")))
    assert "Here they part, by guest.notify" in html
    assert "guest.notify = SEA" in html
    assert "guest.notify = none" in html
    assert html.index(f"It ends: {ENDS['sigbus_ar']}") < html.index(f"It ends: {ENDS['vm_exit']}")
    assert not re.search(r"<script|onclick", html)


def test_verdicts_say_holds_and_name_exceptions():
    verdicts = prove("I2", "I3")
    said = verdicts_text(verdicts)
    assert said.count("by the architecture: holds in all") == 2
    assert "as built: without exception" in said
    html = verdict_table(verdicts)
    assert "since 6.19 a VMM may ask" in html
    assert "kvm_handle_guest_sea()" in html


def test_show_draws_them(monkeypatch):
    monkeypatch.setattr("raslib.views.comparison.live", lambda *_, **__: None)  # as where no widget is installed
    for thing in (compare(Scenario(), Scenario()), Space.of("host.first=kernel").table("stance"), prove("I3")):
        bundle = show(thing)._repr_mimebundle_()
        assert "<table" in bundle["text/html"]
        assert bundle["text/plain"]
