"""Files that are replaced as a whole: what was there stays until all of the new is written. And where caches are."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def replacing(name: str | Path) -> Iterator[Path]:
    """A new file beside *name*, for the block to write: it takes the place of *name* when the block ends well.

        with replacing("table.csv") as new:
            new.write_text(...)

    At every moment *name* is as it was or as it is to be, whoever ends the process. A link stays a link and a file
    keeps its mode; what is no file, a device or a pipe, is written as it is. Raises `OSError` with *name*, and on a
    full disk with how many bytes were written and how many are free; the new file is then removed.
    """
    target = Path(name)
    if target.is_symlink():
        target = Path(os.path.realpath(name))
    if target.exists() and not target.is_file():
        yield target
        return
    new = _beside(target, str(name))
    try:
        yield new
        _keep(new, target)
    except OSError as e:
        if e.filename not in (None, str(new), new):
            raise
        raise OSError(e.errno, _why(e, new), str(name)) from e
    finally:
        with suppress(OSError):
            new.unlink()


def _beside(target: Path, name: str) -> Path:
    """An empty file of our own in the folder of *target*, with its suffix."""
    for number in range(1000):
        new = target.with_name(f".raslib-{os.getpid()}-{number}{target.suffix}")
        try:
            os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            continue
        except OSError as e:
            raise OSError(e.errno, e.strerror, name) from e
        return new
    raise OSError(errno.EEXIST, f"{target.parent} is full of files that were never finished", name)


def _keep(new: Path, target: Path) -> None:
    """The new file is on the disk, with the mode of the old one, before it takes its place."""
    if target.exists():
        new.chmod(target.stat().st_mode & 0o7777)
    descriptor = os.open(new, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    new.replace(target)


def _why(e: OSError, new: Path) -> str:
    import shutil

    if e.errno not in FULL:
        return e.strerror or str(e)
    written = new.stat().st_size if new.exists() else 0
    return f"{e.strerror}: {written:,} bytes were written, {shutil.disk_usage(new.parent).free:,} are free"


def cache_folder(variable: str, name: str) -> Path:
    """The folder that an environment *variable* names, else `raslib/`*name* where the system has this user's caches.

    Raises `RuntimeError` for a user without a home.
    """
    if named := os.environ.get(variable):
        return Path(named)
    match sys.platform:
        case "win32":
            place = os.environ.get("LOCALAPPDATA", "")
        case "darwin":
            place = str(Path.home() / "Library" / "Caches")
        case _:
            place = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(place) if Path(place).is_absolute() else Path.home() / ".cache") / "raslib" / name
