"""Bars show every number, in words too, and stay inside their picture."""

import re

from raslib.views.bars import bars


def test_every_number_stands_in_the_picture_and_in_its_words():
    shown = bars([("one", 1), ("a & b", 20_000), ("none", 0)], "How often <so>")
    assert shown.text == "How often <so>. one: 1; a & b: 20000; none: 0"
    assert 'alt="How often &lt;so&gt;. one: 1; a &amp; b: 20000; none: 0"' in shown.html
    assert "(logarithmic scale)</text>" in shown.html
    assert (
        "<title>How often &lt;so&gt; (logarithmic scale)</title><desc>one: 1; a &amp; b: 20000; none: 0</desc>"
        in shown.html
    )
    assert ">20\u202f000</text>" in shown.html


def test_the_longest_bar_is_the_largest_number_and_the_others_are_in_proportion_but_seen():
    assert widths(("a", 500), ("b", 1000), ("c", 0), ("d", 6)) == [180.0, 360.0, 0.0, 2.2]


def test_where_one_bar_would_hide_the_rest_the_scale_is_logarithmic():
    assert widths(("a", 10), ("b", 100_000)) == [75.0, 360.0]
    assert "logarithmic" not in bars([("a", 1), ("b", 200)], "t").html
    assert "logarithmic" in bars([("a", 1), ("b", 201)], "t").html


def widths(*numbers: tuple[str, int]) -> list[float]:
    return [float(found) for found in re.findall(r'<rect [^>]*width="([\d.]+)"', bars(numbers, "t").html)]


def test_no_bars_are_a_picture_too():
    assert bars([], "nothing").text == "nothing. "
