"""The recap of each lesson, as its notebook asks for it, is the same in every process."""

import json
import os
import re
import subprocess
import sys

from raslib.resources import folder

# Prints the checks of all recaps, in the order of the lessons.
DRAW = """
import json, sys, tempfile
from raslib.learn.lesson import Lesson
found = {}
with tempfile.TemporaryDirectory() as empty:
    for name, arguments in json.loads(sys.argv[1]):
        found[f"{name} {arguments}"] = eval(f"Lesson(name, empty).recap({arguments})").checks
print(json.dumps(found))
"""


def recaps() -> list[tuple[str, str]]:
    """Each lesson and the arguments of a recap in it, as they stand there."""
    return [
        (path.stem, arguments)
        for path in sorted(folder("notebooks").glob("*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        for arguments in re.findall(r"\.recap\((.*)\)", "".join(cell["source"]))
        if cell["cell_type"] == "code"
    ]


def test_the_recap_of_each_lesson_is_the_same_whatever_the_order_of_sets():
    lessons = {path.stem for path in folder("notebooks").glob("*.ipynb")}
    assert {name for name, _ in recaps()} == lessons
    command = [sys.executable, "-c", DRAW, json.dumps(recaps())]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONHASHSEED": seed})
        for seed in ("0", "1", "2")
    ]
    drawn = [json.loads(process.communicate()[0]) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len(drawn[0]) == len(recaps())
    assert all(len(checks) == 5 for checks in drawn[0].values())
    assert drawn[0] == drawn[1] == drawn[2]
