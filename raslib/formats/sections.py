"""What a section's GUID says its body is (UEFI 2.10 appendix N.2, section types; vendors' own).

A section declares its GUID and title itself, `class Pcie(Record, ref=..., guid=..., title=...)`. A module is loaded if
a GUID is looked up that those before it do not declare. Every module in `more` is found, without an entry anywhere.

`RECORDS`
    The record of a section type. The bodies of all other types stay bytes.
`NAMES`
    What a section type is called, those that are known by name alone too.
`GUIDS`
    The section type of a record.
`PARTS`
    What GUIDs inside the bodies name: the `PARTS` of their modules.
`BODY`
    The construct of a body, where the field before it is called `section_type`.

>>> from uuid import UUID
>>> memory = UUID("a5bc1114-6f64-4ede-b863-3e83ed7c83b1")
>>> NAMES[memory], RECORDS[memory].__name__, GUIDS[RECORDS[memory]] == memory
('Platform Memory', 'PlatformMemory', True)
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from uuid import UUID

from ..records import Choice, Record
from . import more
from .kinds import Lookup

_FIRST = ("memory", "arm", "pcie", "processor", "firmware")  # modules of the arm64 story, the likeliest first

# Types that documents, Linux, rasdaemon or libcper know, and of Windows' that our samples have, but not their bodies.
# UEFI and Linux print the last group of the IPF type with nine bytes, which no GUID has; this is libcper's reading.
_BY_NAME: dict[UUID, str] = {
    UUID("e429faf1-3cb7-11d4-bca7-0080c73c8881"): "IPF Processor",
    UUID("1f8161e1-55d6-41e6-bd10-7afd1dc5f7c5"): "HiSilicon OEM type 1",
    UUID("45534ea6-ce23-4115-8535-e07ab3aef91d"): "HiSilicon OEM type 2",
    UUID("c8b328a8-9917-4af6-9a13-2e08ab2e7586"): "HiSilicon common",
    UUID("a6980811-16ea-4e4d-b936-fb00a23ff29c"): "Alibaba Yitian DDR",
    UUID("82d78ba3-fa14-407a-ba0e-f3ba8170013c"): "JaguarMicro 1",
    UUID("f9723053-2558-49b1-b58a-1c1a82492a62"): "JaguarMicro 2",
    UUID("2d31de54-3037-4f24-a283-f69ca1ec0b9a"): "JaguarMicro 3",
    UUID("dac80d69-0a72-4eba-8114-148ee344af06"): "JaguarMicro 4",
    UUID("746f06fe-405e-451f-8d09-02e802ed984a"): "JaguarMicro 5",
    UUID("c197e04e-d545-4a70-9c17-a5549419eb12"): "Linux pstore dmesg",
    UUID("4f118707-04dd-4055-b5dd-956d34ddfac6"): "Linux pstore dmesg, compressed",
    UUID("fe08ffbe-95e4-4be7-bc73-4096044a38fc"): "Linux machine check",
    UUID("8a1e1d01-42f9-4557-9c33-565e5cc3f7e8"): "Windows XPF MCA",
    UUID("ec49534b-30e7-4358-972f-eca6958fae3b"): "Windows DPC Capability",
    UUID("c34832a1-02c3-4c52-a9f1-9f1d5d7723fc"): "Windows Recovery Info",
}


@cache
def _load(name: str) -> tuple[dict[UUID, type[Record]], dict[UUID, str]]:
    """The records that a module declares by their section types, and its `PARTS`. Thread-safe, as imports are."""
    inside = vars(import_module(f".{name}", __package__))
    kinds = (kind for kind in inside.values() if isinstance(kind, type) and issubclass(kind, Record))
    return {kind.guid: kind for kind in kinds if kind.guid}, inside.get("PARTS", {})


@cache
def _modules() -> tuple[str, ...]:
    """Every module that declares sections, in the order in which they are looked through."""
    return (*_FIRST, *(f"more.{module.name}" for module in iter_modules(more.__path__)))


def _every() -> Iterator[tuple[dict[UUID, type[Record]], dict[UUID, str]]]:
    """Those of all modules, each loaded when the iterator comes to it."""
    return map(_load, _modules())


def _record(guid: UUID) -> type[Record] | None:
    """The record that declares *guid* as its section type. Of a type that nobody declares, all modules are loaded."""
    return next((kinds[guid] for kinds, _ in _every() if guid in kinds), None)


def _name(guid: UUID) -> str | None:
    """The title of its record, or the name that it is known by alone."""
    kind = None if guid in _BY_NAME else _record(guid)
    return kind.title if kind else _BY_NAME.get(guid)


def _part(guid: UUID) -> str | None:
    """What *guid* names inside a section's body: a kind of check, a key."""
    return next((names[guid] for _, names in _every() if guid in names), None)


RECORDS: Mapping[UUID, type[Record]] = Lookup(
    _record, lambda: dict.fromkeys(guid for kinds, _ in _every() for guid in kinds)
)
NAMES: Mapping[UUID, str] = Lookup(_name, lambda: (*RECORDS, *_BY_NAME))
GUIDS: Mapping[type[Record], UUID] = Lookup(lambda kind: getattr(kind, "guid", None), RECORDS.values)
PARTS: Mapping[UUID, str] = Lookup(_part, lambda: (guid for _, names in _every() for guid in names))

BODY = Choice(lambda c: c.section_type, RECORDS)
