"""From a file, a folder, bytes or a text to what it holds: decides which of the forms it is in."""

import dataclasses
import mmap
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..formats.kinds import KINDS
from . import containers
from .binaries import binary
from .found import OBSERVATIONS, Found
from .text import SAMPLE, is_text, lines

Progress = Callable[[int, int], None]  # bytes done, and of how many
SQLITE = b"SQLite format 3\0"
LARGE = 1 << 23  # bytes of a text above which it is a log, and is read as it comes


def read(source: bytes | str | Path, kind: str | None = None) -> Found:
    """The one thing that *source* holds; else as `read_all`. Raises ValueError if there are several."""
    found = read_all(source, kind)
    if len(found) > 1:
        raise ValueError(f"there are {len(found)}, not one: " + "; ".join(f"{f.kind}, {f.note}" for f in found[:5]))
    return found[0]


def read_all(
    source: bytes | str | Path, kind: str | None = None, progress: Progress | None = None
) -> tuple[Found, ...]:
    """Everything that *source* holds, at least one thing; of *kind*, or what `kind_of` says of the bytes.

    *source* is a file, a folder (its files in order), bytes, or a text. A text is a log of Linux (each event is one
    status block), trace events, a container (JSON, XML, mail), a dump, base64, C or hex digits. Of what cannot be read
    among others, and of a text that has facts and no record, a `Found` of the kind "observations" tells. *progress* is
    called with the bytes done and all bytes. Raises ValueError if nothing can be read: for a text with the line's
    number, and with the command that would take it, if there is one.
    """
    return tuple(stream(source, kind, progress))


def stream(source: bytes | str | Path, kind: str | None = None, progress: Progress | None = None) -> Iterator[Found]:
    """As `read_all`, one after another as they are found, in memory that does not grow with the file."""
    if kind not in (None, *KINDS):
        raise ValueError(f"{kind!r} is not one of {', '.join(KINDS)}")
    if not isinstance(source, Path):
        yield from _several(_in(source, kind, progress))
    elif source.is_dir():
        yield from _several(_folder(source, kind))
    else:
        yield from _file(source, kind, progress)


def _several(found: Iterable[Found | ValueError]) -> Iterator[Found]:
    """What could be read, then a word on what could not. Raises the first error if that is all there is."""
    errors: list[ValueError] = []
    some = False
    for one in found:
        if isinstance(one, ValueError):
            errors.append(one)
        else:
            some = True
            yield one
    if not some:
        raise errors[0] if errors else ValueError("there is nothing of ours in it")
    yield from (Found(OBSERVATIONS, b"", f"not read: {e}") for e in errors[:100])


def _file(path: Path, kind: str | None, progress: Progress | None) -> Iterator[Found]:
    with path.open("rb") as file:
        if path.is_file() and path.stat().st_size > LARGE:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield from _several(_in(data, kind, progress))
        else:
            yield from _several(_in(file.read(), kind, progress))


def _folder(folder: Path, kind: str | None) -> Iterator[Found | ValueError]:
    """Of the files in it that are of a known kind; pstore's parts of one panic have the last first."""
    paths = sorted((p for p in folder.rglob("*") if p.is_file()), key=lambda p: (p.parent, p.name))
    if not paths:
        yield ValueError("an empty folder")
    if len(pstore := [path for path in paths if path.name.startswith("dmesg-")]) > 1:  # parts of a panic, a file each
        paths = [path for path in paths if path not in pstore]
        yield from _in(b"\n".join(containers.unpacked(path.read_bytes()) for path in pstore), kind, None)
    for path in paths:
        name = path.relative_to(folder)
        try:
            for one in _file(path, kind, None):
                yield dataclasses.replace(one, note=f"{name}: {one.note}")
        except (ValueError, OSError) as e:
            yield ValueError(f"{name}: {e}")


def _in(data: bytes | str | mmap.mmap, kind: str | None, progress: Progress | None) -> Iterator[Found | ValueError]:
    if isinstance(data, bytes):
        data = containers.unpacked(data)
    if not isinstance(data, str) and data[:16] != SQLITE and not is_text(data[: 1 << 16]):
        yield from binary(bytes(data), kind, "binary")
        return
    if isinstance(data, bytes | mmap.mmap) and data[:16] == SQLITE:
        from .traces import read_database

        yield from read_database(bytes(data))
    elif not isinstance(data, str) and len(data) > LARGE and b"\0" not in data[:SAMPLE]:
        from .logs import large

        yield from large(data, progress)
    else:
        from .texts import text

        yield from text(data if isinstance(data, str) else "\n".join(row.text for row in lines(bytes(data))), kind)
