"""A section as Linux's printer sees it: fields where the declarations put them, and whatever bytes lie behind."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from ...formats.arm import Dialect
from ...intake.fields import Values, whole
from ...intake.linux import LINES, says
from ...records import Record, Register

INDENT, INNER = "  ", "   "  # before the lines of a section, and before those of a part of it


class Wording(NamedTuple):
    """Which Linux speaks: its release, how it reads the ARM error type, and the form of its hex dumps."""

    release: tuple[int, ...]
    dialect: Dialect
    dump: str

    def says(self, change: str) -> bool:
        """Whether it is since that change of `linux.toml`."""
        return says(change, self.release)


class Said(Values):
    """Fields that can be said in lines."""

    def write(self, table: str, *names: str, indent: str = INDENT) -> Iterator[str]:
        """The lines of a *table* of `linux.toml`, all or those of the *names*, whose validation flag is set."""
        lines = [LINES[table][name] for name in names or LINES[table]]
        written = (line.write(self.number) for line in lines if self.valid(line.valid))
        yield from (indent + text for text in written if text)


class Body(NamedTuple):
    """A section's bytes to the end of the block, of which *length* are its own, its severity, and who prints it."""

    data: bytes
    length: int
    severity: int
    wording: Wording

    def values(self, kind: type[Record], at: int = 0, size: int | None = None, **more: int) -> Said:
        """A record of *size* bytes at *at*; Linux reads on past the section, and past the block we see zeros."""
        size = size or whole(kind)
        return Said(kind, self.data[at : at + size].ljust(size, b"\0"), **more)

    def needs(self, until: int) -> None:
        """Raises EOFError if the block ends before byte *until* of the section."""
        if until > len(self.data):
            raise EOFError

    def parts(self, kind: type[Record], at: int, size: int, count: int) -> Iterator[Said]:
        """The *count* records of *size* bytes from *at* on. Raises EOFError behind the last byte of the block."""
        for i in range(count):
            self.needs(at + size * (i + 1))
            yield self.values(kind, at + size * i, size, index=i)

    def dump(self, at: int, size: int, indent: str = INDENT, text: bool = False, group: int = 4) -> Iterator[str]:
        """The *size* bytes at *at*, as `dump` has them. Raises EOFError behind the last byte of the block."""
        yield from dump(self.data[at : at + size], indent, self.wording.dump, text, group)
        self.needs(at + size)


def details(table: str, word: Register, kinds: Collection[str]) -> Iterator[tuple[str, str]]:
    """The lines of a *table* by name that tell the valid fields of *word*, which is of an error of those *kinds*."""
    for name, line in LINES[table].items():
        wanted = (not line.of or line.of in kinds) and getattr(word, line.valid, False)
        if wanted and (text := line.write(lambda field: int(getattr(word, field)))):
            yield name, text


def dump(data: bytes, indent: str, form: str, text: bool, group: int) -> Iterator[str]:
    """16 bytes on a line: as little-endian words of *group* bytes, a last line that is no whole words as bytes.

    The text behind them, if *text*, stands in a column of its own. The *form* "harness" is that of Linux's printer
    where it was built to run outside the kernel, for the vectors: bytes, without text and indent.
    """
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        if form == "harness":
            yield f"{at:08x}: {row.hex(' ')}"
            continue
        size = 1 if len(row) % group else group
        words = " ".join(row[i : i + size][::-1].hex() for i in range(0, len(row), size))
        shown = "".join(chr(c) if 0x20 <= c < 0x7F else "." for c in row) if text else ""
        yield f"{indent}{at:08x}: {words:<{32 + 16 // size + 1 if text else 0}}{shown}"


def bits(value: int, words: Mapping[int, str], indent: str) -> Iterator[str]:
    """The words of the bits that are set, on lines of at most 80 characters."""
    line = ""
    for word in (word for bit, word in words.items() if value >> bit & 1):
        if line and len(line) + len(word) + 2 > 80:
            yield line
            line = ""
        line = f"{line}, {word}" if line else indent + word
    if line:
        yield line
