"""Where the PE takes a physical SError or a synchronous External Abort, by the rules of the Arm architecture.

Also the virtual SError, what an ESB defers, and the vector that is entered. AArch64 everywhere, no halting debug, no
FEAT_E3DSE. HCRX_EL2 and SCTLR2_ELx are taken as enabled (SCR_EL3.HXEn, SCTLR2En).

Section numbers are those of Arm ARM DDI 0487 M.a.a. The order of the rules follows that manual and sail-arm
(rems-project/sail-arm, arm-v9.4-a/src: v8_base.sail, interrupts.sail, instrs64.sail; BSD-3-Clause-Clear, copyright (c)
2023 Arm Limited or its affiliates, Thomas Bauereiss, Brian Campbell, Alasdair Armstrong, Alastair Reid, Peter Sewell),
which is made from Arm's own specification of the instruction set. The effective values keep the names used there.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import Any, Literal, Self

Kind = Literal["serror", "sea"]
Target = Literal[1, 2, 3]

SYNDROME = (1 << 25) - 1  # ISS[24:0]: IDS and the syndrome, the same bits in ESR_ELx, VSESR_EL2, DISR_EL1 and VDISR_EL2
ESR_SERROR = 0x2F << 26 | 1 << 25  # ESR_ELx.EC = SError, ESR_ELx.IL = 1
DISR_A = 1 << 31  # DISR_EL1.A, VDISR_EL2.A: an SError was deferred


def _bit(means: str, default: int = 0) -> Any:
    """A field of `State`, and what its values say."""
    return field(default=default, metadata={"means": means})


@dataclass(frozen=True, slots=True)
class State:
    """What the routing of one exception depends on, each bit as software wrote it; impossible values are a ValueError.

    EL2 and EL3 say "implemented and, for EL2, enabled in the current Security state". EL1 with HCR_EL2.TGE = 1 cannot
    be reached on a real PE; it is answered by the rules all the same, as the specification's pseudocode does.
    """

    kind: Kind
    _: KW_ONLY
    EL: int = _bit("the exception level at which the PE executes")
    EL2: int = _bit("1: EL2 is there, 0: EL2 is absent", default=1)
    EL3: int = _bit("1: EL3 is there, 0: EL3 is absent", default=1)
    SCR_EL3_EA: int = _bit("1: EL3 takes External Aborts and SErrors")
    SCR_EL3_NMEA: int = _bit("1: PSTATE.A does not mask an SError at EL3")
    SCR_EL3_TMEA: int = _bit("1: EL3 takes what a lower level masks")
    HCR_EL2_TGE: int = _bit("1: applications at EL0 are those of EL2")
    HCR_EL2_E2H: int = _bit("1: a host runs at EL2 (VHE)")
    HCR_EL2_AMO: int = _bit("1: EL2 takes SErrors of EL1 and EL0")
    HCR_EL2_TEA: int = _bit("1: EL2 takes External Aborts of EL1 and EL0")
    HCRX_EL2_TMEA: int = _bit("1: EL2 takes what EL1 or EL0 masks")
    SCTLR2_EL2_NMEA: int = _bit("1: PSTATE.A does not mask an SError at EL2")
    SCTLR2_EL1_NMEA: int = _bit("1: PSTATE.A does not mask an SError at EL1")
    PSTATE_A: int = _bit("1: SErrors are masked")
    FEAT_RAS: int = _bit("1: HCR_EL2.TEA acts", default=1)
    FEAT_DoubleFault: int = _bit("1: SCR_EL3.NMEA acts while SCR_EL3.EA is 1")
    FEAT_DoubleFault2: int = _bit("1: TMEA and NMEA of every level act")
    stage2: int = _bit("1: the abort was met on a stage 2 walk")
    NV2: int = _bit("1: FEAT_NV2 made the access of one to a register")

    def __post_init__(self) -> None:
        for key, name in KEYS.items():
            value, allowed = getattr(self, name), ALLOWED.get(key, (0, 1))
            if value not in allowed:
                raise ValueError(f"{key} is {value!r}, allowed are {_listed(allowed)}")
        if (self.EL == 2 and not self.EL2) or (self.EL == 3 and not self.EL3):
            raise ValueError(f"EL is {self.EL} but EL{self.EL} is 0: nothing executes at an absent Exception level")

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Self:
        """Read a state whose keys are spelled as the manual does ("SCR_EL3.EA"); absent ones keep the defaults above.

        Raises ValueError, naming the key, for an unknown key, a missing "kind" and a value that is not allowed.
        """
        if not isinstance(state, Mapping):
            raise ValueError(f"a state is a JSON object, not {state!r}")
        for key, value in state.items():
            if key not in KEYS:
                raise ValueError(f"unknown key {key!r}, allowed are {_listed(KEYS)}")
            if key != "kind" and type(value) is not int:  # neither true nor 1.0
                raise ValueError(f"{key} is {value!r}, allowed are {_listed(ALLOWED.get(key, (0, 1)))}")
        if "kind" not in state:
            raise ValueError(f"kind is missing, allowed are {_listed(ALLOWED['kind'])}")
        return cls(**{KEYS[key]: value for key, value in state.items()})


def _key(name: str) -> str:
    return name if name.startswith("FEAT_") else ".".join(name.rsplit("_", 1))


def _listed(allowed: Any) -> str:
    return ", ".join(map(str, allowed))


KEYS: dict[str, str] = {_key(field.name): field.name for field in fields(State)}  # "SCR_EL3.EA" -> "SCR_EL3_EA"
ALLOWED: dict[str, tuple[Any, ...]] = {"kind": ("serror", "sea"), "EL": (0, 1, 2, 3)}  # any other key: 0 or 1


@dataclass(frozen=True, slots=True)
class Route:
    """Where the exception is taken, and which rule of `RULES` said so."""

    target: Target | None  # None: not taken
    pending: bool  # stays pending; never so for a synchronous External Abort
    rule: str
    masked: bool = False  # what `masked` says of this state; the two TMEA rules take a masked SError all the same

    def to_json(self) -> dict[str, int | None]:
        return {"target": self.target, "pending": self.pending}


_SERROR = "Arm ARM DDI 0487 §D1.4.6.3 (R_MGNFZ), §J1.3.2.6"
_SEA = "Arm ARM DDI 0487 §D1.4.5.2 (R_QDLHN), §J1.3.2.7"

# fmt: off
RULES: dict[str, tuple[str, str]] = {  # key -> (the rule in a sentence, where the manual has it); asked in this order
    "serror-EA":        ("SCR_EL3.EA sends every SError to EL3; one met at EL3 can go nowhere else.", _SERROR),
    "serror-AMO":       ("HCR_EL2.AMO gives EL2 the SErrors of EL1 and EL0, which then cannot mask them.", _SERROR),
    "serror-HCRX.TMEA": ("An SError that EL1 or EL0 has masked goes to EL2 instead of waiting.", _SERROR),
    "serror-SCR.TMEA":  ("An SError that a lower level has masked goes to EL3 instead of waiting.", _SERROR),
    "serror-EL2":       ("EL2 and the applications of a host at EL2: EL2 takes it, unless masked.", _SERROR),
    "serror-EL1":       ("Nobody above asked for it: EL1 takes it, unless masked.", _SERROR),
    "sea-EA":           ("SCR_EL3.EA sends every External Abort to EL3; one met at EL3 can go nowhere else.", _SEA),
    "sea-EL2":          ("EL2 takes it from EL1 or EL0: HCR_EL2.TEA asks for it, or it was met on a stage 2 walk or by "
                         "an access made by FEAT_NV2, or EL0 runs an application of EL2 (HCR_EL2.TGE).", _SEA),
    "sea-HCRX.TMEA":    ("EL1 has PSTATE.A set and so is not ready for an abort: EL2 takes it.", _SEA),
    "sea-SCR.TMEA":     ("EL1 or EL2 has PSTATE.A set and so is not ready for an abort: EL3 takes it.", _SEA),
    "sea-own":          ("Nobody above asked for it: EL2 takes its own, EL1 takes those of EL1 and EL0.", _SEA),
}
# fmt: on


# Effective values, §D1.4.6.3 (R_ZZYHK) and §J1.3.2.1-5: a field of an absent level, or of an absent feature, acts as 0.


def EffectiveEA(s: State) -> int:
    return s.EL3 & s.SCR_EL3_EA


def EffectiveTGE(s: State) -> int:
    return s.EL2 & s.HCR_EL2_TGE


def EffectiveHCR_EL2_E2H(s: State) -> int:
    return s.EL2 & s.HCR_EL2_E2H


def EffectiveHCR_AMO(s: State) -> int:
    """TGE decides alone: 1 for a host without E2H, 0 for a host with it. (Erratum D22105 permits 1 for {E2H, TGE} =
    {1, 0} at EL2, whatever AMO holds; that choice is not modelled.)"""
    return 1 - EffectiveHCR_EL2_E2H(s) if EffectiveTGE(s) else s.EL2 & s.HCR_EL2_AMO


def EffectiveHCR_TEA(s: State) -> int:
    return s.EL2 & s.FEAT_RAS & s.HCR_EL2_TEA


def EffectiveHCRX_EL2_TMEA(s: State) -> int:
    return s.EL2 & s.FEAT_DoubleFault2 & s.HCRX_EL2_TMEA


def EffectiveSCR_EL3_TMEA(s: State) -> int:
    return s.EL3 & s.FEAT_DoubleFault2 & s.SCR_EL3_TMEA


def IsInHost(s: State) -> bool:
    """At EL2 of a host with E2H, or in an application of it."""
    return bool(EffectiveHCR_EL2_E2H(s)) and (s.EL == 2 or (s.EL == 0 and bool(EffectiveTGE(s))))


def EffectiveNMEA(s: State) -> int:
    """Is an SError not maskable here? With FEAT_DoubleFault alone only EL3 can say so, and only while it owns them."""
    if s.FEAT_DoubleFault2:
        if s.EL == 3:
            return s.SCR_EL3_NMEA
        return s.SCTLR2_EL2_NMEA if s.EL == 2 or IsInHost(s) else s.SCTLR2_EL1_NMEA
    return s.FEAT_DoubleFault & s.SCR_EL3_NMEA & EffectiveEA(s) if s.EL == 3 else 0


def masked(s: State) -> bool:
    """Would software at `s.EL` keep a physical SError waiting? §D1.4.6.4 (R_GCTZC, R_JFKMF)"""
    EA, AMO, A = EffectiveEA(s), EffectiveHCR_AMO(s), bool(s.PSTATE_A)
    if EffectiveNMEA(s):
        return False
    if s.EL == 3:
        return not EA or A
    if s.EL == 2:
        return not EA and (not (EffectiveTGE(s) or AMO) or A)
    return not EA and not AMO and A


def route(s: State) -> Route:
    """Where the exception of this state is taken."""
    return physical_serror(s) if s.kind == "serror" else synchronous_external_abort(s)


def physical_serror(s: State) -> Route:
    """Route a physical SError, whatever `s.kind` says."""
    A, hidden = s.PSTATE_A, masked(s)

    def unless_masked(target: Target, rule: str) -> Route:
        return Route(None if hidden else target, hidden, rule, hidden)

    if EffectiveEA(s) or s.EL == 3:
        return unless_masked(3, "serror-EA")
    if EffectiveHCR_AMO(s) and s.EL in (0, 1):
        return Route(2, False, "serror-AMO", hidden)
    if EffectiveHCRX_EL2_TMEA(s) and ((s.EL == 1 and A) or (s.EL == 0 and hidden and not IsInHost(s))):
        return Route(2, False, "serror-HCRX.TMEA", hidden)
    if EffectiveSCR_EL3_TMEA(s) and ((s.EL in (1, 2) and A) or (s.EL in (0, 2) and hidden)):
        return Route(3, False, "serror-SCR.TMEA", hidden)
    if s.EL == 2 or IsInHost(s):
        return unless_masked(2, "serror-EL2")
    return unless_masked(1, "serror-EL1")


def synchronous_external_abort(s: State) -> Route:
    """Route an External Abort on a load, store or instruction fetch, whatever `s.kind` says: always taken, at once."""
    if EffectiveEA(s) or s.EL == 3:
        return Route(3, False, "sea-EA")
    wanted = EffectiveHCR_TEA(s) or s.stage2 or s.NV2 or (s.EL == 0 and EffectiveTGE(s))
    if s.EL2 and s.EL in (0, 1) and wanted:
        return Route(2, False, "sea-EL2")
    if EffectiveHCRX_EL2_TMEA(s) and s.PSTATE_A and s.EL == 1:
        return Route(2, False, "sea-HCRX.TMEA")
    if EffectiveSCR_EL3_TMEA(s) and s.PSTATE_A and s.EL in (1, 2):
        return Route(3, False, "sea-SCR.TMEA")
    return Route(2 if s.EL == 2 else 1, False, "sea-own")


def vector_offset(from_el: int, target: Target, spsel: int, *, kind: Kind = "serror", ease: int = 0) -> int:
    """The offset from VBAR_ELx of *target* that is entered, in bytes. §D1.4.1.6 (R_RYXCL)

    *spsel* (PSTATE.SP) matters only where the level does not change. *ease* (EASE of SCR_EL3 or SCTLR2_ELx, where it
    acts on *target*) lets a SEA use the SError vector. Raises ValueError if *target* is below *from_el*, or is not 1, 2
    or 3.
    """
    if not max(from_el, 1) <= target <= 3:
        raise ValueError(f"an exception from EL{from_el} is not taken to EL{target}")
    row = (0x200 if spsel else 0x000) if from_el == target else 0x400
    return row + (0x180 if kind == "serror" or ease else 0)


@dataclass(frozen=True, slots=True)
class VirtualSError:
    """What became of the SError that a hypervisor made pending with HCR_EL2.VSE."""

    enabled: bool  # by HCR_EL2 and HCRX_EL2
    pending: bool  # HCR_EL2.VSE, before
    masked: bool  # by PSTATE.A, or by execution above EL1
    taken: bool  # to EL1 if at all
    ESR_EL1: int | None  # None: not taken, or no FEAT_RAS and so an IMPLEMENTATION DEFINED syndrome
    VSE: int  # HCR_EL2.VSE, after


def virtual_serror(s: State, *, VSE: int, VSESR_EL2: int = 0) -> VirtualSError:
    """Is a virtual SError taken in this state, and with which syndrome? §D1.4.6.1 (R_CDCKC), §D1.4.6.4 (R_GYGBD)

    Neither EA, E2H nor any NMEA has a say; `s.kind` is not looked at.
    """
    enabled = bool(s.EL2 and not s.HCR_EL2_TGE and (s.HCR_EL2_AMO or EffectiveHCRX_EL2_TMEA(s)))
    hidden = bool(s.PSTATE_A) or s.EL not in (0, 1)
    taken = enabled and bool(VSE) and not hidden
    esr = ESR_SERROR | VSESR_EL2 & SYNDROME if taken and s.FEAT_RAS else None
    return VirtualSError(enabled, bool(VSE), hidden, taken, esr, 0 if taken else VSE)


@dataclass(frozen=True, slots=True)
class Synchronized:
    """What one ESB instruction left behind."""

    DISR_EL1: int | None = None  # the value written; None: not written
    VDISR_EL2: int | None = None  # likewise
    taken: Literal["serror", "vserror"] | None = None  # before the ESB completes
    target: Target | None = None
    pending: bool = False  # the physical SError, after
    VSE: int = 0  # HCR_EL2.VSE, after


def esb(
    s: State, *, syndrome: int | None = None, synchronizable: bool = True, VSE: int = 0, VSESR_EL2: int = 0
) -> Synchronized:
    """What an ESB does about a pending physical SError of this *syndrome* (None: none pends) and a virtual one. §D20.5

    One that is not masked is taken. One that is masked is deferred: the physical into DISR_EL1, if it is
    *synchronizable* (R_SFHDS), the virtual into VDISR_EL2. Where a virtual one can be taken or deferred, the physical
    is never masked; it is taken first, as §D20.5.1 requires if the virtual one is masked and leaves IMPLEMENTATION
    DEFINED if it is not. Without FEAT_RAS ESB is a NOP. `s.kind` is not looked at.
    """
    if not s.FEAT_RAS:
        return Synchronized(pending=syndrome is not None, VSE=VSE)
    if syndrome is not None:
        if target := physical_serror(s).target:
            return Synchronized(taken="serror", target=target, VSE=VSE)
        if synchronizable:
            return Synchronized(DISR_EL1=DISR_A | syndrome & SYNDROME, VSE=VSE)
        return Synchronized(pending=True, VSE=VSE)
    virtual = virtual_serror(s, VSE=VSE, VSESR_EL2=VSESR_EL2)
    if virtual.taken:
        return Synchronized(taken="vserror", target=1)
    if virtual.enabled and virtual.pending and s.EL in (0, 1):
        return Synchronized(VDISR_EL2=DISR_A | VSESR_EL2 & SYNDROME)
    return Synchronized(VSE=VSE)
