"""ERR<n>STATUS field by field, and what it means: which error, of what, and how software clears it."""

from typing import Any

from ..formats.errgroup import RasVersion
from ..formats.errnode import ErrorState, ErrStatus, ErrStatusV1, Serr
from ..registers import Register
from ..sim.cpu.errstatus import clear, clearing
from .syndrome import Syndrome, fields_of

LAST_OF_V1 = Serr.DEFERRED_FROM_COMPLETER_TAKEN  # v1 had the codes up to this one
NAMES = {RasVersion.V1: "v1", RasVersion.V1P1: "v1.1", RasVersion.V2: "v2"}


def err_status(value: int, version: RasVersion = RasVersion.V1P1) -> Syndrome:
    """What ERR<n>STATUS holds in a node of the RAS System Architecture *version*, field by field and in sentences.

    *value* is the whole register, and any bits will do: what a field of 0 or a reserved code says is said too. The
    sentences of `means` come in this order: the error that goes first and its state, what failed (SERR, and IERR of the
    maker), what ERR<n>ADDR and ERR<n>MISC<m> hold, what else is to be known, and the write that clears it.

    Two things differ between versions. v1 has neither CI, RV nor RV2, and fewer codes in SERR. And it guards each field
    for itself where software writes; since v1.1 a write that leaves one of V, UE, OF, CE and DE set is ignored.

    >>> err_status(0x6400_0612).means[0]
    'UC, uncontainable: it may have spread without a trace.'
    >>> err_status(0).means
    ('V is 0: no error is recorded, and nothing else in the register counts.',)

    Raises `RecordError` for a *value* beyond 64 bits. Source: IHI 0100 A.c §3.2.33, ERR<n>STATUS, with and without
    RASSAv1p1; which error goes first, Table 2-1.
    """
    layout: type[Register] = ErrStatusV1 if version == RasVersion.V1 else ErrStatus
    status: Any = layout.parse(value)
    sentences = [*_recorded(status), *_failed(status, version), *_more(status), *_clearing(value, version)]
    if not status.V:
        sentences = ["V is 0: no error is recorded, and nothing else in the register counts."]
    name = f"ERR<n>STATUS, {NAMES[version]}"
    state = status.state.name if status.V else ""
    return Syndrome(name, value, layout.width, fields_of(layout.spans(value), _idle(status)), state, tuple(sentences))


def _idle(status: Any) -> dict[str, str]:
    """The fields that do not count, and why."""
    if not status.V:
        return {name: "does not count while V is 0" for name, *_ in status.layout if name != "V"}
    idle = {} if status.UE else {"UET": "does not count without UE"}
    if not (status.UE or status.DE):
        idle |= dict.fromkeys(("ER", "PN"), "does not count without UE or DE")
    return idle


def _recorded(status: Any) -> list[str]:
    """The error that goes first: UE before DE before CE (IHI 0100 A.c Table 2-1)."""
    if status.state is ErrorState.NONE:
        return ["V is 1, but UE, DE and CE are 0: the record is valid and holds no error."]
    kinds = [kind for kind in ("UE", "DE", "CE") if getattr(status, kind)]
    further = f" {kinds[0]} goes first, and the syndrome is its; there was {' and '.join(kinds[1:])} too."
    return [f"{status.state.name}, {status.state.means}.{further if kinds[1:] else ''}"]


def _failed(status: Any, version: RasVersion) -> list[str]:
    code = status.SERR
    maker = f" IERR {status.IERR:#x} says more, to its maker." if status.IERR else ""
    if not isinstance(code, Serr):
        return [f"SERR {code:#x} is reserved.{maker}"]
    if code is Serr.NO_ERROR:
        return [f"SERR is 0: what failed is not told.{maker}"]
    late = ", which v1 does not have" if version == RasVersion.V1 and code > LAST_OF_V1 else ""
    return [f"What failed, SERR {int(code):#x}{late}: {code.means}.{maker}"]


def _more(status: Any) -> list[str]:
    """What other registers hold, and what else is to be known."""
    sentences = [
        "ERR<n>ADDR holds an address." if status.AV else "AV is 0: ERR<n>ADDR holds no address.",
        "The ERR<n>MISC<m> hold more." if status.MV else "MV is 0: the ERR<n>MISC<m> hold nothing of it.",
    ]
    if status.OF:
        sentences.append("OF is 1: more errors happened than are recorded, or the counter overflowed.")
    if status.UE or status.DE:
        sentences += ["ER is 1: whoever asked got an external abort."] if status.ER else []
        sentences += ["PN is 1: it was poison that was seen; the error began elsewhere."] if status.PN else []
    if getattr(status, "CI", 0):
        sentences.append("CI is 1: the error is critical; the node may not be able to go on.")
    return sentences


def _clearing(value: int, version: RasVersion) -> list[str]:
    """What software writes, and what a write of one bit too few would leave (IHI 0100 A.c §3.2.33)."""
    status = ErrStatus.parse(value)
    if version == RasVersion.V1:
        status = status.replace(CI=0, RV=0, RV2=0)
    written = clearing(status)
    left = clear(version, status, written).replace(reserved=0)
    how = f"To clear it, software writes {written.build():#x}: ones where it read some, but in IERR and SERR"
    forgotten = "OF" if status.OF else "V"
    short = written.replace(**{forgotten: 0})
    remaining = clear(version, status, short).replace(reserved=0)
    rule = _GUARDED if version == RasVersion.V1 else _TOGETHER
    return [
        f"{how}. That leaves {left.build():#x}.",
        f"{rule}: without {forgotten}, {short.build():#x} leaves {remaining.build():#x}.",
    ]


_GUARDED = "In v1 each field is guarded for itself"
_TOGETHER = "Since v1.1 a write that leaves one of V, UE, OF, CE and DE set is ignored"
