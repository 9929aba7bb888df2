"""Builds the static course: every lesson executed and rendered, with the live views as islands (views/island.py)."""

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..resources import folder
from ..views import island
from ..views.page import guarded, policy
from ..views.theme import style
from . import lite, reference

HERE = Path(__file__).parent
MARK = "raslib-site.txt"  # in a folder that was built here, and may be replaced
LOOKS = ("theme", "svg", "table", "shares", "views", "ask", "panels", "whatif")  # of the views' stylesheet
SECONDS = 120  # for one cell
# views in one script, which many pages share
TOGETHER = ({"bytes", "compare", "quiz", "registers", "stepper"}, {"compare", "quiz", "whatif"})
LAB = "lab"  # the folder of the browser edition
AT_ONCE = 2  # kernels
INLINE = re.compile(r"<script(?![^>]*(?:src=|application/json))[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
RUN = '<p class="run-lesson"><a href="lab/notebooks/index.html?path={}">Run this lesson in the browser</a></p>'


def build(out: Path, only: Iterable[str] = (), lab: bool = False, wheels: Sequence[Path] = ()) -> None:
    """Write the site to the folder *out*; *only* are the lessons by their numbers, all if it is empty.

    With *lab* the browser edition is built in `out/lab`, with these *wheels* besides its own, and each lesson has a
    link to it. An older site at *out* is replaced when the new one is whole; a browser edition stays unless it is built
    anew. Raises ValueError if something else stands there, no lesson is called so or one does not run, or the edition
    cannot be built, and ImportError without the packages of the extra `site`.
    """
    if out.exists() and any(out.iterdir()) and not (out / MARK).is_file():
        raise ValueError(f"{out} is no site of ours: give an empty folder")
    with tempfile.TemporaryDirectory(prefix="raslib-site-") as made:
        source, html = Path(made, "source"), Path(made, "html")
        linked = lab or (out / LAB).is_dir()
        lessons = list(_lessons(tuple(only), linked))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda lesson: _run(source, *lesson), lessons))
        shutil.rmtree(source / ".home")
        (source / "reference.md").write_text(reference.page(), encoding="utf-8")
        _dress(source)
        _render(source, html)
        _finish(html)
        if lab:
            lite.build(html / LAB, Path(made), wheels)
        elif linked:
            shutil.move(out / LAB, html / LAB)
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(html, out, ignore=shutil.ignore_patterns("*.map", ".buildinfo", "_sources"))


def _lessons(only: tuple[str, ...], lab: bool) -> Iterator[tuple[str, Any]]:
    """The name of each page that is executed, and its notebook: the lessons, then the small pages."""
    import nbformat
    from myst_nb.core.read import read_myst_markdown_notebook

    books, pages = sorted(folder("notebooks").glob("*.ipynb")), sorted((HERE / "pages").glob("*.md"))
    known = [*(path.stem.partition("_")[0] for path in books), *(path.stem for path in pages)]
    if unknown := [name for name in only if name not in known]:
        raise ValueError(f"there is no lesson {unknown[0]}, but {', '.join(known)}")
    for path in books:
        if only and path.stem.partition("_")[0] not in only:
            continue
        book = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        if lab:
            book.cells.insert(1, nbformat.v4.new_markdown_cell(RUN.format(path.name)))  # type: ignore[no-untyped-call]
        yield path.stem, book
    for path in pages:
        text = path.read_text(encoding="utf-8")
        if path.stem != "index" and not (only and "{code-cell}" in text and path.stem not in only):
            yield path.stem, read_myst_markdown_notebook(text)


def _run(source: Path, name: str, book: Any) -> None:
    """Run a notebook with a kernel of its own, and write it with its outputs below *source*."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from traitlets.config import Config

    class Client(NotebookClient):
        def on_comm_open_jupyter_widget(self, msg: Any) -> None:
            """An island is no widget; with widgets nbclient at times waits for a whole time-out."""

    home = source / ".home" / name  # a lesson keeps its progress where it runs
    home.mkdir(parents=True)
    client = Client(book, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(home)}})
    # By files, as two kernels that start at once may draw the same port.
    client.config = Config({"KernelManager": {"transport": "ipc", "connection_file": f"{home}.json"}})
    try:
        client.execute(env=os.environ | {"RASLIB_SITE": "1", "IPYTHONDIR": str(home / "ipython")})
    except CellExecutionError as e:
        raise ValueError(f"{name} does not run: {e.ename}: {e.evalue}") from e
    book.metadata.pop("widgets", None)
    nbformat.write(book, source / f"{name}.ipynb")  # type: ignore[no-untyped-call]


def _dress(source: Path) -> None:
    """What is no notebook: the first page with the list of all others, the stylesheets, the map."""
    names = sorted(path.stem for path in source.iterdir() if path.is_file())
    lessons = "\n".join(_entry(source / f"{name}.ipynb") for name in names if name[0].isdigit())
    tools = "\n".join(name for name in names if not name[0].isdigit())
    index = (HERE / "pages" / "index.md").read_text(encoding="utf-8")
    (source / "index.md").write_text(index.replace("LESSONS", lessons).replace("TOOLS", tools), encoding="utf-8")
    shutil.copytree(HERE / "sphinx", source, dirs_exist_ok=True)
    (source / "_static" / "views.css").write_text(style(*LOOKS), encoding="utf-8")
    (source / "_templates" / "map.html").write_text(island.map_template(), encoding="utf-8")


def _entry(lesson: Path) -> str:
    """A line of the list of lessons: number, title, name."""
    first = json.loads(lesson.read_text(encoding="utf-8"))["cells"][0]["source"]
    title = "".join(first).partition("\n")[0].lstrip("# ")
    return f"{lesson.stem.partition('_')[0]} {title} <{lesson.stem}>"


def _render(source: Path, html: Path) -> None:
    """Run Sphinx in a process of its own, whose log then is no one else's. Raises ValueError with what it says."""
    how = ("-q", "-W", "--keep-going", "-b", "html", "-d", source / ".doctrees")
    lite.run(sys.executable, "-m", "sphinx", *how, source, html)


def _finish(html: Path) -> None:
    """Give each page the script of its views and a policy, and mend what its theme leaves to mend."""
    from minify_html import minify

    for page in html.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        text = text.replace('role="heading"', 'role="heading" aria-level="2"').replace("<pre>", '<pre tabindex="0">')
        text = re.sub('<link rel="next"[^>]*>', "", text)  # Firefox would fetch it ahead, which the policy forbids
        if found := set(re.findall('class="ras-island" data-view="([a-z]+)"', text)):
            views = sorted(next((some for some in TOGETHER if found <= some), found))
            script = html / "_static" / f"ras-{'-'.join(views)}.js"
            # It makes whole pages small: the script is taken out of its tags again.
            small = minify(f"<script>{island.script(*views)}</script>", minify_js=True)[8:-9]
            script.write_text(small, encoding="utf-8")
            text = text.replace("</head>", f'<script src="_static/{script.name}" defer></script></head>', 1)
        page.write_text(guarded(text, policy(*INLINE.findall(text), own="'self' ")), encoding="utf-8")
    (html / MARK).write_text("Made by raslib site: this folder is replaced as a whole.\n", encoding="utf-8")
