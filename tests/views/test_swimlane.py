"""The picture and the table of a trace."""

import re
from xml.etree import ElementTree

import pytest
from views.sample import LANES, TRACE

from raslib.sim.model.outcome import ENDS
from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import walk
from raslib.views.swimlane import TEXT, describe, swimlane, trace_table
from raslib.views.theme import text_width
from raslib.views.trace_view import story_view, trace_view

SVG = "{http://www.w3.org/2000/svg}"
NASTY = 'a <b> & "c" </svg></script>'


def drawn(trace: object = TRACE) -> ElementTree.Element:
    return ElementTree.fromstring(swimlane(trace))


def steps(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [group for group in root.iter(f"{SVG}g") if "step" in group.get("class", "").split()]


def words(element: ElementTree.Element) -> str:
    return " ".join(" ".join(text.itertext()) for text in element.iter(f"{SVG}text"))


def nasty() -> dict:
    step = TRACE["steps"][0] | {"actor": NASTY, "does": NASTY, "why": NASTY, "sets": {NASTY: NASTY}}
    step |= {"cites": [{"label": NASTY, "url": "javascript:alert(1)"}]}
    lanes = [LANES[0] | {"sub": NASTY}, *LANES[1:]]
    return TRACE | {"title": NASTY, "steps": [step], "lanes": lanes, "outcome": {NASTY: NASTY}}


def test_same_trace_same_picture():
    assert swimlane(TRACE) == swimlane(TRACE)


def test_it_is_an_image_with_a_name_and_a_description():
    root = drawn()
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root.findtext(f"{SVG}title") == TRACE["title"]
    assert root.findtext(f"{SVG}desc") == describe(TRACE)
    assert "guest process killed by SIGBUS" in describe(TRACE)


def test_every_lane_is_there_within_its_machine():
    """The lines of a machine's lanes lie in its frame, in the given order."""
    root = drawn()
    heads = {g.get("data-lane"): g for g in root.iter(f"{SVG}g") if g.get("class") == "head"}
    assert list(heads) == [lane["id"] for lane in LANES]
    frames = [r for r in root.iter(f"{SVG}rect") if r.get("class") == "frame"]
    for lane in LANES:
        assert words(heads[lane["id"]]).split() == [lane["label"], *lane["sub"].split()]
        x = float(heads[lane["id"]].find(f"{SVG}text").get("x"))
        frame = frames[["host", "guest"].index(lane["machine"])]
        assert float(frame.get("x")) < x < float(frame.get("x")) + float(frame.get("width"))


def test_every_step_is_a_numbered_row_below_the_one_before():
    found = steps(drawn())
    assert [g.get("data-step") for g in found] == [str(i) for i in range(14)]
    ends = 0.0
    for i, (group, step) in enumerate(zip(found, TRACE["steps"], strict=True), 1):
        row = group.find(f"{SVG}rect")
        assert float(row.get("y")) >= ends
        ends = float(row.get("y")) + float(row.get("height"))
        said = " ".join(words(group).split())
        assert said.startswith(f"{i} {step['actor']} {step['does']}")
        if step["carries"]:
            assert f"{step['carries']['kind']} {step['carries']['label'][:20]}" in said


def test_arrows_lead_from_lane_to_lane():
    """A step that hands over has one arrow head, at the lane it hands over to."""
    root = drawn()
    at = {
        g.get("data-lane"): float(g.find(f"{SVG}text").get("x"))
        for g in root.iter(f"{SVG}g")
        if g.get("class") == "head"
    }
    for group, step in zip(steps(root), TRACE["steps"], strict=True):
        tips = [p.get("d") for p in group.iter(f"{SVG}path") if p.get("class") == "tip"]
        assert len(tips) == (1 if step["to"] else 0)
        for tip in tips:
            assert float(re.match(r"M([\d.]+)", tip)[1]) == pytest.approx(at[step["to"]], abs=2)


def test_a_leap_is_dotted():
    """Where nothing hands over between lanes, the way is not drawn as if it did."""
    there, here = TRACE["steps"][1], TRACE["steps"][9]
    classes = [p.get("class") for p in steps(drawn(TRACE | {"steps": [there, here]}))[1].iter(f"{SVG}path")]
    assert "jump" in classes
    assert "thread" not in classes


def test_sentences_fit_their_column():
    """No line of text is wider than the room right of the lanes, also when it is bold."""
    long = TRACE["steps"][0] | {"does": "does something that takes " + "very " * 60 + "long"}
    root = drawn(TRACE | {"steps": [long, *TRACE["steps"]]})
    width = float(root.get("width"))
    for text in root.iter(f"{SVG}tspan"):
        if text.get("x"):
            assert float(text.get("x")) + 1.07 * text_width("".join(text.itertext()), 13) <= width
    assert "…" in words(root)


def test_no_steps_no_failure():
    assert steps(drawn(TRACE | {"steps": []})) == []


def test_a_trace_may_bring_its_view():
    class Trace:
        def view(self):
            return TRACE

    assert swimlane(Trace()) == swimlane(TRACE)
    with pytest.raises(TypeError, match="view"):
        swimlane("a trace")


def test_text_stays_text():
    root = drawn(nasty())
    assert root.findtext(f"{SVG}title") == NASTY
    table = trace_table(nasty())
    ElementTree.fromstring(f"<div>{table}</div>")
    assert "<b>" not in table
    assert "href" not in table


def test_the_table_has_every_step_with_why_and_sources():
    table = ElementTree.fromstring(f"<div>{trace_table(TRACE)}</div>")
    rows = [[" ".join(cell.itertext()) for cell in row] for row in table.iter("tr")]
    assert rows[0] == ["Step", "Where", "What happens", "Why", "Handed over", "Changes", "Sources"]
    for i, (row, step) in enumerate(zip(rows[1:], TRACE["steps"], strict=True), 1):
        assert row[0] == str(i)
        assert row[2] == f"{step['actor']} {step['does']}"
        assert row[3] == step["why"]
        assert all(cite["label"] in row[6] for cite in step["cites"])
    assert "guest process: killed by SIGBUS" in " ".join(table.itertext())


def test_a_source_with_an_address_is_a_link():
    cite = {"label": "UEFI <2.10>", "url": 'https://uefi.org/specs?a=1&b="2"'}
    table = trace_table(TRACE | {"steps": [TRACE["steps"][0] | {"cites": [cite]}]})
    link = next(ElementTree.fromstring(f"<div>{table}</div>").iter("a"))
    assert (link.get("href"), link.text) == (cite["url"], cite["label"])


def test_no_sentence_runs_out_of_the_picture_when_it_is_bold():
    """The present step is bold: up to 13 % wider in the fonts that are at hand."""
    for scenario in (
        Scenario(),
        Scenario.of("host.first=kernel"),
        Scenario.of("host.notify=SDEI", "guest.notify=GSIV"),
    ):
        view = trace_view(walk(scenario))
        said = [text for text in drawn(view).iter(f"{SVG}text") if text.get("class") == "does"]
        lines = ["".join(line.itertext()) for text in said for line in text.findall(f"{SVG}tspan")]
        assert lines
        assert all(text_width(line, 13) * 1.13 <= TEXT for line in lines)


def test_every_end_is_a_sentence_and_who_was_not_ended_has_none():
    """A signal that QEMU got stands beside no word that nothing had reached it."""
    told = trace_view(walk(Scenario()))
    assert story_view(walk(Scenario()))["ends"] == {word: ENDS[word] for word in ("sigbus_ar", "recovered")}
    assert "none" not in told["ends"]  # which has those, too, that other choices would lead to
    assert "signal: BUS_MCEERR_AR; vm: none; guest: a process got SIGBUS with BUS_MCEERR_AR" in trace_table(told)
