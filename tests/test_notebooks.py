"""Every notebook runs from top to bottom with a kernel of its own, as in Lab.

A learner sees an error in three ways: a cell raises, a picture's `_repr_*_` raises (Jupyter prints that and goes on),
or the kernel dies. All three fail here. A cell that is meant to raise has the tag `raises-exception`.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from lab import notebook

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SECONDS_PER_CELL = 60

every_notebook = pytest.mark.parametrize("name", sorted(path.name for path in NOTEBOOKS.glob("*.ipynb")))


@pytest.fixture
def work(tmp_path, monkeypatch) -> Path:
    """A copy of the notebooks' folder, and the current folder while a test runs, so that a cell writes nothing here."""
    copy = tmp_path / "notebooks"
    if NOTEBOOKS.is_dir():
        shutil.copytree(NOTEBOOKS, copy, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    copy.mkdir(exist_ok=True)
    monkeypatch.chdir(copy)
    monkeypatch.setenv(
        "IPYTHONDIR", str(tmp_path / "ipython")
    )  # no history or start-up files of whoever runs the tests
    return copy


def run_with_kernel(path: Path) -> list[str]:
    """Run the notebook as nbconvert would; what went wrong, if anything."""
    import nbformat  # which takes seconds of every process that imports it
    from nbclient import NotebookClient

    class Client(NotebookClient):
        """Draws no widgets: with widget handling nbclient at times waits for a whole cell time-out."""

        def on_comm_open_jupyter_widget(self, msg: dict[str, Any]) -> None:
            return None

    stored = nbformat.read(path, as_version=4)
    Client(
        stored,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        store_widget_state=False,
        allow_errors=True,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    cells = [cell for cell in stored.cells if cell.cell_type == "code"]
    outputs = [
        output for cell in cells if "raises-exception" not in cell.metadata.get("tags", []) for output in cell.outputs
    ]
    return [
        output.get("evalue") or output.get("text", "")
        for output in outputs
        if output.output_type == "error" or "Traceback (most recent call last)" in output.get("text", "")
    ]


@every_notebook
def test_runs_from_top_to_bottom(name, work):
    assert run_with_kernel(work / name) == []


BAD_PICTURE = """class Picture:
    def _repr_html_(self):
        raise OSError("no picture")
Picture()"""


@pytest.mark.parametrize(
    ("cell", "error"),
    [("1 / 0", "division by zero"), (BAD_PICTURE, "no picture"), ("if", "syntax"), ("'fine'", "")],
    ids=["raises", "bad picture", "bad syntax", "fine"],
)
def test_what_a_learner_would_see_is_noticed(cell, error, work):
    """A cell that raises, a picture that cannot be drawn and broken syntax are seen; a sound cell passes."""
    path = work / "probe.ipynb"
    path.write_text(json.dumps(notebook(cell)), encoding="utf-8")
    found = run_with_kernel(path)
    assert bool(found) == bool(error)
    assert error in " ".join(found)
