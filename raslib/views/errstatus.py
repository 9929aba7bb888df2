"""ERR<n>STATUS field by field, and what it means: which error, of what, and how software clears it."""

from functools import partial
from typing import Any

from ..formats.errnode import ErrorState, ErrStatus, ErrStatusV1, RasVersion, Serr
from ..sim.cpu.errstatus import clearing
from .reading import Judged, Number, RegisterKind, RegisterReading
from .syndrome import Syndrome, explained

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
    return explained(KINDS[version], value, tuple(KINDS.values()))


def _reading(value: int, version: RasVersion) -> RegisterReading:
    """How ERR<n>STATUS is read, once it is known whether V is 1.

    *value* is the register, of which V counts; *version* is whose rules hold. What clears it is `clearing` of
    `sim.cpu.errstatus`, said by the fields in which that writes ones.
    """
    layout: Any = ErrStatusV1 if version == RasVersion.V1 else ErrStatus
    if not layout.parse(value).V:
        nothing = "V is 0: no error is recorded, and nothing else in the register counts."
        idle = {name: "does not count while V is 0" for name, *_ in layout.layout if name != "V"}
        return RegisterReading(layout, lambda _: ("", [nothing]), idle=lambda _: idle)
    flags = (lambda status, row=row: _flag(status, *row) for row in _FLAGS)
    clears = [_CLEARING, _GUARDED if version == RasVersion.V1 else _TOGETHER]
    says = (lambda status: _failed(status, version), *flags, lambda _: clears)
    written = clearing(ErrStatus.parse(0xFFFF_FFFF))
    ones = tuple(name for name, *_ in layout.layout if getattr(written, name))
    return RegisterReading(layout, _recorded, says, _idle, numbers={"written": Number(ones=ones)})


def _idle(status: Any) -> dict[str, str]:
    """The fields that do not count, and why."""
    idle = {} if status.UE else {"UET": "does not count without UE"}
    if not (status.UE or status.DE):
        idle |= dict.fromkeys(("ER", "PN"), "does not count without UE or DE")
    return idle


def _recorded(status: Any) -> Judged:
    """The error that goes first: UE before DE before CE (IHI 0100 A.c Table 2-1)."""
    state = status.state
    if state is ErrorState.NONE:
        return state.name, ["V is 1, but UE, DE and CE are 0: the record is valid and holds no error."]
    kinds = [kind for kind in ("UE", "DE", "CE") if getattr(status, kind)]
    further = f" {kinds[0]} goes first, and the syndrome is its; there was {' and '.join(kinds[1:])} too."
    return state.name, [f"{state.name}, {state.means}.{further if kinds[1:] else ''}"]


def _failed(status: Any, version: RasVersion) -> list[str]:
    """What SERR says, and that v1 does not have all of its codes (IHI 0100 A.c §3.2.33)."""
    code = status.SERR
    if not isinstance(code, Serr):
        return ["SERR {SERR} is reserved."]
    if code is Serr.NO_ERROR:
        return ["SERR is 0: what failed is not told."]
    late = ", which v1 does not have" if version == RasVersion.V1 and code > LAST_OF_V1 else ""
    return [f"What failed, SERR {{SERR}}{late}: {code.means}."]


# field, whether it counts with UE or DE alone, what is to be known if it is not 0, and if it is
_FLAGS = (
    ("IERR", False, "IERR {IERR} says more, to its maker.", ""),
    ("AV", False, "ERR<n>ADDR holds an address.", "AV is 0: ERR<n>ADDR holds no address."),
    ("MV", False, "The ERR<n>MISC<m> hold more.", "MV is 0: the ERR<n>MISC<m> hold nothing of it."),
    ("OF", False, "OF is 1: more errors happened than are recorded, or the counter overflowed.", ""),
    ("ER", True, "ER is 1: whoever asked got an external abort.", ""),
    ("PN", True, "PN is 1: it was poison that was seen; the error began elsewhere.", ""),
    ("CI", False, "CI is 1: the error is critical; the node may not be able to go on.", ""),
)


def _flag(status: Any, name: str, with_error: bool, one: str, zero: str) -> list[str]:
    """What a row of `_FLAGS` says of *status*; a field that this version does not have is 0."""
    if with_error and not (status.UE or status.DE):
        return []
    says = one if getattr(status, name, 0) else zero
    return [says] if says else []


# what clears it (IHI 0100 A.c §3.2.33)
_CLEARING = "To clear it, software writes {written}: ones where it read some, but in IERR and SERR."
_GUARDED = "In v1 each field is guarded for itself."
_TOGETHER = "Since v1.1 a write that leaves one of V, UE, OF, CE and DE set is ignored."

KINDS = {
    version: RegisterKind(f"ERR<n>STATUS, {name}", (30, 30), partial(_reading, version=version))
    for version, name in NAMES.items()
}
