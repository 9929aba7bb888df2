"""Which cores have FEAT_RAS, and what some say in a syndrome that the architecture leaves to them: `cores.toml`.

FEAT_RAS is mandatory from Armv8.2 on; the cores without it are of Armv8.0 and 8.1. Of a core that is not there nothing
is known.
"""

from collections.abc import Mapping
from typing import NamedTuple

from .. import resources


class Core(NamedTuple):
    """A kind of core: its name, bits 31:24 (*implementer*) and 15:4 (*part*) of MIDR_EL1, whether it has FEAT_RAS.

    *serrors* are the words of an SError's syndrome by ISS[23:22] and ISS[1:0], where its manual *cite* has them; *note*
    is what the manual promises of a syndrome besides.
    """

    name: str
    part: int
    ras: bool = True
    serrors: Mapping[tuple[int, int], str] = {}
    note: str = ""
    cite: str = ""
    implementer: int = 0x41


_TABLE = resources.table(__file__)
CORES = tuple(
    Core(name, **row | {"serrors": {(high, low): says for high, low, says in row.get("serrors", ())}})
    for name, row in _TABLE.items()
)


def by_midr(midr: int) -> Core | None:
    """The core that MIDR_EL1 names, whatever its revision; None for one that is not known."""
    return next((c for c in CORES if (c.implementer, c.part) == (midr >> 24 & 0xFF, midr >> 4 & 0xFFF)), None)


def by_name(name: str) -> Core:
    """The core of that name, such as "cortex-a53" or "N1". Raises ValueError with the names there are."""
    wanted = name.lower().replace(" ", "-")
    for core in CORES:
        if wanted in (core.name.lower(), core.name.lower().rpartition("-")[2]):
            return core
    raise ValueError(f"{name!r} is none of {', '.join(core.name for core in CORES)}")
