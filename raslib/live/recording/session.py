"""Recordings of what a kernel did: a file of `data/live` for each machine, with what every experiment on it gave."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ...resources import folder
from ...sim.model.trace import Sigbus
from .reaction import NORMAL, PLACES, Reaction


@dataclass(frozen=True)
class Recording:
    """An experiment as it went, each reaction in its normal form (`Reaction.normal`)."""

    name: str
    title: str
    reactions: tuple[Reaction, ...]

    def __iter__(self) -> Iterator[Reaction]:
        return iter(self.reactions)

    def __str__(self) -> str:
        parts = [f"{self.name}: {self.title}"]
        for reaction in self.reactions:
            parts += ["", f"-- {reaction.title}", str(reaction)]
        return "\n".join(parts)

    def differences(self, fresh: "Recording") -> Iterator[str]:
        """What differs in *fresh*, a line each."""
        if len(self.reactions) != len(fresh.reactions):
            yield f"{len(self.reactions)} steps are now {len(fresh.reactions)}"
        for mine, yours in zip(self.reactions, fresh.reactions, strict=False):
            yield from (f"{mine.title}: {line}" for line in mine.differences(yours))


@dataclass(frozen=True)
class Session:
    """A machine's run: how it was started, its tables, and all that was asked of it."""

    boot: str
    kernel: str
    qemu: str
    arguments: tuple[str, ...]  # of QEMU; paths are shortened to names
    tables: Mapping[str, bytes]
    experiments: Mapping[str, Recording] = field(default_factory=dict)


USUAL = "6.1"  # the release of Linux that is meant where none is named


def home() -> Path:
    """The folder of the recordings, which has a folder for each release of Linux."""
    return folder("data") / "live"


def releases() -> tuple[str, ...]:
    """The releases of Linux that there are recordings of, the oldest first."""
    return tuple(sorted((path.name for path in home().iterdir() if path.is_dir()), key=_numbers))


def release_of(kernel: str) -> str:
    """The release that a kernel is an update of: 6.1 for 6.1.0-57-arm64 (Debian 6.1.192-3)."""
    return ".".join(map(str, _numbers(kernel)))


def _numbers(kernel: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", kernel)[:2]))


def sessions(release: str = USUAL) -> dict[str, Session]:
    """Every recorded session of a release by its boot's name."""
    return {path.stem: load(path) for path in sorted((home() / release).glob("*.json"))}


def recordings(release: str = USUAL) -> dict[str, Recording]:
    """Every recorded experiment of a release by its name."""
    return {name: one for session in sessions(release).values() for name, one in session.experiments.items()}


def replay(name: str, release: str = USUAL) -> Recording:
    """What a recorded experiment gave, with no QEMU.

    Raises ValueError for a name, or a *release* of Linux, that has no recording.
    """
    known = recordings(release)
    if not known:
        raise ValueError(f"there are no recordings of Linux {release}; there are those of {', '.join(releases())}")
    if name not in known:
        raise ValueError(f"there is no recording of {name!r}; there are {', '.join(known)}")
    return known[name]


# --- as JSON ----------------------------------------------------------------------------------------------------------


def as_json(session: Session) -> str:
    """*session* as the text of its file."""
    experiments = {
        name: {"title": one.title, "steps": [plain(r) for r in one]} for name, one in session.experiments.items()
    }
    tables = {name: table.hex() for name, table in session.tables.items()}
    return json.dumps(vars(session) | {"tables": tables, "experiments": experiments}, indent=1) + "\n"


def load(path: Path) -> Session:
    """Raises ValueError, with the file's name, for a file that holds no session."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        return _session(plain)
    except (KeyError, TypeError, AttributeError, ValueError) as e:
        raise ValueError(f"{path.name} is no recording: {e!r}") from e


def _session(plain: dict[str, Any]) -> Session:
    by = plain["kernel"], plain["qemu"]
    experiments = {
        name: Recording(name, one["title"], tuple(reaction_of(step, *by) for step in one["steps"]))
        for name, one in plain["experiments"].items()
    }
    tables = {name: bytes.fromhex(table) for name, table in plain["tables"].items()}
    return Session(plain["boot"], *by, tuple(plain["arguments"]), tables, experiments)


_number = partial(int, base=16)


def _same(value: Any) -> Any:
    return value


def _signals(signals: tuple[Sigbus, ...]) -> list[dict[str, Any]]:
    return [s._asdict() | {"address": hex(s.address)} for s in signals]


def _signals_of(plain: list[dict[str, Any]]) -> tuple[Sigbus, ...]:
    return tuple(Sigbus(s["code"], int(s["address"], 16), s["lsb"]) for s in plain)


# name in JSON -> the field of a reaction, and how its value is written and read; hexadecimal numbers are text
# fmt: off
_FORM: dict[str, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "title":        ("title", _same, _same),
    "source":       ("source", _same, _same),
    "block":        ("block", bytes.hex, bytes.fromhex),
    "log":          ("log", list, tuple),
    "output":       ("output", _same, _same),
    "block_status": ("block_status", hex, _number),
    "read_ack":     ("ack", hex, _number),
    "signals":      ("signals", _signals, _signals_of),
    "page":         ("page", _same, _same),
    "panicked":     ("panicked", _same, _same),
    "victim":       ("victim", lambda v: v.kind, lambda p: NORMAL._replace(early=p == "early")),
    "reached":      ("reached", hex, _number),
    "pages":        ("pages", list, lambda names: {name: PLACES[name] for name in names}),
    "milliseconds": ("latency", lambda seconds: round(seconds * 1000), lambda ms: ms / 1000),
}
# fmt: on
_ALWAYS = "title", "log"


def plain(reaction: Reaction) -> dict[str, Any]:
    """A reaction as JSON has it; what is as in any `Reaction()` is left out, but title and log."""
    r, usual = vars(reaction.normal()), vars(Reaction())
    rows = ((name, field, write) for name, (field, write, _) in _FORM.items())
    return {name: write(r[field]) for name, field, write in rows if name in _ALWAYS or r[field] != usual[field]}


def reaction_of(plain: dict[str, Any], kernel: str, qemu: str) -> Reaction:
    """The inverse of `plain`, for what *kernel* did under *qemu*. Raises KeyError, TypeError or ValueError."""
    rows = ((name, field, read) for name, (field, _, read) in _FORM.items())
    fields = {field: read(plain[name]) for name, field, read in rows if name in _ALWAYS or name in plain}
    return Reaction(**fields, kernel=kernel, qemu=qemu)
