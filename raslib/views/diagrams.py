"""Traces as graphs: who hands what to whom, one way or two ways of it in one picture."""

from itertools import pairwise
from typing import Any, NamedTuple

import graphviz

View = dict[str, Any]


class _Edge(NamedTuple):
    tail: str
    head: str


def routing(*traces: Any, names: tuple[str, ...] = ()) -> graphviz.Digraph:
    """A box per actor, in frames per machine and exception level; an arrow where one hands over to the next.

    With two *traces* both ways are drawn: what they share thick, what only the first takes solid, what only the second
    takes dashed. *names* says what each way is called; it stands on the first arrow that the way has alone.
    """
    views = [t.view() if hasattr(t, "view") else t for t in traces]
    names = names or tuple(v["title"] for v in views)
    graph = graphviz.Digraph("routing", graph_attr=_GRAPH, node_attr=_NODE, edge_attr=_EDGE)
    for machine in dict.fromkeys(lane["machine"] for v in views for lane in v["lanes"]):
        graph.subgraph(_machine(machine, views))
    ways = [_ways(v) for v in views]
    named: set[str] = set()
    for edge in dict.fromkeys(e for way in ways for e in way):
        takes = [edge in way for way in ways]
        said = list(dict.fromkeys(way[edge] for way, taken in zip(ways, takes, strict=True) if taken))
        name = "" if all(takes) else names[takes.index(True)]
        said = [f"{name}:" if name and name not in named else "", *said]  # once is enough, the line tells the rest
        named.add(name)
        graph.edge(*edge, label="\n".join(filter(None, said)), **_style(takes))
    return graph


def routing_words(*traces: Any, names: tuple[str, ...] = ()) -> str:
    """The same in words, a line for each arrow; where there are two traces, whose it is."""
    views = [t.view() if hasattr(t, "view") else t for t in traces]
    names = names or tuple(v["title"] for v in views)
    ways = [_ways(v) for v in views]
    lines = []
    for edge in dict.fromkeys(e for way in ways for e in way):
        takes = [name for name, way in zip(names, ways, strict=True) if edge in way]
        label = ", ".join(dict.fromkeys(" ".join(way[edge].split("\n")) for way in ways if way.get(edge)))
        whose = f" ({takes[0]})" if len(takes) < len(ways) else ""
        lines.append(f"{_words(edge.tail)} → {_words(edge.head)}{': ' if label else ''}{label}{whose}")
    return "\n".join(lines)


def _words(node: str) -> str:
    """A node's name with blanks: `host EL2 KVM`."""
    return node.replace(".", " ")


_FONT = {"fontname": "sans-serif", "fontsize": "12"}
_GRAPH = {"rankdir": "TB", "bgcolor": "transparent", "nodesep": "0.35", "ranksep": "0.45", "newrank": "true", **_FONT}
_NODE = {"shape": "box", "style": "rounded", "margin": "0.16,0.09", **_FONT}
_EDGE = {"fontname": "sans-serif", "fontsize": "11", "arrowsize": "0.7"}


def _machine(machine: str, views: list[View]) -> graphviz.Digraph:
    """The frame of a machine, with a frame for each of its exception levels that anything happens at."""
    frame = graphviz.Digraph(
        f"cluster_{machine}", graph_attr={"label": machine, "style": "rounded", "color": "#88888888"}
    )
    steps = [s for v in views for s in v["steps"] if s["machine"] == machine]
    for el in dict.fromkeys(s["el"] for s in steps):
        inner = graphviz.Digraph(
            f"cluster_{machine}_{el}", graph_attr={"label": el, "style": "dotted", "labeljust": "l"}
        )
        for actor in dict.fromkeys(s["actor"] for s in steps if s["el"] == el):
            inner.node(f"{machine}.{el}.{actor}", actor, **{"class": f"actor {el}"})
        frame.subgraph(inner)
    return frame


def _node(step: View) -> str:
    return f"{step['machine']}.{step['el']}.{step['actor']}"


def _ways(view: View) -> dict[_Edge, str]:
    """Every hand-over of a trace, with what is handed over: that of the last step before it which carries something."""
    found: dict[_Edge, str] = {}
    for a, b in pairwise(view["steps"]):
        if _node(a) != _node(b):
            carries = a["carries"]
            found.setdefault(_Edge(_node(a), _node(b)), _brief(carries["label"]) if carries else "")
    return found


def _brief(label: str) -> str:
    """The first two things that *label* says, each on its line: there is little room beside an arrow."""
    return "\n".join(label.partition(": ")[0].split(", ")[:2])


def _style(takes: list[bool]) -> dict[str, str]:
    """How an arrow looks that only some ways take; its line and a word tell it, colour only helps."""
    if len(takes) == 1:
        return {}
    if all(takes):
        return {"penwidth": "2.2", "class": "shared"}
    only = takes.index(True)
    return {"class": f"only-{only}", **({"style": "dashed"} if only else {})}
