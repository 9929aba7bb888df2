"""The house in numbers: `python -m tests.ledger` prints how much there is to read, and what a first answer loads.

A line of code holds more than a docstring, a comment or nothing: explaining is free. What must hold of these numbers
stands in tests/test_ledger.py; seconds are printed and held nowhere, as they are the machine's.
"""

import ast
import io
import re
import subprocess
import sys
import time
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).parents[1]
LIB = TOP / "raslib"
LONG = 400  # lines of a file

# What explains itself at the door: a room -> its files, below raslib.
EXPLAINED: dict[str, tuple[str, ...]] = {
    "records": tuple(f"{name}.py" for name in ("records", "codec", "plain", "registers", "words", "wire")),
    "formats' shared parts": ("formats/acpi.py", "formats/framing.py", "formats/kinds.py", "formats/sections.py"),
    "sim/model": ("sim/model/*.py",),
    "views' doors": (
        *("views/errstatus.py", "views/show.py", "views/syndrome.py"),
        *("views/export/__init__.py", "views/kernel_log/__init__.py"),
    ),
    "bulk": ("bulk/*.py",),
}
# What is often asked first -> the Python that asks it.
FIRST_ANSWERS = {
    "python alone": "pass",
    "from raslib import show": "from raslib import show",
    "from raslib import walk": "from raslib import walk",
    "one recording replayed": "from raslib.live.recording.session import replay; replay('sea-corrected')",
}
_SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def docstrings(tree: ast.AST) -> Iterator[range]:
    """The lines of each docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body:
                case [ast.Expr(ast.Constant(str())) as first, *_]:
                    yield range(first.lineno, (first.end_lineno or first.lineno) + 1)


def code_lines(text: str, suffix: str = ".py") -> int:
    """How many lines of a file's *text* hold code; in JavaScript and CSS, all but comments and blank lines."""
    if suffix != ".py":
        lines = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).splitlines()
        return sum(bool(line.strip()) and not line.strip().startswith("//") for line in lines)
    explained = {number for lines in docstrings(ast.parse(text)) for number in lines}
    code = set[int]()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _SILENT:
            code.update(range(token.start[0], token.end[0] + 1))
    return len(code - explained)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def sources(*suffixes: str) -> list[Path]:
    """All files of raslib with one of these suffixes, but caches."""
    return sorted(p for p in LIB.rglob("*") if p.suffix in suffixes and "__pycache__" not in p.parts)


@cache
def rooms() -> Counter[str]:
    """Lines of code of each room; a module at the top has no room."""
    found: Counter[str] = Counter()
    for path in sources(".py", ".js", ".css"):
        inside = path.relative_to(LIB).parts
        found[inside[0] if len(inside) > 1 else "(top)"] += code_lines(read(path), path.suffix)
    return found


def explained(paths: Iterable[Path]) -> float:
    """Docstring lines in each 100 lines of these modules, blank ones and comments included."""
    texts = [read(path) for path in paths]
    inside = sum(len(lines) for text in texts for lines in docstrings(ast.parse(text)))
    return 100 * inside / max(1, sum(len(text.splitlines()) for text in texts))


def files_of(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in LIB.glob(pattern))


def class_names() -> dict[str, list[str]]:
    """Every class of raslib by its name, with the modules that declare one of that name."""
    places: dict[str, list[str]] = {}
    for path in sorted(LIB.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(path.relative_to(LIB).as_posix())
    return places


def public_names() -> Counter[str]:
    """Functions and classes at the top of modules whose names have no underscore in front, by room."""
    found: Counter[str] = Counter()
    for path in sources(".py"):
        inside = path.relative_to(LIB).parts
        named = (n for n in ast.parse(read(path)).body if isinstance(n, ast.ClassDef | ast.FunctionDef))
        found[inside[0] if len(inside) > 1 else "(top)"] += sum(not n.name.startswith("_") for n in named)
    return found


def long_modules() -> dict[str, int]:
    """Modules of more than `LONG` lines."""
    lengths = {p.relative_to(TOP).as_posix(): len(read(p).splitlines()) for p in sources(".py")}
    return {name: lines for name, lines in lengths.items() if lines > LONG}


def reading_path() -> dict[str, int]:
    """The files that CONTRIBUTING's "A reading path" names, in its order, and how many lines each has."""
    chapter = re.search(r"^#+ A reading path\n(.*?)(?=^#|\Z)", read(TOP / "CONTRIBUTING.md"), re.DOTALL | re.MULTILINE)
    named = re.findall(r"`((?:raslib/)[\w/]+\.(?:py|js|css))`", chapter[1]) if chapter else []
    return {name: len(read(TOP / name).splitlines()) for name in named}


class Loaded(NamedTuple):
    """What a fresh Python has loaded when it has answered, and how many times as long as a bare one that took."""

    modules: int
    ours: int
    seconds: float


def loaded(code: str, times: int = 3) -> Loaded:
    """What a fresh Python loads to run *code*; the best time of some."""
    tail = "; import sys; print(len(sys.modules), sum(m.partition('.')[0] == 'raslib' for m in sys.modules))"
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code + tail], cwd=TOP, capture_output=True, text=True, check=True)
        best = min(best, time.perf_counter() - start)
    modules, ours = map(int, done.stdout.split())
    return Loaded(modules, ours, best)


def _in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())


def ledger() -> Iterator[str]:
    """The lines that `make check` prints."""
    from raslib import DOOR

    lines, names = rooms(), public_names()
    yield f"code lines       {sum(lines.values()):,}: {_in_words(lines)}"
    tables = {path.name: len(read(path).splitlines()) for path in sources(".toml", ".asl", ".dot", ".c", ".sh")}
    yield f"tables beside it {sum(tables.values()):,}: {_in_words(Counter(tables))}"
    yield f"public names     {sum(map(len, DOOR.values()))} at the door; {sum(names.values()):,}: {_in_words(names)}"
    yield "docstrings       of 100 lines: " + ", ".join(
        f"{room} {explained(files_of(*patterns)):.0f}"
        for room, patterns in {"raslib": ("**/*.py",), **EXPLAINED}.items()
    )
    yield f"over {LONG} lines   " + (", ".join(f"{name} {n}" for name, n in long_modules().items()) or "none")
    path = reading_path()
    yield f"a reading path   {len(path)} files, {sum(path.values()):,} lines"
    bare = loaded("pass")
    for asked, code in FIRST_ANSWERS.items():
        found = loaded(code)
        times = f"{found.seconds * 1000:.0f} ms, {found.seconds / bare.seconds:.1f} x a bare Python"
        yield f"{asked:32} {found.modules} modules, {found.ours} of raslib; {times}"


if __name__ == "__main__":
    for line in ledger():
        print(line)
