"""What is tried: samples, and what comes of them by a few small changes; values, words and documents that are odd."""

import json
import os
import random
from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

from raslib.formats.kinds import KINDS
from raslib.intake import read_all
from raslib.resources import samples

LARGEST = 8192  # bytes of an input
NUMBERS = [0, 1, 2, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 63, (1 << 64) - 1]
WORDS = [
    *(
        "",
        "=",
        "-",
        "--",
        "0x",
        "\0",
        "\n",
        "\r\n",
        "\x1b[31m",
        "\udcff",
        "\u202e",
        "٣",
        "é",
        "\N{MATHEMATICAL DOUBLE-STRUCK DIGIT ONE}",
        "'",
        '"',
        "\\",
        "%s",
    ),
    *(
        "a" * 300,
        "." * 300,
        "[" * 300,
        "{" * 300,
        "9" * 300,
        "-1",
        "1e999",
        "nan",
        "true",
        "null",
        "../..",
        "/dev/null",
    ),
]
ODD: list[Any] = [
    *(None, True, False, -1, 0, 1 << 70, 1.5, float("inf"), "", "zz", "0x", "\ud800", [], {}, [[]], {"hex": 1}),
    *(["a"] * 50, {"": ""}, [{}], 10**300, "9" * 300, "\x1b[31m"),
]
SHARED = Path(os.environ.get("RASKIT_SHARED") or Path(__file__).parents[3] / "shared")


def binaries() -> list[bytes]:
    """Every sample of bytes: ours, those that lie beside the checkout, and the seeds that once failed."""
    suffixes = {".aml", ".bin", ".cper", ".estatus"}
    files = [p for p in sorted(SHARED.rglob("*")) if p.suffix in suffixes] if SHARED.is_dir() else []
    found = [samples(name) for name in samples() if not name.startswith("memory/")] + [p.read_bytes() for p in files]
    return [data for data in found if 0 < len(data) <= LARGEST]


def kind_of(data: bytes) -> str:
    try:
        return read_all(data)[0].kind
    except ValueError:
        return ""


def texts() -> list[str]:
    """Every sample of a text: logs, mails, commands; what our printer says, dumps and JSON of the samples of bytes."""
    from raslib.views.kernel_log import kernel_log

    found = []
    for folder in ("samples/logs", "samples/field", "samples/broken"):
        files = sorted(p for p in (SHARED / folder).rglob("*") if p.suffix in (".txt", ".log", ".json"))
        found += [p.read_text(encoding="utf-8", errors="surrogateescape") for p in files]
    for data in binaries():
        found += [data.hex(" ", 4), "\n".join(f"{i:08x}: {data[i : i + 16].hex(' ')}" for i in range(0, len(data), 16))]
        if kind_of(data) == "status-block":
            lines = kernel_log(data).splitlines()
            found.append("".join(f"[   12.345678] {{1}}[Hardware Error]: {line}\n" for line in lines))
    return [text for text in found if len(text) <= LARGEST]


def documents() -> list[Any]:
    """What `decode --as json` says of the samples."""
    found = []
    for data in binaries():
        with suppress(ValueError, KeyError):  # a sample of what is broken
            found.append({"kind": kind_of(data), "value": KINDS[kind_of(data)].parse(data).to_json()})
    return [document for document in found if len(json.dumps(document)) <= 4 * LARGEST]


def bytes_like(chance: random.Random, some: Sequence[bytes]) -> bytes:
    """One of *some* with a few bytes changed: bits, numbers where numbers stand, cut, put in, taken out, spliced."""
    made = bytearray(chance.choice(some))
    for _ in range(chance.choice([0, 1, 1, 2, 3, 8])):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(8):
            case 0 if at < len(made):
                made[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(made):
                made[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
            case 2 | 3:
                size = chance.choice([1, 2, 4, 8])
                at -= at % size
                made[at : at + size] = (chance.choice(NUMBERS) % (1 << 8 * size)).to_bytes(size, "little")
            case 4:
                del made[at:]
            case 5:
                made[at:at] = chance.randbytes(chance.choice([1, 4, 8, 72, 400]))
            case 6:
                del made[at : at + chance.choice([1, 4, 8, 72])]
            case _:
                other = chance.choice(some)
                begin = chance.randrange(len(other))
                made[at : at + chance.choice([0, 16, 72])] = other[begin : begin + chance.choice([16, 72, 400])]
    return bytes(made[:LARGEST])


def text_like(chance: random.Random, some: Sequence[str]) -> str:
    """One of *some* with letters, words or lines changed, lost, doubled, or mixed with those of another."""
    made = chance.choice(some)
    for _ in range(chance.choice([0, 1, 2, 5])):
        lines = made.split("\n")
        at, line = chance.randrange(len(made) + 1), chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                made = made[:at] + chance.choice(WORDS) + made[at:]
            case 1:
                made = made[:at] + made[at + chance.choice([1, 5, 80]) :]
            case 2:
                made = "\n".join(lines[:line] + lines[line + 1 :])
            case 3:
                made = "\n".join(lines[:line] + [lines[line]] * chance.choice([2, 20]) + lines[line:])
            case 4:
                other = chance.choice(some).split("\n")
                made = "\n".join(lines[:line] + other[chance.randrange(len(other)) :] + lines[line:])
            case _:
                word = chance.choice(made.split() or [""])
                made = made.replace(word, chance.choice([*WORDS, str(chance.choice(NUMBERS))]), 1) if word else made
    return made[:LARGEST]


def document_like(chance: random.Random, some: Sequence[Any]) -> Any:
    """One of *some* with a few values, keys or elements replaced by odd ones."""
    made = json.loads(json.dumps(chance.choice(some)))
    for _ in range(chance.choice([1, 1, 2, 4])):
        places = list(_places(made))
        if not places:
            break
        holder, key = chance.choice(places)
        match chance.randrange(4):
            case 0 if isinstance(holder, dict):
                holder[chance.choice(["", "x", "kind", "value", "entries", *map(str, holder)])] = holder.pop(key)
            case 1 if isinstance(holder, list):
                holder.extend(deepcopy([holder[key]] * chance.choice([1, 30])))
            case 2:
                holder[key] = chance.choice(NUMBERS)
            case _:
                holder[key] = deepcopy(chance.choice(ODD))  # what is odd stays as it is here
    return made


def _places(value: Any) -> "list[tuple[Any, Any]]":
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in [(value, key), *_places(value[key])]]
