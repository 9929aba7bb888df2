"""Which cores have FEAT_RAS, and what some say in a syndrome that the architecture leaves to them.

Numbers by Linux 7.3 arch/arm64/include/asm/cputype.h. FEAT_RAS is mandatory from Armv8.2 on; the cores without it are
of Armv8.0. Of a core that is not here nothing is known.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Core(NamedTuple):
    """A kind of core: its name, bits 31:24 (*implementer*) and 15:4 (*part*) of MIDR_EL1, whether it has FEAT_RAS.

    *serrors* are the words of an SError's syndrome by ISS[23:22] and ISS[1:0], where its manual *cite* has them; *note*
    is what the manual promises of a syndrome besides.
    """

    name: str
    part: int
    ras: bool
    serrors: Mapping[tuple[int, int], str] = {}
    note: str = ""
    cite: str = ""
    implementer: int = 0x41


_DECERR, _SLVERR = "DECERR on an external access", "SLVERR on an external access"
_A35 = {(0, 0): _DECERR, (0, 1): "double-bit error on a dirty line of the L2 cache", (0, 2): _SLVERR}
_A53 = {**_A35, (1, 0): "nSEI, or nVSEI in a guest, was asserted", (1, 1): "nREI was asserted"}
_A76 = "AET of a physical SError is UC or UEU, never another, and EA is 0"

# fmt: off
CORES = (
    Core("Cortex-A35", 0xD04, False, _A35, cite="Cortex-A35 TRM 100236_0100_00, table B2-34"),
    Core("Cortex-A53", 0xD03, False, _A53, cite="Cortex-A53 TRM DDI 0500J, table 4-95"),
    Core("Cortex-A57", 0xD07, False),
    Core("Cortex-A72", 0xD08, False),
    Core("Cortex-A73", 0xD09, False),
    Core("Cortex-A55", 0xD05, True),
    Core("Cortex-A75", 0xD0A, True),
    Core("Cortex-A76", 0xD0B, True, note=_A76, cite="Cortex-A76 TRM 100798_0300_00 §B2.47"),
    Core("Cortex-A77", 0xD0D, True),
    Core("Cortex-A78", 0xD41, True),
    Core("Cortex-A510", 0xD46, True),
    Core("Cortex-A520", 0xD80, True),
    Core("Cortex-A710", 0xD47, True),
    Core("Cortex-A715", 0xD4D, True),
    Core("Cortex-A720", 0xD81, True),
    Core("Cortex-X1", 0xD44, True),
    Core("Cortex-X2", 0xD48, True),
    Core("Cortex-X3", 0xD4E, True),
    Core("Cortex-X4", 0xD82, True),
    Core("Neoverse-N1", 0xD0C, True),
    Core("Neoverse-N2", 0xD49, True),
    Core("Neoverse-N3", 0xD8E, True),
    Core("Neoverse-V1", 0xD40, True),
    Core("Neoverse-V2", 0xD4F, True),
    Core("Neoverse-V3", 0xD84, True),
    Core("Cortex-A76AE", 0xD0E, True),
    Core("Cortex-A78AE", 0xD42, True),
    Core("Cortex-A78C", 0xD4B, True),
    Core("Cortex-A725", 0xD87, True),
    Core("Cortex-X1C", 0xD4C, True),
    Core("Cortex-X925", 0xD85, True),
    Core("Neoverse-V3AE", 0xD83, True),
    Core("TSV110", 0xD01, True, implementer=0x48),  # Kunpeng 920
    Core("Ampere-1", 0xAC3, True, implementer=0xC0),
    Core("ThunderX", 0x0A1, False, implementer=0x43),
    Core("ThunderX2", 0x0AF, False, implementer=0x43),  # Armv8.1
    Core("X-Gene", 0x000, False, implementer=0x50),
)
# fmt: on


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
