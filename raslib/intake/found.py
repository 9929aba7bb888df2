"""What `read` finds in a file or a text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """Bytes of a kind that raslib can explain, and how much of them was said.

    *kind* is one of `kinds.KINDS`. *note* says where the bytes come from and what was odd. Of a kernel log, *unknown*
    are the paths of fields that its lines do not tell (they are 0 or the usual value here, and where a validation bit
    governs them it is clear), *kernel* is a release of Linux whose printer words the log so, and *dump* the form of its
    hex dumps, "words" or "harness", if that was to be seen.
    """

    kind: str
    data: bytes
    note: str = ""
    unknown: tuple[str, ...] = ()
    kernel: str = ""
    dump: str = ""
