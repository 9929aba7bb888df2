"""Files that come with raslib: sample tables and records, `samples()`; tables of facts beside modules, `table()`."""

import tomllib
from pathlib import Path
from typing import Any, overload

BINARY = {".aml", ".bin", ".cper", ".estatus"}


def folder(name: str) -> Path:
    """Where `data` or `notebooks` lie: inside an installed package, or beside it in a checkout."""
    packaged = Path(__file__).with_name(name)
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / name


def table(module: str, name: str = "") -> dict[str, Any]:
    """The TOML file *name* beside a *module*, its `__file__`, or the one that is called as the module is.

    Raises OSError, or `tomllib.TOMLDecodeError`, a ValueError.
    """
    path = Path(module)
    return tomllib.loads((path.with_name(name) if name else path.with_suffix(".toml")).read_text(encoding="utf-8"))


def _files() -> dict[str, Path]:
    """Every sample by its name: the path below `data`, without the suffix."""
    top = folder("data")
    files = (path for path in top.rglob("*") if path.suffix in BINARY | {".hex"})
    return {path.relative_to(top).with_suffix("").as_posix(): path for path in sorted(files)}


@overload
def samples() -> tuple[str, ...]: ...
@overload
def samples(name: str) -> bytes: ...
def samples(name: str | None = None) -> tuple[str, ...] | bytes:
    """The names of all samples, or the bytes of one, for example `samples("hest/qemu-7.2")`.

    A `.hex` file is hex digits and spaces, with comments from `#` on; its first line tells the origin.
    Raises ValueError for a name that is not there, with the names nearest to it.
    """
    files = _files()
    if name is None:
        return tuple(files)
    if name not in files:
        from difflib import get_close_matches

        near = get_close_matches(name, files, cutoff=0.4) or list(files)
        raise ValueError(
            f"no sample is called {name!r}; near it: {', '.join(near) or 'none, the data folder is empty'}"
        )
    path = files[name]
    return unhex(path.read_text(encoding="utf-8"), name) if path.suffix == ".hex" else path.read_bytes()


def unhex(text: str, name: str = "hex text") -> bytes:
    """Bytes of commented hex; ValueError names the first line that is not hex."""
    found = bytearray()
    for number, line in enumerate(text.splitlines(), 1):
        try:
            found += bytes.fromhex(line.partition("#")[0])
        except ValueError as error:
            raise ValueError(f"{name}, line {number}: {error}") from None
    return bytes(found)
