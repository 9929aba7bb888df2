"""What the tests of the table formats share: samples, partitions, layouts, enumerations, random bodies, iasl."""

import importlib
import os
import pkgutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from raslib import formats
from raslib.records import Coded, Record, Register
from raslib.resources import samples

# every module that declares formats
MODULES = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(formats.__path__, f"{formats.__name__}.")
    if not found.ispkg
]
BINARY = {".aml", ".bin", ".cper", ".estatus"}  # beside them lie the texts that others made of them
SHARED = Path(os.environ.get("RASKIT_SHARED") or Path(__file__).parents[3] / "shared")


def shared(*folders: str) -> list[Any]:
    """A parameter for each file below *folders* of the shared folder; without it one that is skipped, saying so."""
    files = [path for folder in folders for path in sorted((SHARED / folder).glob("*")) if path.suffix in BINARY]
    missing = pytest.mark.skip(f"RASKIT_SHARED names no folder with {', '.join(folders)}")
    return [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in files] or [
        pytest.param(None, marks=missing, id=folders[0])
    ]


def sample(name: str) -> bytes:
    """One file of the shared folder, or our copy of it; without either the test is skipped, saying so."""
    path, ours = SHARED / name, f"status_blocks/{Path(name).stem}"
    if not path.is_file() and name.startswith("vectors/") and ours in samples():
        return samples(ours)
    if not path.is_file():
        pytest.skip(f"RASKIT_SHARED names no folder with {name}")
    return path.read_bytes()


def lossless(kind: type[Record], data: bytes) -> Any:
    """Parse, and hold what comes out to the bytes in every way there is."""
    value = kind.parse(data)
    assert value.build() == data
    assert tiles(kind, data) == data
    assert kind.from_json(value.to_json(), frozenset(value.as_found())) == value
    assert kind.from_json(value.to_json(), frozenset(value.as_found())).build() == data
    return value


def tiles(kind: type[Record], data: bytes) -> bytes:
    """The bytes of the innermost fields, one after another: *data* itself where they cover every byte once."""
    leaves = [s for s in kind.spans(data) if not s.group and s.bits is None]
    assert [s.start for s in leaves[1:]] == [s.stop for s in leaves[:-1]], "a gap or an overlap"
    return b"".join(data[s.start : s.stop] for s in leaves)


def layout(kind: type[Record]) -> list[tuple[str, int | None, int | None]]:
    """Name, offset and size of every field."""
    return [(row.name, row.offset, row.size) for row in kind.table()]


def size(kind: type[Record]) -> int:
    """Bytes of a record that is always the same size."""
    return len(kind().build())


def classes(module: ModuleType, kind: type) -> list[Any]:
    """The classes of *kind* that *module* declares itself for others to use."""
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, kind)]
    return [value for value in dict.fromkeys(found) if value.__module__ == module.__name__ and value.__name__[0] != "_"]


def uses(module: ModuleType) -> Iterator[tuple[type, str, type[Coded]]]:
    """Every place where *module* gives a number its names: the class, the field, the enumeration."""
    for record in classes(module, Record):
        for field in record.con.fields:
            con = field
            while (con := getattr(con, "subcon", None)) is not None:
                if hasattr(con, "kind") and issubclass(con.kind, Coded):
                    yield record, field.name, con.kind
    for register in classes(module, Register):
        for name, _, _, kind, *_ in register.layout:
            if issubclass(kind, Coded):
                yield register, name, kind


def explained(module: ModuleType, apart: set[type[Coded]] = frozenset()) -> None:  # type: ignore[assignment]
    """Every enumeration stands in a field (but those *apart*), every member comes back from there and has its word."""
    places: dict[type[Coded], list[tuple[type, str]]] = {}
    for owner, name, kind in uses(module):
        places.setdefault(kind, []).append((owner, name))
    assert set(classes(module, Coded)) - set(places) == apart
    for kind in classes(module, Coded):
        words = [member.means for member in kind]
        assert all(words), kind
        assert len(set(words)) == len(words), f"two members of {kind.__name__} have one word"
        for owner, name in places.get(kind, ()):
            for member in kind:
                built = owner(**{name: int(member)}).build()
                assert getattr(owner.parse(built), name) is member, (owner, name, member)


def documented(module: ModuleType) -> None:
    """Every record and register says in which document it stands and where, every field of them what it is."""
    for kind in [*classes(module, Record), *classes(module, Register)]:
        assert kind.ref, kind
    for record in classes(module, Record):
        for row in record.table():
            assert row.doc, f"{record.__name__}.{row.name} has no word"
    for register in classes(module, Register):
        for name, *_, doc, _ in register.layout:
            assert doc, f"{register.__name__}.{name} has no word"


def flags_at(register: type[Register], names: dict[int, str]) -> None:
    """Each bit of *names* sets the flag of that name and nothing else; no other bit has a name."""
    for bit in range(register.width):
        parsed = register.parse(1 << bit)
        shown = [name for name, *_ in register.layout if getattr(parsed, name)]
        assert shown == ([names[bit]] if bit in names else []), f"bit {bit} of {register.__name__}"
        assert parsed.reserved == (0 if bit in names else 1 << bit)


def fields_at(register: type[Register], names: dict[str, tuple[int, int]]) -> None:
    """Each field lies at the bits that *names* gives it, and no other bit has a name."""
    assert {name: (low + mask.bit_length() - 1, low) for name, low, mask, *_ in register.layout} == names
    for high, low in names.values():
        word = (1 << high + 1) - (1 << low)
        assert register.parse(word).reserved == 0
        assert register.parse(word).build() == word


words = st.one_of(st.just(0), st.just(0xFFFF_FFFF_FFFF_FFFF), st.integers(0, 0xFFFF_FFFF_FFFF_FFFF))

patient = settings(deadline=None)  # for @given: how long an example takes says nothing on a busy machine

NOT_OURS = {  # what iasl puts into every table that it compiles
    "checksum": slice(9, 10),
    "creator_id": slice(28, 32),
    "creator_revision": slice(32, 36),
}


def iasl(table: Record, folder: Path) -> tuple[str, bytes]:
    """The source that iasl makes of *table*, and the table that it makes of the source."""
    (folder / "table.aml").write_bytes(table.build())
    for arguments in (["-d", "table.aml"], ["-p", "again", "table.dsl"]):
        done = subprocess.run(["iasl", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        assert "Error" not in said.replace("0 Errors", ""), said
    return (folder / "table.dsl").read_text(errors="replace"), (folder / "again.aml").read_bytes()


def without(data: bytes, fields: dict[str, slice] = NOT_OURS) -> bytes:
    """*data* with zeros where *fields* lie."""
    left = bytearray(data)
    for where in fields.values():
        left[where] = bytes(where.stop - where.start)
    return bytes(left)
