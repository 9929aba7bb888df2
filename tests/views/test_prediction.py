"""A prediction beside a recording, as a table."""

import re

from raslib import show
from raslib.live import compare
from raslib.views.results import prediction_table
from raslib.views.theme import tables_style


def test_what_was_as_predicted_and_what_was_not_stand_beside_each_other():
    html = prediction_table(compare("sea-recoverable"))
    assert html.count("<td>as predicted</td>") == 6
    assert html.count('<td class="sign">differs</td>') == 2
    assert "The lab cannot make a page of RAM abort" in html
    assert "<ul><li>Sending SIGBUS to</li><li>recovery action for</li></ul>" in html
    assert 'title="which SIGBUS does the process get?">signals</th>' in html
    assert "Linux 6.1.0-56-arm64 (Debian 6.1.192-2), QEMU 7.2.22" in html
    assert not re.search(r"<script|onclick", html)


def test_what_has_no_prediction_says_why():
    html = prediction_table(compare("external"))
    assert "No prediction. A command binds the driver; no error is reported." in html
    assert "<b>The kernel did what was predicted, in 6 aspects.</b>" in html


def test_what_nobody_knows_is_said():
    found = compare("gpio")
    html = prediction_table(found._replace(rows=(found.rows[0]._replace(real="<panics>"),)))
    assert "Nobody knows why." in html
    assert "<td>&lt;panics&gt;</td>" in html


def test_a_comparison_is_shown_as_a_table_and_as_a_text():
    found = compare("throttled")
    bundle = show(found)._repr_mimebundle_()
    assert bundle["text/html"] == tables_style() + prediction_table(found)
    assert bundle["text/plain"] == str(found)


def test_a_recorded_run_is_stepped_like_a_simulated_one():
    simulated, real = compare("recoverable-late").predictions[0], compare("recoverable-late").realities[0]
    steps = [show(trace).trace["steps"] for trace in (simulated, real)]
    assert {step["lane"] for step in steps[1]} <= {step["lane"] for step in steps[0]}
    assert [s["carries"]["kind"] for s in steps[1] if s["carries"]] == ["CPER", "interrupt", "signal"]
