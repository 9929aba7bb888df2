"""What in a record breaks a rule of its document, or of whoever must read it: findings, each with place and reason.

A record that parses may still be wrong. Parsing keeps what is wrong as it was; this says so. The rules stand in a
module per part of a document; `RULES` says which rules look at which kind of record. Knows formats.
"""

import sys
from collections.abc import Collection, Iterator
from types import ModuleType
from typing import Any

from ..formats.acpi import Table
from ..formats.sdei import Sdei
from ..records import Record
from . import aest, arm, block, general, hest, record, registers, sections, serialization, tables
from .finding import Broken, Finding, Level, Rule
from .lengths import lengths

__all__ = ["FORM", "RULES", "Broken", "Finding", "Level", "lint"]

RULES: dict[type, tuple[Rule, ...]] = {}
for _room in (tables, hest, registers, serialization, aest, block, record, arm, sections, general):
    RULES |= {kind: RULES.get(kind, ()) + rules for kind, rules in _room.RULES.items()}

# whether bytes are what they say they are: lengths, counts, checksums, signatures
FORM: frozenset[Rule] = frozenset(
    {
        *tables.RULES[Table],
        *tables.RULES[Sdei],
        hest.sources_are_counted,
        hest.sources_are_known,
        serialization.header_size_is_one_of_two,
        serialization.entries_are_counted,
        aest.nodes_can_be_read,
        aest.node_has_its_length,
        block.block_ends,
        block.entries_are_counted,
        block.entry_holds_its_section,
        record.severity_is_known,
        record.record_is_one,
        record.record_length_holds,
        arm.arm_section_length_holds,
    }
)


def lint(kind: type[Record], data: bytes, rules: Collection[Rule] | None = None) -> tuple[Finding, ...]:
    """Everything wrong with *data* read as *kind*, in the order of its bytes; what cannot be read is one error,
    or one for each length that is to blame.

    *rules* are those to go by, `FORM` for example; None: all.
    """
    found = kind.explain(data)
    if found.error:
        why = "nothing behind this can be read"
        one = Finding(Level.ERROR, found.error.path, found.error.offset, found.error.why, why, kind.ref)
        return tuple(lengths(kind, data)) or (one,)
    offsets = {s.path: s.start for s in found.spans}
    findings = []
    for path, part in _records("", found.record):
        for rule in (rule for kind in type(part).__mro__ for rule in RULES.get(kind, ())):
            for b in rule(part) if rules is None or rule in rules else ():
                where = f"{path}.{b.field}".strip(".")
                findings.append(Finding(b.level, where, _offset(offsets, where), b.says, b.why, b.cite))
    return tuple(sorted(findings, key=lambda f: f.offset or 0))


def _records(path: str, value: Any) -> Iterator[tuple[str, Record]]:
    if isinstance(value, Record):
        yield path, value
        for name in value.con.names:
            yield from _records(f"{path}.{name}".lstrip("."), getattr(value, name))
    elif isinstance(value, tuple):
        for i, item in enumerate(value):
            yield from _records(f"{path}[{i}]", item)


def _offset(offsets: dict[str, int], path: str) -> int | None:
    """Where the field at *path* begins; of one without bytes, what holds it."""
    while path and path not in offsets:
        path = path.rpartition(".")[0]
    return offsets.get(path)


class _Room(ModuleType):
    """This module, as a function: `from raslib import lint` gives the room, once somebody has been in it."""

    __call__ = staticmethod(lint)


sys.modules[__name__].__class__ = _Room
