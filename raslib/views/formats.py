"""The field tables of the formats, as the declarations have them: a list of all, and one as text or Markdown."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from .. import formats
from ..formats import sections
from ..formats.kinds import KINDS
from ..records import Bits, Choice, Coded, Named, Record, Register, Times
from .table import columns
from .words import bit_range


class Format(NamedTuple):
    """One structure: its *name* here, its *title* in its document, and what declares it; None: its bytes stay bytes."""

    name: str
    title: str
    group: str  # one of `GROUPS`
    kind: type[Record] | type[Register] | None
    guid: UUID | None = None

    @property
    def ref(self) -> str:
        return self.kind.ref if self.kind else ""


GROUPS = {
    "kind": "what a file may hold",
    "section": "sections of an error record",
    "structure": "parts of them",
    "register": "registers and words of bits",
}


# --- which there are --------------------------------------------------------------------------------------------------


@cache
def known() -> tuple[Format, ...]:
    """All formats, by group and in the order of their modules."""
    declared = [*KINDS.values(), *sections.RECORDS.values(), *_declared(Record), *_declared(Register)]
    found = [*map(_format, dict.fromkeys(declared))]
    found += [
        Format(re.sub(r"[^a-z0-9]+", "-", name.lower()), name, "section", None, guid)
        for guid, name in sections.NAMES.items()
        if guid not in sections.RECORDS
    ]
    return tuple(sorted(found, key=lambda f: list(GROUPS).index(f.group)))


def _declared(base: type) -> Iterator[Any]:
    for module in pkgutil.walk_packages(formats.__path__, f"{formats.__name__}."):
        said = importlib.import_module(module.name)
        for kind in vars(said).values():
            if inspect.isclass(kind) and issubclass(kind, base) and kind.__module__ == said.__name__:
                yield from [] if kind.__name__.startswith("_") else [kind]


def _format(kind: Any) -> Format:
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", kind.__name__).lower()
    if kind in KINDS.values():
        return Format(name, kind.title, "kind", kind)
    if guid := sections.GUIDS.get(kind):
        return Format(name, sections.NAMES[guid], "section", kind, guid)
    title = kind.ref.partition(", ")[2] or kind.__name__
    return Format(name, title, "structure" if issubclass(kind, Record) else "register", kind)


def find(name: str) -> Format:
    """The format of that name: as `known` has it, its class, its title, its kind on the command line, its GUID, or what
    Linux and others call it, as its declaration says (`struct acpi_hest_generic`, "GHES").

    Raises ValueError, with names that are close, if there is none.
    """
    table: dict[str, Format] = {}
    for f in reversed(known()):
        kinds = [kind for kind, record in KINDS.items() if record is f.kind]
        title = f.title if f.group in ("kind", "section") else ""
        for said in (*_cousins(f), title, str(f.guid or ""), *kinds, f.name):
            table[_bare(said)] = f
    if found := table.get(_bare(name)):
        return found
    near = get_close_matches(name.lower(), [f.name for f in known()], n=5, cutoff=0.5)
    raise ValueError(f"no format is called {name!r}" + (f"; there is {', '.join(near)}" if near else ""))


def _cousins(f: Format) -> list[str]:
    doc = (f.kind and f.kind.__doc__) or ""
    return [struct or word for struct, word in re.findall(r'`struct (\w+)`|"(\w+)"', doc)]


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


# --- what one is made of ----------------------------------------------------------------------------------------------

Line = tuple[int, str, str, str, str, str]  # how deep it stands, and its five columns


def fields(f: Format) -> Iterator[Line]:
    """The field table of *f*: a line for each field, and under it those of its bits and codes.

    "-" stands where the bytes themselves decide offset or size.
    """
    if f.kind is None:
        return
    if issubclass(f.kind, Register):
        yield from _bits(f.kind, 0)
        return
    for row, con in zip(f.kind.table(), f.kind.con.fields, strict=True):
        offset, size = ("-" if number is None else str(number) for number in (row.offset, row.size))
        made, below = _inside(con.subcon)
        valid = f"; if {con.valid} is valid" if con.valid else ""
        yield 0, offset, size, row.name, f"{row.doc}{made}{valid}", row.ref
        yield from below


def _inside(con: Any) -> tuple[str, Iterable[Line]]:
    """What the values of a field are made of: other formats, by their names; or the lines of bits or codes."""
    if hasattr(con, "cls"):
        return f"; {_name(con.cls)}", ()
    match con:
        case Bits():
            return "", _bits(con.kind, 1)
        case Named() if issubclass(con.kind, Coded):
            return "", _codes(con.kind, 1)
        case Times():
            made, below = _inside(con.subcon)
            return made.replace("; ", "; each ", 1), below
        case Choice():
            cases = (case if isinstance(case, tuple) else (case,) for case in con.cases.values())
            return f"; {' or '.join(dict.fromkeys(_name(kind) for case in cases for kind in case))}", ()
    return _inside(con.subcon) if hasattr(con, "subcon") else ("", ())


@cache
def _name(kind: Any) -> str:
    return next((f.name for f in known() if f.kind is kind), kind.__name__)


def _bits(kind: type[Register], depth: int) -> Iterator[Line]:
    for name, low, mask, coded, doc, ref in sorted(kind.layout, key=lambda field: -field[1]):
        yield depth, "", f"[{bit_range((low + mask.bit_length() - 1, low))}]", name, doc, ref
        if issubclass(coded, Coded):
            yield from _codes(coded, depth + 1)


def _codes(kind: Any, depth: int) -> Iterator[Line]:
    for member in kind:
        number = f"{member:#x}" if member > 99 else f"{int(member)}"
        yield depth, "", "", f"{number} {member.name}", member.means, ""


# --- as text and as Markdown ------------------------------------------------------------------------------------------

HEADS = ("offset", "size", "name", "meaning", "source")


def listing(markdown: bool = False) -> str:
    """All formats with their titles and sources, and their sizes: `+` where the least is told."""
    said = []
    for group, title in GROUPS.items():
        rows = [(f.name, _size(f), f.title, f.ref or str(f.guid)) for f in known() if f.group == group]
        said.append(f"{'## ' * markdown}{title}\n{_lines(('name', 'size', 'title', 'source'), rows, markdown)}")
    return "\n".join(said)


def _size(f: Format) -> str:
    if f.kind is None:
        return "-"
    if issubclass(f.kind, Register):
        return f"{f.kind.width} bits"
    *_, last = f.kind.table()
    if last.offset is not None and last.size is not None:
        return str(last.offset + last.size)
    return f"{len(f.kind().build())}+"


def page(f: Format, markdown: bool = False) -> str:
    """The field table of *f*, below its title and what is said of it."""
    doc = inspect.cleandoc(f.kind.__doc__ or "") if f.kind else "Known by its name alone: its bytes stay bytes."
    if f.kind and doc.startswith(f"{f.kind.__name__}("):  # dataclass' own
        doc = ""
    doc = doc if markdown else re.sub(r"`([^`]*)`", r"\1", doc)
    title = f"{f.title}  [{f.ref}]" if f.ref else f.title
    head = [f"{'# ' * markdown}{title}", f"section type {f.guid}" if f.guid else "", doc]
    indent = "&emsp;" if markdown else "  "
    rows = [(offset, size, indent * depth + name, *more) for depth, offset, size, name, *more in fields(f)]
    body = [_lines(HEADS, rows, markdown)] if rows else []
    return ("\n\n" if markdown else "\n").join([*filter(None, head), *body]).rstrip("\n") + "\n"


def _lines(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], markdown: bool) -> str:
    """Columns under their heads; numbers to the right."""
    if markdown:
        cells = [[cell.replace("|", "\\|") for cell in row] for row in (heads, ("---",) * len(heads), *rows)]
        return "\n".join(f"| {' | '.join(row)} |" for row in cells) + "\n"
    numbers = [i for i, head in enumerate(heads) if head in ("offset", "size")]
    return "".join(f"{line}\n" for line in columns([heads, *rows], numbers))
