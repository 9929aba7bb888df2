"""Rooms and doors: who may know whom. Read `KNOWS` as the map of the house."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

LIB = Path(__file__).parents[1] / "raslib"

# room, or a room within one -> what it may know: other rooms of this house, and packages of others. Who may know a room
# may know the rooms within it.
KNOWS: dict[str, set[str]] = {
    "plain": set(),
    "registers": {"plain"},  # not construct: who reads registers alone does not wait for it
    "watch": {"plain", "registers", "construct"},
    "wire": {"plain", "watch", "construct"},
    "words": {"plain", "wire", "construct"},
    "codec": {"plain", "registers", "watch", "wire", "words", "construct"},
    "records": {"plain", "registers", "watch", "wire", "words", "codec", "construct"},
    "formats": {"resources", "records", "registers", "plain", "wire", "words", "construct"},
    "intake": {"resources", "records", "formats", "plain"},
    "rules": {"records", "formats"},
    "sim/model": {"resources", "records", "formats"},
    "sim/cpu": {"records", "formats", "sim/model"},
    "sim/linux": {"resources", "records", "formats", "sim/model", "sim/cpu"},
    "sim/kvm": {"records", "formats", "sim/model", "sim/cpu", "sim/linux"},
    "sim/el3": {"records", "formats", "sim/model", "sim/cpu", "sim/linux"},
    "sim/qemu": {"records", "formats", "sim/model", "sim/cpu", "sim/el3"},  # QEMU is the firmware of its guest
    "sim/walk": {"formats", "sim/model", "sim/cpu", "sim/linux", "sim/kvm", "sim/el3", "sim/qemu"},
    "sim/aspects": {"sim/model"},
    "sim/compare": {"formats", "sim/model", "sim/walk"},
    "sim/releases": {"sim/compare", "sim/explore", "sim/model", "sim/walk"},
    "sim/every_source": {"formats", "sim/model", "sim/cpu", "sim/linux", "sim/el3", "sim/walk"},
    "sim/explore": {"records", "sim/model", "sim/walk", "cache"},
    "sim/invariants": {
        "resources",
        "formats",
        "sim/model",
        "sim/cpu",
        "sim/linux",
        "sim/kvm",
        "sim/el3",
        "sim/qemu",
        "sim/explore",
    },
    "sim": set(),  # `sim` alone stands for all the rooms in it
    "views": {
        "resources",
        "records",
        "registers",
        "plain",
        "formats",
        "sim",
        "intake",
        "rules",
        "learn/terms",
        "views/table",
        "graphviz",
        "pygraphviz",
    },  # intake.linux has the kernel's words
    "diagnosis": {
        "resources",
        "records",
        "formats",
        "intake",
        "rules",
        "sim",
        "views",
    },  # views draws it, and is asked for its HTML
    "bulk": {
        "plain",
        "records",
        "words",
        "watch",
        "formats",
        "files",
        "progress",
        "views/table",
        "construct",
        "numpy",
        "pyarrow",
    },
    "views/table": set(),  # text and HTML alone: many records are printed as a view is
    "learn/terms": {"resources"},  # cards alone: a view opens them too
    "learn": {"resources", "records", "formats", "sim", "views", "views/table", "learn/terms"},
    "progress": set(),
    "reproductions": {"formats", "sim", "views", "live/recording"},
    "live/recording": {"records", "formats", "sim", "resources"},  # recordings are read where no machine can be booted
    "live": {"plain", "records", "formats", "sim", "tools", "files", "live/recording"},
    "files": set(),
    "cache": {"files"},
    "resources": set(),
    "tools": {"files", "resources"},
    "site": {"resources", "sim", "views", "minify_html", "nbformat", "nbclient", "myst_nb", "segno", "traitlets"},
    "site/hub": {"lab", "resources", "site/serve", "jupyterhub"},
    "site/serve": {"segno"},
    "lab": {"files", "resources", "jupyter_core", "jupyterlab", "jupyterlab_server", "jupyter_server"},
    "doctor": {"plain", "lab", "resources", "tools", "jupyter_core"},
    "__init__": set(),  # the front door opens a room when it is asked for
    "cli": {
        "plain",
        "records",
        "formats",
        "intake",
        "rules",
        "sim",
        "views",
        "diagnosis",
        "bulk",
        "reproductions",
        "live",
        "learn",
        "lab",
        "doctor",
        "cache",
        "files",
        "progress",
        "resources",
        "site",
        "tools",
    },
    "__main__": {"cli"},
}
# packages that a room may know in these files alone
ALONE: dict[str, set[str]] = {
    "views/widgets.py": {"IPython", "anywidget", "traitlets"},
    "views/workbench.py": {"IPython", "ipywidgets"},
    "diagnosis/panel.py": {"IPython", "anywidget", "ipywidgets"},
}
MODULES = sorted(path.relative_to(LIB).as_posix() for path in LIB.rglob("*.py"))
modules = pytest.mark.parametrize("module", MODULES)


def room_of(path: str) -> str:
    """The room in which *path* lies, a file or a module below raslib: the innermost that the map has."""
    parts = path.removesuffix(".py").split("/")
    names = ("/".join(parts[:depth]) for depth in range(len(parts), 0, -1))
    return next((name for name in names if name in KNOWS), parts[0])


@cache
def imports(module: str) -> tuple[str, ...]:
    """What *module* imports, in functions and for type checking too, by full names; `from . import x` imports x."""
    return tuple(_imports(module))


def _imports(module: str) -> Iterator[str]:
    here = ["raslib", *module.split("/")[:-1]]
    for node in ast.walk(ast.parse((LIB / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            package = (LIB.parent / name.replace(".", "/")).is_dir() and name.startswith("raslib")
            yield from (f"{name}.{a.name}" for a in node.names if a.name[:2] != "__") if package else [name]


def known(module: str) -> set[str]:
    """Rooms and packages that *module* imports, but its own room and what comes with Python."""
    found = {
        room_of(name.removeprefix("raslib.").replace(".", "/")) if name.startswith("raslib.") else name.split(".")[0]
        for name in imports(module)
    }
    return found - {room_of(module), "__version__", "DOOR"} - sys.stdlib_module_names


def may_know(room: str) -> set[str]:
    """What *room* may know, with the rooms within."""
    return {inner for inner in KNOWS for outer in KNOWS[room] if inner.startswith(f"{outer}/")} | KNOWS[room]


@modules
def test_a_module_knows_only_its_neighbours(module):
    assert known(module) <= may_know(room_of(module)) | ALONE.get(module, set())


def test_the_map_has_no_circles():
    """From a room one never comes back to it."""
    for room in KNOWS:
        seen, ahead = set(), may_know(room)
        while ahead:
            seen |= ahead
            ahead = {next_ for here in ahead if here in KNOWS for next_ in may_know(here)} - seen
        assert room not in seen, f"{room} knows itself"


def module_of(name: str) -> str | None:
    """The module of this house that a full *name* is, or is in; None: another's."""
    path = name.partition(".")[2].replace(".", "/")
    above = path.rpartition("/")[0]
    return next(
        (m for m in (f"{path}.py", f"{path}/__init__.py", f"{above}.py", f"{above}/__init__.py") if m in MODULES), None
    )


def test_no_module_comes_back_to_itself():
    """Not by what it imports when it is loaded, not within a function, and not for type checking."""
    graph = {
        module: {found for name in imports(module) if name.startswith("raslib.") and (found := module_of(name))}
        for module in MODULES
    }
    assert graph["cli/bytes.py"] >= {"cli/shared.py", "rules/__init__.py", "formats/kinds.py"}
    assert circle(graph) == []


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that lead from one to the next and back to the first; none: there is no circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as e:
        return list(e.args[1])
    return []


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}}) == []
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == {"a", "b", "c"}
    assert circle({"a": {"a"}}) == ["a", "a"]


def test_nobody_knows_the_rooms_that_stand_outside():
    """What needs a machine, and what asks the learner, is used by notebooks and the command line alone."""
    for room in ("live", "learn"):
        assert [other for other in KNOWS if room in KNOWS[other]] in ([], ["cli"])


def test_numpy_and_widgets_stay_where_they_belong():
    users = {package: {m for m in MODULES if package in known(m)} for package in ("numpy", "ipywidgets", "anywidget")}
    assert all(m.startswith("bulk/") for m in users["numpy"])
    assert users["ipywidgets"] | users["anywidget"] <= set(ALONE)


def test_the_map_is_read_right():
    """Absolute and relative imports, of modules and of names, at the top and in functions."""
    assert known("registers.py") == {"plain"}
    assert known("cli/bytes.py") >= {"formats", "rules", "views"}
    assert {name for name in imports("formats/ghes.py") if name.startswith("raslib")} == {
        "raslib.formats.cper",
        "raslib.formats.sections",
        "raslib.records",
        "raslib.wire",
    }


@modules
def test_a_module_says_what_it_is(module):
    """Its first line is a sentence, or a sentence part that ends in a full stop."""
    said = ast.get_docstring(ast.parse((LIB / module).read_text(encoding="utf-8")))
    assert said
    assert said.split("\n")[0].rstrip().endswith((".", "?"))
