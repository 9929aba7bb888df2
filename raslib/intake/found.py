"""What `read` finds in a file or a text."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

OBSERVATIONS = "observations"  # the kind of a text that tells what happened, but holds no record


@dataclass(frozen=True)
class Observation:
    """A line that is no record's, and tells something of an error: what a driver did with it, a panic, a register.

    *line* is its number, *kind* one of `drivers.KINDS`, *text* the line without what stands before it. *values* are
    names and numbers or words that stand in it: `("esr", 0xbe000000)`, `("level", "EL1")`. *time* is as it was logged.
    """

    line: int
    kind: str
    text: str
    values: tuple[tuple[str, int | str], ...] = ()
    host: str = ""
    time: str = ""


@dataclass(frozen=True)
class Found:
    """Bytes of a kind that raslib can explain, and how much of them was known.

    *kind* is one of `kinds.KINDS`, or `OBSERVATIONS` with no *data*. *note* says where the bytes come from and what was
    odd. Of a kernel log, *unknown* are the paths of fields that its lines do not give, those that matter first: they
    are 0 or the usual value here, and where a validation bit governs them alone it is clear. `a.b.c` stands for all
    that is in it, `a.b.*` for all of it that the lines do not give. *kernel* is the release of Linux that logged it or
    one that words it so, and *dump* the form of its hex dumps, "words" or "harness", if that was to be seen.
    *observations* are the lines of other drivers from this event to the next. *lines* are the first and the last of the
    event itself, *source* is the number of the error source that its log names, *host* and *time* are as it was logged.
    *shape*, if there is one, is the same for events of a log whose lines differ in addresses, places and times alone;
    then *addresses* are the physical ones.
    """

    kind: str
    data: bytes
    note: str = ""
    unknown: tuple[str, ...] = ()
    kernel: str = ""
    dump: str = ""
    observations: tuple[Observation, ...] = ()
    lines: tuple[int, int] = (0, 0)
    source: str = ""
    host: str = ""
    time: str = ""
    shape: tuple[str, ...] = field(default=(), repr=False, compare=False)
    addresses: tuple[int, ...] = field(default=(), repr=False, compare=False)


def facts(observations: Sequence[Observation]) -> Found:
    """A text without a record: how many lines of which kind it has, and what explains them."""
    kinds = Counter(one.kind for one in observations)
    note = "no record; lines of: " + ", ".join(f"{kind} {n}" for kind, n in kinds.items())
    esr = {value: one.line for one in reversed(observations) for name, value in reversed(one.values) if name == "esr"}
    more = [f"`raslib esr {value:#x}` explains the syndrome at line {line}" for value, line in esr.items()]
    if "injection" in kinds:
        more.append("commands that inject an error hold no bytes of the record that comes of it")
    return Found(OBSERVATIONS, b"", "; ".join([note, *more[:5]]), observations=tuple(observations))
