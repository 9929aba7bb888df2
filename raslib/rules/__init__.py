"""What in a record breaks a rule of its document, or of whoever must read it: findings, each with place and reason.

A record that parses may still be wrong. Parsing keeps what is wrong as it was; this says so. A rule is a public
function from one record to what is broken in it; the type of its parameter says which records it looks at. Rules stand
in a module per part of a document. Knows formats.
"""

from collections.abc import Collection, Iterator
from functools import cache
from importlib import import_module
from types import FunctionType
from typing import get_args

from ..records import Explained, Record
from .finding import Finding, FindingLevel, Rule, error

__all__ = ["ABOUT", "FORM", "Finding", "FindingLevel", "check", "lint", "rules"]

# the modules of rules, each with the modules of formats whose records it looks at; `general` looks at all
ABOUT: dict[str, frozenset[str]] = {
    "tables": frozenset({"acpi", "agdi", "bert", "rasf", "sdei"}),
    "hest": frozenset({"hest"}),
    "serialization": frozenset({"erst", "einj", "serialization"}),
    "aest": frozenset({"aest"}),
    "record": frozenset({"cper", "ghes"}),
    "sections": frozenset({"memory", "memory2", "pcie", "arm", "ghes", "arm_ras", "poison"}),
    "general": frozenset({"records", "cper", "ghes"}),
}

# whether bytes are what they say they are: lengths, counts, checksums, signatures
FORM = frozenset((
    "tables.checksum_holds", "tables.table_is_what_it_says", "tables.length_holds",
    "hest.sources_are_counted", "hest.sources_are_known",
    "serialization.header_holds", "aest.nodes_can_be_read", "aest.node_has_its_length",
    "record.block_ends", "record.entries_are_counted", "record.entry_holds_its_section",
    "record.severity_is_known", "record.record_is_one", "record.record_length_holds",
    "sections.arm_section_length_holds",
))  # fmt: skip


@cache
def rules(modules: frozenset[str] | None = None) -> dict[type, tuple[tuple[str, Rule], ...]]:
    """The rules by the kind of record that they look at, each with its name: `hest.sources_are_known`.

    Those about the records of these *modules* of formats; None: all.
    """
    found: dict[type, tuple[tuple[str, Rule], ...]] = {}
    for module, about in ABOUT.items():
        if modules is None or about & modules:
            for kind, rule in _declared(module):
                found[kind] = (*found.get(kind, ()), (f"{module}.{rule.__name__}", rule))
    return found


def _declared(module: str) -> Iterator[tuple[type, FunctionType]]:
    """The rules of a module, each with the kinds of record that it looks at: functions of one record that yield."""
    for name, rule in vars(import_module(f".{module}", __package__)).items():
        if isinstance(rule, FunctionType) and rule.__module__ == f"{__name__}.{module}" and not name.startswith("_"):
            kinds, *others = rule.__annotations__.values()
            if others == [Iterator[Finding]]:
                yield from ((kind, rule) for kind in get_args(kinds) or (kinds,))


def lint(kind: type[Record], data: bytes, only: Collection[str] | None = None) -> tuple[Finding, ...]:
    """Everything wrong with *data* read as *kind*, in the order of its bytes; what cannot be read is one error,
    or one for each length that is to blame.

    *only* names the rules to go by, `FORM` for example; None: all.
    """
    return check(kind.explain(data), only)


def check(explained: Explained, only: Collection[str] | None = None) -> tuple[Finding, ...]:
    """As `lint`, of bytes that have been read already."""
    if e := explained.error:
        from .record import lengths

        why = "nothing behind this can be read"
        one = error(e.path, e.why, why, explained.kind.ref, offset=e.offset)
        return tuple(lengths(explained.kind, explained.data)) or (one,)
    parts = list(_records("", explained.record))
    kinds = {kind for _, part in parts for kind in type(part).__mro__}
    known = rules(frozenset(kind.__module__.rpartition(".")[2] for kind in kinds))
    offsets = {s.path: s.start for s in explained.spans}
    findings = []
    for path, part in parts:
        for name, rule in (rule for kind in type(part).__mro__ for rule in known.get(kind, ())):
            for f in rule(part) if only is None or name in only else ():
                where = f"{path}.{f.path}".strip(".")
                findings.append(f._replace(path=where, offset=_offset(offsets, where), cite=f.cite or part.ref))
    return tuple(sorted(findings, key=lambda f: f.offset or 0))


def _records(path: str, value: object) -> Iterator[tuple[str, Record]]:
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
