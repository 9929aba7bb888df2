"""What is done with an input, and what must hold: the properties that no input whatever may break.

No exception but those that say what is wrong with the input; no step that takes more than 50 ms of processor time for
8 kB; output of at most 64 times the input and 64 kB; built again, the same bytes; in columns, the same values; and
memory that does not grow.
"""

import contextlib
import io
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from bulk.oracle import compare

from raslib import bulk
from raslib.cli import main
from raslib.formats.kinds import KINDS
from raslib.intake import read_all
from raslib.rules import check
from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import outcome
from raslib.views import text
from raslib.views.export import export
from raslib.views.fields import explained_view
from raslib.views.kernel_log import kernel_log

MOST_SECONDS = 0.050  # of processor time, for up to `SIZE` bytes
SIZE = 8192
TIMES, MORE = 64, 1 << 16  # output: so many times the input, and so many bytes
RELEASES = ("4.19", "5.4", "5.10", "6.1", "6.1.192", "6.6", "6.12", "6.18", "7.2", "7.3")
TEXTS = ("python", "c", "xxd", "qmp", "einj", "iasl")


class Broken(AssertionError):
    """A property does not hold."""


def timed(what: str, step: Callable[[], Any], size: int) -> Any:
    """What *step* gives, or the ValueError that it raises; it must be quick, and its text short.

    Time is asked three times at most: what else the machine does may slow one of them.
    """
    for _ in range(3):
        start = time.thread_time()
        try:
            result = step()
        except ValueError as e:
            result = e
        took = time.thread_time() - start
        if took <= MOST_SECONDS * max(1, size / SIZE):
            break
    else:
        raise Broken(f"{what} takes {took * 1000:.0f} ms for {size} bytes")
    said = result if isinstance(result, str) else str(result) if isinstance(result, Exception) else ""
    if len(said) > TIMES * size + MORE:
        raise Broken(f"{what} says {len(said)} letters of {size} bytes")
    return result


def on_bytes(data: bytes) -> None:
    """Read as what it is and as every kind, shown in every form, built again."""
    found = timed("read_all", partial(read_all, data), len(data))
    kinds = {*([one.kind for one in found] if isinstance(found, tuple) else []), "status-block", "record"}
    for kind in sorted(kinds):
        on_kind(kind, data)


def on_kind(kind: str, data: bytes) -> None:
    record, size = KINDS[kind], len(data)
    explained = timed(f"{kind}.explain", partial(record.explain, data), size)
    timed(f"{kind}: rules", partial(check, explained), size)
    view = timed(f"{kind}: view", partial(explained_view, explained), size)
    timed(f"{kind}: tree", partial(text.tree, view), size)
    timed(f"{kind}: hex", partial(text.hexdump, view), size)
    if kind == "status-block":
        for release in RELEASES:
            timed(f"kernel_log {release}", partial(kernel_log, data, release), size)
    value = timed(f"{kind}.parse", partial(record.parse, data), size)
    if isinstance(value, ValueError):
        return
    if timed(f"{kind}.build", value.build, size) != data:
        raise Broken(f"{kind}: not built again as it was")
    plain = timed(f"{kind}.to_json", value.to_json, size)
    written = json.dumps(plain)
    if len(written) > TIMES * size + MORE:
        raise Broken(f"{kind}.to_json has {len(written)} letters of {size} bytes")
    again = timed(
        f"{kind}.from_json", partial(record.from_json, json.loads(written), frozenset(value.as_found())), size
    )
    if isinstance(again, ValueError) or again.build() != data:
        raise Broken(f"{kind}: its JSON is not read as it was: {again if isinstance(again, ValueError) else ''}")
    for form in TEXTS:
        timed(f"{kind} as {form}", partial(export, value, form), size)


def on_many(kind: str, made: Sequence[bytes]) -> None:
    """In columns what the plain parser says, errors included."""
    try:
        compare(KINDS[kind], made, bulk.columns(list(made), KINDS[kind]))
    except bulk.NotDerivable:
        return


def on_text(said: str) -> None:
    """A text, with bytes in it that are no letters, and as bytes."""
    data = said.encode("utf-8", "surrogateescape") if "\ud800" not in said else said.encode("utf-8", "surrogatepass")
    found = timed("read_all of a text", partial(read_all, data), len(data))
    for one in found[:3] if isinstance(found, tuple) else ():
        if kind := KINDS.get(one.kind):  # observations alone are no record
            timed(f"{one.kind}.explain of a text", partial(kind.explain, one.data), max(len(data), len(one.data)))


def on_document(document: Any) -> None:
    """A record of JSON is built, and then reads as what was built, or it is refused."""
    kind = document.get("kind") if isinstance(document, dict) else None
    record = KINDS.get(kind, KINDS["status-block"]) if isinstance(kind, str) else KINDS["hest"]
    plain, size = document.get("value") if isinstance(document, dict) else document, len(json.dumps(document))
    value = timed(f"{kind}.from_json", partial(record.from_json, plain), size)
    if not isinstance(value, ValueError):
        made = timed(f"{kind}.build", value.build, size)
        if isinstance(made, bytes) and len(made) <= SIZE:
            on_kind(kind if kind in KINDS else "hest", made)


def on_scenario(said: Any) -> None:
    """A token, choices, TOML, JSON: a scenario that comes back from its token, or a refusal."""
    size = len(str(said))
    makers: list[Callable[[Any], Any]] = [Scenario.from_token, Scenario.from_toml] if isinstance(said, str) else []
    makers += [Scenario.from_json, lambda choice: Scenario().choose(choice)]
    for make in makers:
        s = timed("a scenario", partial(make, said), size)
        if isinstance(s, Scenario):
            timed("outcome", partial(outcome, s), size)
            if Scenario.from_token(s.token()) != s or Scenario.from_toml(s.to_toml()) != s:
                raise Broken(f"{s.token()} does not come back")


def on_command(arguments: Sequence[str]) -> None:
    """A command line: status 0, 1 or 2, what is wrong in plain letters, and JSON where JSON was asked for."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(list(arguments))
        except SystemExit as e:
            status = e.code if isinstance(e.code, int) else 3
    if status not in (0, 1, 2):
        raise Broken(f"status {status}")
    if bad := [line for line in err.getvalue().split("\n") if not line.isprintable()]:
        raise Broken(f"unprintable: {bad[0]!r}")
    if status == 2 and "usage: raslib" not in err.getvalue():
        raise Broken("status 2 without a word about usage")
