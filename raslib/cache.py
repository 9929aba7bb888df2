"""Answers that take seconds to find, cached in files: by version and by a checksum of the sources that gave them."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from .files import cache_folder, replacing

LIB = Path(__file__).parent
PACKAGED = LIB / "answers"  # in a wheel: those that were found when it was built
MOST = 50  # files in the user's folder; the oldest go


def folder() -> Path:
    """Where answers are cached: RASLIB_CACHE_DIR, else below the folder that the system has for caches of this user."""
    return cache_folder("RASLIB_CACHE_DIR", "answers")


@cache
def checksum() -> str:
    """Of everything in raslib that an answer may depend on: its Python, JavaScript, CSS and tables."""
    digest = hashlib.sha256()
    names = (p.relative_to(LIB).as_posix() for p in LIB.rglob("*") if p.suffix in (".py", ".js", ".css", ".toml"))
    for name in sorted(n for n in names if not n.startswith(("data/", "notebooks/"))):  # which a wheel has in it
        digest.update(name.encode() + b"\0" + (LIB / name).read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def named(question: str) -> str:
    """The name of the file that holds the answer by today's sources. Raises `OSError` where they cannot be read."""
    from . import __version__

    return f"{question}-{__version__}-{checksum()}"


def cached(question: str, find: Callable[[], str]) -> str:
    """The answer to *question*: from the package or the user's folder, else what *find* gives, cached for the next.

    *question* is a word that may stand in a file's name. Several processes may ask and write at once. A file that is
    not whole is found anew, and a folder that cannot be read or written is none: the answer is the same without it.
    """
    try:
        places = (PACKAGED / named(question), folder() / named(question))
    except (OSError, RuntimeError):  # sources in an archive, a user without a home
        return find()
    for path in places:
        with suppress(OSError, ValueError):
            return _whole(path.read_text(encoding="utf-8"))
    answer = find()
    with suppress(OSError):
        write(places[-1], answer)
    return answer


def _whole(text: str) -> str:
    """The answer in a file's *text*. Raises `ValueError` if some of it is missing or another."""
    digest, _, answer = text.partition("\n")
    if digest != hashlib.sha256(answer.encode()).hexdigest():
        raise ValueError("a file that is not whole")
    return answer


def write(path: Path, answer: str) -> None:
    """Write an answer to a file, whole or not at all, and remove the oldest of too many. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with replacing(path) as new:
        new.write_text(f"{hashlib.sha256(answer.encode()).hexdigest()}\n{answer}", encoding="utf-8")
    files = sorted((p for p in path.parent.iterdir() if p.is_file()), key=lambda p: p.stat().st_mtime)
    for old in files[:-MOST]:
        old.unlink(missing_ok=True)
