"""Graphs are drawn by what is there, and told in words where nothing is."""

import sys
from xml.etree import ElementTree

import graphviz
import pytest

from raslib.views import graph
from raslib.views.graph import draw

SVG = "{http://www.w3.org/2000/svg}"


def sample() -> graphviz.Digraph:
    made = graphviz.Digraph("way", comment="how the host hears", node_attr={"shape": "box"})
    with made.subgraph(name="cluster_host", graph_attr={"label": "host"}) as host:
        with host.subgraph(name="cluster_el3") as inner:
            inner.attr(label="EL3")
            inner.node("fw", 'Firmware\n<TF-A> & "EDK2"', style="filled")
        host.node("ghes", "GHES driver", id="the-driver")
    made.node("alone")
    made.edge("fw", "ghes", label="SDEI", style="dashed")
    return made


WORDS = """\
alone
host: GHES driver
host EL3: Firmware <TF-A> & "EDK2"
Firmware <TF-A> & "EDK2" → GHES driver: SDEI"""


@pytest.fixture
def no_dot(monkeypatch):
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def no_pygraphviz(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.mark.dot
def test_dot_draws_where_it_is():
    picture = draw(sample(), "How the host hears", "Firmware tells the GHES driver by SDEI", WORDS)
    assert picture.tier == "dot"
    dressed(picture)


def test_pygraphviz_draws_where_dot_is_not(no_dot):
    pytest.importorskip("pygraphviz", reason="pygraphviz is missing: pip install 'raslib[svg]'")
    picture = draw(sample(), "How the host hears", "Firmware tells the GHES driver by SDEI", WORDS)
    assert picture.tier == "pygraphviz"
    dressed(picture)


def dressed(picture: graph.Picture) -> None:
    """A role, a name and a description; no ground; nothing black; ids and classes as Graphviz made them."""
    root = ElementTree.fromstring(picture.svg)
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "How the host hears"
    assert root.findtext(f"{SVG}desc") == "Firmware tells the GHES driver by SDEI"
    assert root.get("fill") == "currentColor"
    paints = {element.get(paint) for element in root.iter() for paint in ("fill", "stroke")}
    assert paints <= {None, "none", "transparent", "currentColor"}
    groups = {group.findtext(f"{SVG}title"): group for group in root.iter(f"{SVG}g")}
    assert groups["fw->ghes"].get("class") == "edge"
    assert groups["ghes"].get("id") == "the-driver"
    texts = "".join(root.itertext())
    assert '<TF-A> & "EDK2"' in texts
    assert picture.text == WORDS


def test_without_any_program_there_are_words(no_dot, no_pygraphviz):
    picture = draw(sample(), text=WORDS)
    assert (picture.tier, picture.svg) == ("text", "")
    shown = picture._repr_mimebundle_()
    assert shown["text/plain"] == WORDS
    assert shown["text/html"].startswith("<pre>alone\nhost: GHES driver\nhost EL3: Firmware &lt;TF-A&gt;")


def test_a_graph_of_others_is_its_own_text_where_nothing_draws_it(no_dot, no_pygraphviz):
    assert draw("digraph { a -> b }").text == "digraph { a -> b }"
    assert draw(sample()).text == sample().source


LINKS = [
    'a [URL="{}"]',
    'a [href="{}"]',
    'a -> b [URL="{}" edgetooltip="x"]',
    'a -> b [label=x labelURL="{}" headlabel=h headURL="{}" tailhref="{}" taillabel=t]',
    'a [label=<<TABLE><TR><TD HREF="{}">cell</TD></TR></TABLE>>]',
    'graph [URL="{}" label=all]',
    'subgraph cluster_c {{ URL="{}"; label=in; c }}',
]


@pytest.mark.dot
@pytest.mark.parametrize("statement", LINKS)
@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "data:text/html,x", "file:///x", "//x"],
)
def test_a_graph_of_others_brings_no_link_but_to_the_web(statement, link):
    svg = draw(f"digraph {{ {statement.replace('{}', link)} }}".replace("{{", "{").replace("}}", "}")).svg
    hrefs = [value for element in ElementTree.fromstring(svg).iter() for key, value in element.items() if "href" in key]
    assert hrefs == []
    assert "<!--" not in svg
    assert "<?" not in svg


@pytest.mark.dot
def test_a_link_to_the_web_stays():
    svg = draw('digraph { a [URL="https://uefi.org/specs?a=1&b=2"] }').svg
    hrefs = [value for element in ElementTree.fromstring(svg).iter() for key, value in element.items() if "href" in key]
    assert hrefs == ["https://uefi.org/specs?a=1&b=2"]


def test_a_dot_that_does_not_run_is_as_good_as_none(no_pygraphviz, monkeypatch, tmp_path):
    for script in ("#!/bin/sh\nexit 1\n", "not a program"):
        (tmp_path / "dot").write_text(script)
        (tmp_path / "dot").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert draw(sample()).tier == "text"


@pytest.mark.dot
@pytest.mark.parametrize("text", ["no graph at all", "digraph { a -> }"])
def test_what_is_not_dot_is_refused(text):
    with pytest.raises(ValueError, match="not DOT"):
        draw(text)


@pytest.mark.dot
def test_in_a_notebook_there_is_the_picture_and_an_image_for_the_untrusted():
    html = draw(sample(), alt='all "is" said')._repr_mimebundle_()["text/html"]
    assert '<div class="ras-inline" hidden="hidden"><svg ' in html
    assert 'alt=\'all "is" said\' src="data:image/svg+xml;base64,' in html
