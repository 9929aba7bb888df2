"""Recordings of what a kernel did: a file of `data/live` for each machine, with what every experiment on it gave."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...resources import folder
from ...sim.model.trace import Sigbus
from .reaction import NORMAL, Reaction


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


def home() -> Path:
    """The folder of the recordings, `data/live`."""
    return folder("data") / "live"


def sessions() -> dict[str, Session]:
    """Every recorded session by its boot's name."""
    return {path.stem: load(path) for path in sorted(home().glob("*.json"))}


def recordings() -> dict[str, Recording]:
    """Every recorded experiment by its name."""
    return {name: one for session in sessions().values() for name, one in session.experiments.items()}


def replay(name: str) -> Recording:
    """What a recorded experiment gave, with no QEMU. Raises ValueError for a name that has no recording."""
    known = recordings()
    if name not in known:
        raise ValueError(f"there is no recording of {name!r}; there are {', '.join(known)}")
    return known[name]


# --- as JSON ----------------------------------------------------------------------------------------------------------


def as_json(session: Session) -> str:
    """*session* as the text of its file."""
    return json.dumps(_plain(session), indent=1) + "\n"


def load(path: Path) -> Session:
    """Raises ValueError, with the file's name, for a file that holds no session."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        return _session(plain)
    except (KeyError, TypeError, AttributeError, ValueError) as e:
        raise ValueError(f"{path.name} is no recording: {e!r}") from e


def _plain(session: Session) -> dict[str, Any]:
    return {
        "boot": session.boot,
        "kernel": session.kernel,
        "qemu": session.qemu,
        "arguments": list(session.arguments),
        "tables": {name: table.hex() for name, table in session.tables.items()},
        "experiments": {
            name: {"title": one.title, "steps": [plain(r) for r in one]} for name, one in session.experiments.items()
        },
    }


def _session(plain: dict[str, Any]) -> Session:
    by = plain["kernel"], plain["qemu"]
    experiments = {
        name: Recording(name, one["title"], tuple(_reaction(step, *by) for step in one["steps"]))
        for name, one in plain["experiments"].items()
    }
    tables = {name: bytes.fromhex(table) for name, table in plain["tables"].items()}
    return Session(plain["boot"], *by, tuple(plain["arguments"]), tables, experiments)


def plain(reaction: Reaction) -> dict[str, Any]:
    """A reaction as JSON has it; what is nothing or as usual is left out. Hexadecimal numbers are text."""
    r = reaction.normal()
    fields: dict[str, Any] = {
        "title": r.title,
        "source": r.source,
        "block": None if r.block is None else r.block.hex(),
        "log": list(r.log),
        "output": r.output,
        "block_status": _hex(r.block_status),
        "read_ack": _hex(r.ack),
        "signals": [{"code": s.code, "address": _hex(s.address), "lsb": s.lsb} for s in r.signals],
        "page": r.page,
        "panicked": r.panicked,
        "victim": None if r.victim is None else "early" if r.victim.early else "late",
        "reached": _hex(r.reached or None),
        "milliseconds": None if r.latency is None else round(r.latency * 1000),
    }
    return {name: value for name, value in fields.items() if name in ("title", "log") or not _usual(value)}


def _usual(value: Any) -> bool:
    return value is None or value is False or value in ("", [])


def _hex(number: int | None) -> str | None:
    return None if number is None else f"{number:#x}"


def _reaction(plain: dict[str, Any], kernel: str, qemu: str) -> Reaction:
    def number(name: str) -> int | None:
        return int(plain[name], 16) if name in plain else None

    return Reaction(
        title=plain["title"],
        source=plain.get("source"),
        block=bytes.fromhex(plain["block"]) if "block" in plain else None,
        log=tuple(plain["log"]),
        output=plain.get("output", ""),
        block_status=number("block_status"),
        ack=number("read_ack"),
        signals=tuple(Sigbus(s["code"], int(s["address"], 16), s["lsb"]) for s in plain.get("signals", ())),
        page=plain.get("page", ""),
        panicked=plain.get("panicked", False),
        victim=NORMAL._replace(early=plain["victim"] == "early") if "victim" in plain else None,
        reached=number("reached") or 0,
        latency=plain["milliseconds"] / 1000 if "milliseconds" in plain else None,
        kernel=kernel,
        qemu=qemu,
    )
