"""A fleet that does not exist: a file of error records as its machines would leave them, in which some parts fail.

For notebooks, tests and benchmarks that ask for many records. What fails is known, so that answers can be checked; how
often is made up, and says nothing of real machines. The records are made of columns, a block of them at a time.
"""

import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from ..formats.arm import ArmProcessor, ArmValid, ErrorInformation
from ..formats.cper import CperRecord, DescriptorValid, RecordValid, SectionDescriptor, Severity, Timestamp
from ..formats.memory import ErrorStatus, ErrorType, MemoryErrorType, MemoryValid, PlatformMemory
from ..formats.sections import GUIDS
from ..records import Record
from . import Table, columns
from .shapes import Array

HOSTS, CARDS, MODULES, BANKS, ROWS, COLUMNS = 2000, 8, 2, 32, 1 << 16, 1 << 10
FIRST, DAYS = datetime.datetime(2026, 10, 1), 30
WEAK_ROWS, BAD_CARDS = 400, 9
SHARES = {"anywhere": 0.3, "weak row": 0.4, "bad card": 0.25, "core": 0.05}  # of the records, by what failed
OFTEN = 32  # corrected errors in one row, after which firmware says that there were too many
WITHOUT_ADDRESS = 25  # the firmware of one in so many hosts does not tell addresses
BLOCK = 1 << 16  # records

_PLACE = ("card", "module", "bank", "row")
_CMC, _CPE = UUID("2dce8bb1-bdd7-450e-b9ad-9cf4ebd4f890"), UUID("4e292f96-d843-4a55-a8c2-d481f27ebeee")


class Fleet(NamedTuple):
    """What was written to *path*, how many *records*, and what is wrong in it, as arrays with a row for each fault.

    *weak_rows* has the columns host, card, module, bank, row, and 1 where the row ends in an uncorrected error;
    *bad_cards* host and card; *hosts* the platform ID of each host, 16 bytes, by its number. So an answer that was
    found in the file can be held to what is in it.
    """

    path: Path
    records: int
    weak_rows: Array  # host, card, module, bank, row, and whether it ends in an uncorrected error
    bad_cards: Array  # host, card
    hosts: Array  # the platform ID of each


def fleet(path: str | Path, records: int = 1_000_000, seed: int = 1) -> Fleet:
    """Writes CPER records (UEFI 2.10 §N.2) of a month to *path*, on end and in the order of time.

    The same for the same *seed*. Each has one section, of memory (§N.2.5) or of an Arm processor (§N.2.4.4): about 275
    bytes. Host, card, module, bank and row say where; of some hosts the firmware tells no address.

    Of the records `SHARES` says what failed: any cell, a weak row again and again from some day on, any cell of a bad
    card, or a core. The severity is corrected, seldom recoverable; every `OFTEN`th error of a row, if corrected, has
    the flag error_threshold_exceeded.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = fleet(f"{folder}/fleet.bin", 100)
    ...     table = columns(f"{folder}/fleet.bin", CperRecord)
    >>> len(table), made.weak_rows.shape, made.bad_cards.shape
    (100, (400, 6), (9, 2))

    Needs memory for all events, about 100 bytes each, and for the records of one block. Raises OSError where *path*
    cannot be written.
    """
    rng = np.random.default_rng(seed)
    weak, bad = _weak_rows(rng), _distinct(rng, BAD_CARDS, HOSTS, CARDS)
    hosts = np.frombuffer(rng.bytes(16 * HOSTS), "V16")
    events, pattern = _events(rng, records, weak, bad), _pattern()
    path = Path(path)
    with path.open("wb") as file:
        for i in range(0, records, BLOCK):
            some = {name: column[i : i + BLOCK] for name, column in events.items()}
            file.write(_records(some, pattern, hosts).to_bytes())
    return Fleet(path, records, weak, bad, hosts)


def _distinct(rng: np.random.Generator, count: int, *sizes: int) -> Array:
    """Places, each another, as rows of numbers."""
    which = rng.choice(int(np.prod(sizes)), count, replace=False)
    return np.stack(np.unravel_index(which, sizes), axis=1)


def _weak_rows(rng: np.random.Generator) -> Array:
    """Two of five in the same DIMM as another, one in six with an uncorrected error to come."""
    dimms = _distinct(rng, WEAK_ROWS * 3 // 5, HOSTS, CARDS, MODULES)
    dimms = np.concatenate([dimms, rng.choice(dimms, WEAK_ROWS - len(dimms))])
    rows = np.stack([rng.integers(0, BANKS, WEAK_ROWS), rng.integers(0, ROWS, WEAK_ROWS)], axis=1)
    return np.column_stack([dimms, rows, rng.random(WEAK_ROWS) < 1 / 6])


def _events(rng: np.random.Generator, n: int, weak: Array, bad: Array) -> dict[str, Array]:
    """What happened, a row each, in the order of time."""
    what = rng.choice(len(SHARES), n, p=list(SHARES.values()))
    sizes = {"host": HOSTS, "card": CARDS, "module": MODULES, "bank": BANKS, "row": ROWS, "column": COLUMNS}
    found: dict[str, Array] = {name: rng.integers(0, size, n) for name, size in sizes.items()}
    often = rng.lognormal(0, 1.5, len(weak))  # few rows have most of the errors
    which = rng.choice(len(weak), n, p=often / often.sum())
    for i, name in enumerate(("host", *_PLACE)):
        found[name] = np.where(what == 1, weak[which, i], found[name])
    card = rng.integers(0, len(bad), n)
    for i, name in enumerate(("host", "card")):
        found[name] = np.where(what == 2, bad[card, i], found[name])
    since = rng.random(len(weak)) * 0.7  # a row becomes weak one day, and is so from then on
    when = np.where(what == 1, since[which] + rng.random(n) * (1 - since[which]), rng.random(n))
    found |= {"core": what == 3, "when": when, "bit": rng.integers(0, 64, n)}
    last = (what == 1) & (weak[which, 5] == 1) & (when > 1 - 0.1 * (1 - since[which]))
    found["uncorrected"] = (last & (rng.random(n) < 0.02)) | ((what == 0) & (rng.random(n) < 2e-4))
    order = np.argsort(when, kind="stable")
    found = {name: column[order] for name, column in found.items()}
    found["number"] = np.arange(n)
    found["often"] = _how_often(found) & ~found["core"]
    return found


def _how_often(events: dict[str, Array]) -> Array:
    """Where one more corrected error in a row makes it too many: firmware counts to `OFTEN`, says so, starts again."""
    key = np.ravel_multi_index([events[name] for name in ("host", *_PLACE)], (HOSTS, CARDS, MODULES, BANKS, ROWS))
    order = np.argsort(key, kind="stable")
    new = np.concatenate([[True], key[order][1:] != key[order][:-1]])
    begins = np.flatnonzero(new)
    count = np.arange(len(key)) - np.repeat(begins, np.diff([*begins, len(key)]))
    out = np.empty(len(key), bool)
    out[order] = count % OFTEN == OFTEN - 1
    return out & ~events["uncorrected"]


def _records(events: dict[str, Array], pattern: Table, hosts: Array) -> Table:
    """The records of these events: those of the *pattern*, as often as needed, with other values."""
    core, host = events["core"], events["host"]
    corrected = np.where(events["uncorrected"], Severity.RECOVERABLE, Severity.CORRECTED)
    ecc = np.where(events["uncorrected"], MemoryErrorType.MULTI_BIT_ECC, MemoryErrorType.SINGLE_BIT_ECC)
    names = np.array([f"DIMM {letter}{module}" for letter in "ABCDEFGH" for module in range(MODULES)])
    new: dict[str, Any] = {
        "header.timestamp": np.datetime64(FIRST, "s") + (events["when"] * DAYS * 86400).astype("m8[s]"),
        "header.platform_id": hosts[host],
        "header.record_id": events["number"],
        "header.error_severity": corrected,
        "section_descriptors.error_severity": corrected,
        "section_descriptors.flags.error_threshold_exceeded": events["often"],
        "section_descriptors.fru_text": np.where(core, "CPU", names[events["card"] * MODULES + events["module"]]),
        "sections.PlatformMemory.validation_bits.physical_address": host % WITHOUT_ADDRESS != 0,
        "sections.physical_address": _address(events),
        "sections.memory_error_type": ecc,
        "sections.bit_position": events["bit"],
        "sections.mpidr_el1": (1 << 31) + (events["row"] % 64 << 8),
    }
    new |= {f"sections.{name}": events[name] for name in (*_PLACE, "column")}
    return pattern.take(core.astype(int)).replace(new)


def _address(events: dict[str, Array]) -> Array:
    """A page holds half a row of one bank, as far as this fleet goes."""
    place = [events[name] for name in (*_PLACE, "column")]
    return np.ravel_multi_index(place, (CARDS, MODULES, BANKS, ROWS, COLUMNS)) << 3


def _pattern() -> Table:
    """A record of each kind, made as any other."""
    said = ("error_status", "physical_address", *_PLACE, "column", "bit_position", "memory_error_type")
    memory = PlatformMemory(
        validation_bits=MemoryValid(**dict.fromkeys(said, True)), error_status=ErrorStatus(error_type=ErrorType.MEMORY)
    )
    cache = ErrorInformation(type=2)  # as UEFI 2.10 has it
    core = ArmProcessor(validation_bits=ArmValid(mpidr=True), error_information=(cache,))
    return columns([_record(memory, _CPE), _record(core, _CMC)], CperRecord)


def _record(section: Record, notification: UUID) -> bytes:
    descriptor = SectionDescriptor(section_type=GUIDS[type(section)], validation_bits=DescriptorValid(fru_text=True))
    said = RecordValid(platform_id=True, timestamp=True)
    first = Timestamp.of(FIRST, precise=False)
    header = {"validation_bits": said, "timestamp": first, "notification_type": notification}
    return CperRecord.of((descriptor, section), **header).build()
