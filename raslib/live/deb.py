"""Debian packages, read without dpkg: an `ar` archive that holds a compressed `tar` (deb(5))."""

import io
import posixpath
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from . import LiveError


class Member(NamedTuple):
    """A file of a package, or a link if it has a target; paths have no leading slash."""

    path: str
    executable: bool
    data: bytes
    target: str = ""


def members(package: Path) -> Iterator[Member]:
    """Every file and link of *package*, in its order. Raises `LiveError` if the package cannot be read."""
    try:
        with package.open("rb") as file, tarfile.open(fileobj=_data(file, package), mode="r|*") as tar:
            for info in tar:
                path = posixpath.normpath(info.name).lstrip("/")
                if info.issym() or info.islnk():
                    target = info.linkname if info.issym() else "/" + posixpath.normpath(info.linkname)
                    yield Member(path, False, b"", target)
                elif info.isfile():
                    content = tar.extractfile(info)
                    yield Member(path, bool(info.mode & 0o111), content.read() if content else b"")
    except (tarfile.TarError, EOFError, ValueError) as e:
        raise LiveError(f"{package.name} cannot be read: {e}") from e


def _data(file: IO[bytes], package: Path) -> IO[bytes]:
    """The part of the package that holds its files."""
    if file.read(8) != b"!<arch>\n":
        raise LiveError(f"{package.name} is no Debian package")
    while head := file.read(60):
        name, size = head[:16].decode("ascii", "replace").strip().rstrip("/"), int(head[48:58])
        if name.startswith("data.tar"):
            return io.BytesIO(file.read(size))
        file.seek(size + size % 2, 1)
    raise LiveError(f"{package.name} holds no files")


def files(package: Path) -> Iterator[tuple[str, Member]]:
    """Every path of *package* with the file that is there, links followed within the package."""
    tree = {member.path: member for member in members(package)}
    for path in tree:
        if file := _resolve(tree, path):
            yield path, file


def _resolve(tree: dict[str, Member], path: str) -> Member | None:
    """The file at *path*, links followed within *tree*; None if a link leads out of it."""
    for _ in range(8):
        member = tree.get(path)
        if member is None or not member.target:
            return member
        path = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), member.target)).lstrip("/")
    return None
