"""The map: every step of every story has its place and its way, and what is kept is what neato draws."""

import random
import re
from xml.etree import ElementTree

import pytest
from draw_map import drawn

from raslib.sim.model.outcome import ENDS
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.walk import walk
from raslib.views.map import FATES, marks, memory, parts, place, source, story_map
from raslib.views.theme import STATIC, text_width
from raslib.views.trace_view import trace_view

SVG = "{http://www.w3.org/2000/svg}"
KERNEL_FIRST = ("host.first=kernel",)


def story(*choices: str) -> dict:
    return trace_view(walk(Scenario.of(*choices)))


def names(text: str) -> set[str]:
    return set(re.findall(r'data-at="([^"]*)"', text.replace("&gt;", ">")))


def groups(svg: str) -> dict[str, ElementTree.Element]:
    return {group.get("data-at", ""): group for group in ElementTree.fromstring(svg).iter(f"{SVG}g")}


def texts(element: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in element.iter(f"{SVG}text")]


DOT = (STATIC / "map.dot").read_text(encoding="utf-8")
KEPT = (STATIC / "map.svg").read_text(encoding="utf-8")
WAYS = {f"{tail}>{head}" for tail, head in re.findall(r'^  "([^"]+)" -> "([^"]+)" \[', DOT, re.MULTILINE)}
PLACES = set(re.findall(r'^  "([^"]+)" \[', DOT, re.MULTILINE))


@pytest.fixture(scope="module")
def stories(deep: bool) -> list:
    """Random scenarios: some far from the default one, some near."""
    draw = random.Random("the map")
    found = []
    for i in range(100_000 if deep else 10_000):
        chance = (1, 0.5, 0.15, 0.06)[i % 4]
        chosen = {name: draw.choice([*axis.values]) for name, axis in AXES.items() if draw.random() < chance}
        found.append(walk(Scenario().choose(*(f"{name}={AXES[name].word(value)}" for name, value in chosen.items()))))
    return found


@pytest.fixture(scope="module")
def lit(stories) -> set[str]:
    """Every place and way that one of them lights."""
    return {name for trace in stories for name in marks(trace)}


def test_each_step_of_ten_thousand_stories_has_its_place_and_its_way(lit):
    assert lit - WAYS - PLACES == set()


def test_every_way_is_taken_by_some_story(lit):
    """A way that nobody takes would be a line that means nothing."""
    rare = {"host.process>host.kernel", "guest.process>guest.kernel", "host.QEMU>host.kernel", "host.APEI>host.process"}
    assert WAYS - lit <= rare


def test_whatever_goes_through_the_memory_of_a_source_goes_there_on_the_map(stories):
    """Judged by the keys of the steps, which the map does not know."""
    through = {"apei.reads", "apei.reads-at-once", "apei.acks", "firmware.writes", "qemu.writes", "qmp.writes"}
    for trace in stories[:2000]:
        for step, shown in zip(trace.steps, trace.view()["steps"], strict=True):
            if step.text.key in through:
                assert memory(shown), step.text.key
            elif step.actor in ("KVM", "memory_failure", "hardware", "process"):
                assert not memory(shown), step.text.key


def test_a_story_lights_its_ways_in_its_order():
    assert [(name, m.numbers, m.label) for name, m in marks(story(*KERNEL_FIRST)).items() if ">" in name] == [
        ("host.hardware>host.KVM", [2], "SEA"),
        ("host.KVM>host.APEI", [4], ""),
        ("host.APEI>host.kernel", [5], ""),
        ("host.kernel>host.KVM", [6], ""),
        ("host.KVM>guest.kernel", [7], "virtual SError"),
    ]
    assert [(name, m.numbers, m.label) for name, m in marks(story()).items() if "HEST" in name] == [
        ("host.EL3>host.HEST", [4], "writes"),
        ("host.HEST>host.APEI", [8, 9], "reads"),
        ("host.QEMU>guest.HEST", [16], "writes"),
        ("guest.HEST>guest.APEI", [20, 21], "reads"),
    ]


def test_a_source_says_how_it_notifies_where_and_how_its_block_stands():
    assert source(story(), "host") == [
        "HEST source 0",
        "SEA GHESv2",
        "at 0xf8100010",
        "block_status 0x0",
        "read_ack 0x1",
    ]
    assert source(story("host.ghes=v1", "host.notify=GSIV"), "host")[1] == "GSIV GHES"
    assert source(story("host.first=kernel"), "host") == ["no HEST source"]
    assert source(story("guest.notify=none"), "guest") == ["no HEST source"]
    assert source({"steps": []}, "host") == ["HEST source", "GHES"]


def test_the_picture_says_what_the_story_does_and_how_it_ends():
    svg = story_map(story())
    shown = groups(svg)
    assert shown["host.KVM>guest.kernel"].get("class") == "control lit a"
    assert texts(shown["host.KVM>guest.kernel"]) == ["18", "SEA"]
    assert shown["guest.process"].get("class") == "actor lit a end end-a"
    assert shown["host.VMM"].get("class") == "actor"
    assert " ".join(texts(ElementTree.fromstring(svg))[-4:]).endswith(
        "■ The end a process got SIGBUS with BUS_MCEERR_AR: it must not touch the memory"
    )
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == str(Scenario())
    assert "18 host.KVM to guest.kernel" in root.findtext(f"{SVG}desc")


def test_two_stories_are_told_apart_and_the_step_where_they_part_is_marked():
    pair = story(), story(*KERNEL_FIRST)
    svg = story_map(*pair, names=("firmware-first", "kernel-first"))
    shown = groups(svg)
    assert shown["host.hardware>host.EL3"].get("class") == "control lit a"
    assert shown["host.hardware>host.KVM"].get("class") == "control lit b"
    assert shown["host.KVM>guest.kernel"].get("class") == "control lit both"
    assert texts(shown["host.KVM>guest.kernel"]) == ["18", "7", "SEA virtual SError"]
    assert parts(*pair) == "host.hardware"
    assert texts(shown["host.hardware"]) == ["◆ hardware"]
    of = {
        "".join(node.itertext()).strip(): node.get("class")
        for node in shown["host.KVM>guest.kernel"].iter()
        if node.get("class")
    }
    assert (of["SEA"], of["virtual SError"]) == ("a", "b")  # whose is whose
    assert "end end-a" in shown["guest.process"].get("class")
    assert (texts(shown["guest.process"]), texts(shown["guest.kernel"])) == (
        ["process", "■ SIGBUS"],
        ["kernel", "■ panic"],
    )
    assert "end end-b" in shown["guest.kernel"].get("class")
    assert [line for line in texts(ElementTree.fromstring(svg)) if line[:1] in "■◆"][-3:] == [
        "■ firmware-first",
        "■ kernel-first",
        "◆ here they part",
    ]
    assert parts(pair[0], pair[0]) == ""


def test_an_end_is_drawn_at_its_place():
    def at(place, *choices):
        return texts(groups(story_map(story(*choices)))[place])

    assert at("guest.process") == ["process", "■ SIGBUS"]
    assert at("host.kernel", "host.recovery=false") == ["kernel"]
    assert at("host.memory_failure", "host.recovery=false")[1:] == ["■ panic"]
    assert at("host.EL3", "error.category=UC") == ["EL3 firmware", "■ stopped"]
    assert at("guest.memory_failure", "guest.page=file-clean")[1:] == ["■ page gone"]
    both = groups(story_map(story(), story("host.notify=GSIV")))["guest.process"]
    assert (both.get("class"), texts(both)) == ("actor lit both end end-a end-b", ["process", "■ SIGBUS"])


def test_every_end_has_a_word_that_fits_a_place():
    assert FATES.keys() == ENDS.keys()
    assert max(text_width(f"■ {word}", 12) for word in FATES.values()) < 1.389 * 72


def test_two_notifications_stand_on_one_source():
    svg = story_map(story("guest.notify=SDEI"), story())
    assert texts(groups(svg)["guest.HEST"])[1] == "SDEI | SEA"
    assert texts(groups(svg)["host.HEST"])[1] == "SEA GHESv2"


def test_every_end_fits_its_plate():
    for end in ENDS:
        view = story() | {"outcome": {"end": end}, "ends": ENDS}
        plate = next(t for t in ElementTree.fromstring(story_map(view)).iter(f"{SVG}g") if t.get("class") == "plate a")
        lines = texts(plate)
        assert " ".join(lines[1:]) == ENDS[end]
        assert len(lines) <= 5


def test_what_is_kept_has_every_place_and_way_of_the_dot():
    assert names(KEPT) == WAYS | PLACES
    assert "script" not in KEPT
    assert len(KEPT) < 24_000


@pytest.mark.dot
def test_what_is_kept_is_what_neato_draws_of_the_dot():
    """Its numbers may differ by the release; not its places, its ways, or how many lines each has."""

    def lines(svg: str) -> dict[str, int]:
        return {name: len(list(group.iter(f"{SVG}path"))) for name, group in groups(svg).items()}

    assert lines(drawn()) == lines(KEPT)


def test_a_trace_without_steps_is_a_map_too():
    assert "lit" not in story_map({"title": "Nothing", "steps": [], "outcome": {}}).split("</style>")[1]


def test_places_are_the_same_at_every_exception_level():
    with_vhe, without = story(), story("host.vhe=false")
    assert {place(s) for s in without["steps"]} == {place(s) for s in with_vhe["steps"]}
