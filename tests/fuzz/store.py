"""Inputs that once broke something, kept as files: JSON, bytes in it as base64."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).with_name("seeds")


def keep(kind: str, made: Any, why: str, folder: Path = SEEDS) -> Path:
    """Write down an input that failed, so that it is tried again."""
    text = json.dumps({"kind": kind, "why": why[:300], "input": plain(made)}, indent=1)
    path = folder / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def plain(made: Any) -> Any:
    """An input as JSON has it; `made_of` is the inverse."""
    if isinstance(made, bytes):
        return {"base64": base64.b64encode(made).decode()}
    return [plain(one) for one in made] if isinstance(made, list | tuple) else made


def made_of(kept: Any) -> Any:
    """The input that was kept."""
    if isinstance(kept, dict) and set(kept) == {"base64"}:
        return base64.b64decode(kept["base64"])
    return [made_of(one) for one in kept] if isinstance(kept, list) else kept


def seeds() -> dict[str, tuple[str, Any]]:
    """Each input that was kept: by the name of its file, the kind that it is of, and itself."""
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(SEEDS.glob("*.json"))}
    return {name: (kept["kind"], made_of(kept["input"])) for name, kept in found.items()}
