"""What Linux's CPER printer says, of `linux.toml`: `views.kernel_log` writes by it, this room reads by it."""

import tomllib
from pathlib import Path
from typing import Any

from ..formats.arm import Dialect, read_type
from ..formats.more.x86 import CHECKS
from ..formats.sections import NAMES
from .lines import Line

REFUSED = "refused: -EINVAL"  # not a line of the log: Linux says nothing of a block that it refuses
PAST = "here Linux reads past the end of the block, and prints whatever lies there"  # no line of the log either


def _words(given: Any, words: dict[str, Any]) -> dict[int, str]:
    """Words by number, as a line of the file has them: from 0 on, by number, or the name of some of *words*."""
    found = words[given] if isinstance(given, str) else given
    return dict(enumerate(found)) if isinstance(found, list) else {int(n): word for n, word in found.items()}


def catalogue(text: str) -> tuple[dict[str, Any], dict[str, dict[str, Line]]]:
    """What *text*, of the form of `linux.toml`, says of releases and sections; and its lines, by table and name.

    Raises ValueError naming the line that is wrong, and what of it.
    """
    file = tomllib.loads(text)
    lines: dict[str, dict[str, Line]] = {}
    for table, rows in file["lines"].items():
        for name, row in rows.items():
            try:
                row = {"text": row} if isinstance(row, str) else dict(row)
                words = _words(row.pop("words", []), file["words"])
                words |= enumerate(row.pop("more", []), len(words))
                lines.setdefault(table, {})[name] = Line(**row, words=words)
            except (KeyError, TypeError, ValueError) as e:
                raise ValueError(f"linux.toml, lines.{table}.{name}: {e}") from None
    return file, lines


_FILE, LINES = catalogue(Path(__file__).with_name("linux.toml").read_text(encoding="utf-8"))
_RELEASES = {name: [tuple(map(int, one.split("."))) for one in since] for name, since in _FILE["releases"].items()}


def says(change: str, release: tuple[int, ...]) -> bool:
    """Whether *release* says it as since that *change*; a release of two numbers is the first of its branch."""
    first, *stable = _RELEASES[change]
    return release[:2] >= first or any(one[:2] == release[:2] and one <= release for one in stable)


GUID = {name: guid for guid, name in NAMES.items()}
KIND = {name: GUID[row["section"]] for name, row in _FILE["sections"].items()}
SECTIONS = {kind: name for name, kind in KIND.items()}
SINCE: dict[str, str] = {name: row.get("since", "always") for name, row in _FILE["sections"].items()}
# which lines stand in which section alone, and in no part of it that another line begins
OF_SECTION = {
    KIND[name]: [line for table in row["lines"] for line in LINES[table].values() if line.tells]
    for name, row in _FILE["sections"].items()
}
# the kind of error that a GUID of an IA32/X64 processor section names
CHECKED = dict(zip(CHECKS, _FILE["words"]["kinds"], strict=True))


def _type_words(dialect: Dialect) -> dict[int, str]:
    """What is said of each type byte: its kinds, and whether it has bits without meaning."""
    readings = {byte: read_type(byte, dialect) for byte in range(256)}
    kinds = {byte: "|".join(kind.value for kind in reading.kinds) for byte, reading in readings.items()}
    return {byte: kinds[byte] + (" with reserved bit(s)" if readings[byte].reserved else "") for byte in kinds}


# Linux reads the type byte as UEFI 2.10 has it, and before 6.19 as UEFI up to 2.9 has it
ARM_TYPE = {Dialect.UEFI_2_9: LINES["arm_error"]["type_before"]} | {
    dialect: Line("error_type: 0x{type:02x}: {type!}", words=_type_words(dialect))
    for dialect in (Dialect.UEFI_2_10, Dialect.UEFI_2_11)
}
