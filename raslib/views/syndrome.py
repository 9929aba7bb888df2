"""A syndrome field by field, and what it means for RAS: the state of the PE, and what Linux does about it.

Layouts and codes are those of `formats.esr` (DDI 0487); what the kernel makes of them is what Linux up to 7.3 does in
arch/arm64/kernel/traps.c, arch/arm64/mm/fault.c and arch/arm64/kvm, and TF-A where firmware is asked first. What
the maker of a core says differently is in `formats.cores`.
"""

from functools import partial
from typing import Any, NamedTuple

from .. import resources
from ..formats import esr
from ..formats.cores import Core
from ..plain import RecordError, Span
from ..registers import bits
from .reading import Judged, Number, RegisterKind, RegisterReading
from .table import columns
from .words import bit_range, meaning, value_text


class Syndrome(NamedTuple):
    """One register: its bits from the highest down, and what follows from them in sentences.

    Each of *parts* is a dictionary: `name`, `bits` (highest and lowest), `value` and `text` for a reader, `doc` and
    `ref` from the declaration; `text` is what the value means, or why the field does not count. They have every bit
    once; *fields* are those without what is reserved and 0. *state* is the code of the PE's state (a key of
    `formats.esr.STATES`), "" where the syndrome tells none. `str` of it is a table of the fields with *means* below.
    """

    name: str
    value: int
    parts: tuple[dict[str, Any], ...]
    state: str  # the state category, "" where the syndrome tells none
    means: tuple[str, ...]
    kinds: tuple[RegisterKind, ...] = ()  # the registers that a live view of it has

    @property
    def fields(self) -> tuple[dict[str, Any], ...]:
        return tuple(f for f in self.parts if f["name"] != "reserved" or f["value"] != "0")

    def __hash__(self) -> int:
        return hash((self.name, self.value))

    def to_json(self) -> dict[str, Any]:
        """The same as plain values, as the command line prints it in JSON: numbers as hex text, no state as None."""
        head = {"register": self.name, "value": f"{self.value:#x}", "state": self.state or None}
        return head | {"fields": list(self.fields), "means": list(self.means)}

    def __str__(self) -> str:
        rows = [(f"[{bit_range(f['bits'])}]".rjust(8), f["name"], f["value"], f["text"]) for f in self.fields]
        return "\n".join([f"{self.name} = {self.value:#x}", *columns(rows), *self.means]) + "\n"


def explained(kind: RegisterKind, value: int, kinds: tuple[RegisterKind, ...] = ()) -> Syndrome:
    """What a register of this *kind* holds; *kinds* are those that one can turn to in a live view of it.

    Raises `RecordError` beyond 64 bits.
    """
    reading = kind.reading(value)
    register = reading.register(value)
    idle = reading.idle(register)
    parts = tuple(_field(s, idle) for s in reading.spans(value))
    return Syndrome(kind.name, value, parts, *reading.judged(value), kinds)


def _esr(value: int, core: Core | None = None) -> RegisterReading:
    """ESR_ELx: EC says how ISS is laid out, and of an SError IDS.

    Only three kinds of exception carry RAS errors: SError, and instruction and data aborts, from below or from the same
    level. Of an SError AET is the state, if DFSC is 0x11; of an abort SET is, if the fault status code is 0x10. Without
    FEAT_RAS a *core* has neither, but its maker may say something in the syndrome of an SError (`formats.cores`).
    Source: DDI 0487, ESR_ELx; Linux do_serror(), do_sea(), kvm_handle_guest_serror() and kvm_handle_guest_sea().
    """
    frame = esr.Esr.parse(value)
    layout = esr.iss_layout(frame)
    if layout is None:
        return RegisterReading(esr.Esr, lambda _: ("", ["This exception class carries no RAS error."]))
    serror, lower = frame.EC == esr.ExceptionClass.SERROR, frame.EC in _LOWER
    interrupted = _INTERRUPTED["serror" if serror else "lower" if lower else "same"]
    own = serror and core and not core.ras and layout is esr.SErrorImplementationDefinedIss

    def judge(iss: Any) -> Judged:
        state, means = _serror(iss, core) if serror else _abort(iss, lower, core)
        if state and core is None:
            means.append(_WITH_RAS.format(f"no SError is a RAS error to Linux. {_NO_SERROR}" if serror else _NO_SET))
        return state, [*means, interrupted]

    asked = _OwnIss if own else layout
    return RegisterReading(asked, judge, idle=lambda iss: _idle(iss, core), shown=(esr.Esr, layout))


def _disr(value: int) -> RegisterReading:
    """DISR_EL1, an SError that an ESB deferred, or nothing: A says which, and IDS whose syndrome it is.

    With IDS at 1 bits 23:0 are left to the maker of the core. The sentences say what Linux would do had the SError been
    taken. Source: DDI 0487, DISR_EL1.
    """
    layout = esr.DisrImplementationDefined if value >> 24 & 1 else esr.Disr
    if not layout.parse(value).A:
        nothing = "A is 0: no SError was deferred; nothing else counts."
        return RegisterReading(layout, lambda _: ("", [nothing]), idle=_idle)
    return RegisterReading(layout, _serror, idle=_idle, opening=("An ESB instruction deferred an SError.",))


def _vsesr(value: int) -> RegisterReading:
    """VSESR_EL2, the syndrome of a virtual SError that the guest is to take.

    KVM writes it, for itself or for its user, who gives `serror_esr` to KVM_SET_VCPU_EVENTS (ISS[24:0] alone). The
    first sentence is what the guest then reads in ESR_EL1: the same with exception class 0x2F and IL set.
    Source: DDI 0487, VSESR_EL2; Linux Documentation/virt/kvm/api.rst 4.31.
    """
    layout = esr.SErrorImplementationDefinedIss if esr.Vsesr.parse(value).IDS else esr.SErrorIss
    first = "A guest that takes the virtual SError reads ESR_EL1 = {taken}, and its kernel decides by that."
    taken = Number(rest=esr.ExceptionClass.SERROR << 26 | 1 << 25, copy=0x1FF_FFFF)
    return RegisterReading(layout, _serror, shown=(esr.Vsesr,), numbers={"taken": taken}, opening=(first,))


def _vdisr(value: int) -> RegisterReading:
    """VDISR_EL2, what the guest reads as DISR_EL1 after its ESB.

    The hardware copies VSESR_EL2 there when an ESB of the guest meets a virtual SError that is pending and masked.
    Source: DDI 0487, VDISR_EL2.
    """
    if not esr.Vdisr.parse(value).A:
        return RegisterReading(esr.Vdisr, lambda _: ("", ["A is 0: no virtual SError was deferred."]))
    first = "The guest's ESB deferred a virtual SError; it reads this as DISR_EL1."
    return RegisterReading(_disr(value).asked, _serror, shown=(esr.Vdisr,), opening=(first,))


def _idle(register: Any, core: Core | None = None) -> dict[str, str]:
    """The fields that count only where another field of *register*, or the *core*, says so, and why they do not."""
    fields, idle = {name for name, *_ in register.layout}, dict[str, str]()
    if core and not core.ras:
        idle |= {name: _CORE for name in ("SET", "AET", "IESB") if name in fields}
    if "AET" in fields and register.DFSC != esr.SErrorFsc.ASYNCHRONOUS_SERROR:
        idle |= dict.fromkeys(("AET", "IESB", "EA"), _CODE)
    if "WnRV" in fields and not register.WnRV:
        idle["WnR"] = "does not count while WnRV is 0"
    if "SET" in fields:
        code = register.DFSC if "DFSC" in fields else register.IFSC
        idle |= {} if code == esr.Fsc.EXTERNAL_ABORT else dict.fromkeys(("SET", "FnV"), _CODE)
    if "ISV" in fields and not register.ISV:
        idle |= dict.fromkeys(("SAS", "SSE", "SRT", "SF", "AR"), "does not count while ISV is 0")
    return idle


_CODE = "does not count with this fault status code"
_CORE = "does not count: this core has no FEAT_RAS"


def _field(s: Span, idle: dict[str, str]) -> dict[str, Any]:
    """One of `Syndrome.fields`; *idle* are those that do not count, and why."""
    value = f"{s.value:#x}" if type(s.value) is int and s.value > 9 else value_text(s.value)
    said = idle.get(s.path) or meaning(s.value) or s.doc
    return {"name": s.path, "bits": list(s.bits or ()), "value": value, "text": said, "doc": s.doc, "ref": s.ref}


# --- what follows ----------------------------------------------------------------------------------------------------

_LINUX = resources.table(__file__)
_HOST, _GUEST, _LEVEL, _INTERRUPTED = (_LINUX[part] for part in ("host", "guest", "level", "interrupted"))
_NEVER = "APEI is never asked about an SError (Linux up to 7.3)."
_LOWER = (esr.ExceptionClass.INSTRUCTION_ABORT_LOWER, esr.ExceptionClass.DATA_ABORT_LOWER)
_WITH_RAS = "So it is on cores with FEAT_RAS (ID_AA64PFR0_EL1.RAS is not 0: Armv8.2 and later). Without it, {}"
_NO_SET = "SET is 0 and tells no state. Linux does not look at SET."
_NO_SERROR = "Linux panics; if a guest was running, KVM gives the guest a virtual SError with IDS = 1."


def _serror(iss: Any, core: Core | None = None) -> Judged:
    """The state that an SError tells, and what follows from it.

    Of an SError Linux believes AET alone, where IDS is 0 and DFSC says that AET counts; what is reserved or not told is
    uncontainable to it (arch/arm64/kernel/traps.c: arm64_is_fatal_ras_serror()).
    """
    if core and not core.ras:
        no_ras = f"{core.name} has no FEAT_RAS: no SError of it is a RAS error to Linux."
        return "", [no_ras, *_own(iss, core), _NO_SERROR]
    if iss.IDS:
        only = "IDS is 1: only the maker of the core can read the syndrome, so it is no RAS error to Linux."
        return "", [only, _NO_SERROR]
    panics = "Linux takes it for uncontainable and panics, even if a guest was running."
    if iss.DFSC != esr.SErrorFsc.ASYNCHRONOUS_SERROR:
        return "", ["DFSC is {DFSC}, not 0x11: AET says nothing, the error is uncategorized.", panics]
    if not isinstance(iss.AET, esr.Aet):
        return "", [f"AET {iss.AET:#05b} is reserved.", panics, _NEVER]
    state = iss.AET.name
    follows = f"As an SError: Linux {_HOST[state]}; if a guest was running, KVM {_GUEST[state]}."
    note = [f"{core.note} ({core.cite})."] if core and core.note else []
    return state, [_says(state), *note, follows, _NEVER]


def _own(iss: Any, core: Core) -> list[str]:
    """What the maker of *core* says of the syndrome of its SError."""
    if not iss.IDS:
        return ["ISS[24] is 0: the syndrome says nothing."]
    if (iss.high, iss.low) not in core.serrors:
        return [f"What ISS[23:0] {{SYNDROME}} means is not known of {core.name}."]
    says = core.serrors[iss.high, iss.low]
    return [f"ISS[23:22] is {iss.high:#04b}, ISS[1:0] {iss.low:#04b}: {says} ({core.cite})."]


class _OwnIss(esr.SErrorImplementationDefinedIss, ref="DDI 0487, ESR_ELx", width=25):
    """The syndrome of an SError where its maker has filled the ends."""

    high: int = bits(23, 22)
    low: int = bits(1, 0)


def _abort(iss: Any, lower: bool, core: Core | None) -> Judged:
    """The state that an abort tells, and what follows from it; *lower*: it came from a lower exception level."""
    field = "DFSC" if hasattr(iss, "DFSC") else "IFSC"
    fsc = getattr(iss, field)
    if not isinstance(fsc, esr.Fsc):
        return "", [f"Fault status code {{{field}}} is no external abort: no RAS error."]
    if fsc != esr.Fsc.EXTERNAL_ABORT:
        code = "SET and FnV count only with fault status code 0x10; the state of the PE is not told."
        level = [_LEVEL[fsc.name]] if fsc.name in _LEVEL else []
        return "", [code, *level, *_asked("SIGKILL" if fsc != esr.Fsc.PARITY else _OBJERR, lower, fsc)]
    state, means = _state(iss, core)
    if iss.FnV:
        means.append("FnV is 1: FAR_ELx does not hold the address, si_addr of an unclaimed abort is 0.")
    means += _asked(_OBJERR, lower, fsc)
    if state == "UC":
        means.append("Firmware that is asked first (TF-A) takes it for uncontainable and stops the machine.")
    return state, means


def _state(iss: Any, core: Core | None) -> Judged:
    """What SET says, which cores without FEAT_RAS do not have.

    Linux never looks at it (arch/arm64/mm/fault.c: do_sea()); firmware that is asked first may.
    """
    if core and not core.ras:
        return "", [f"{core.name} has no FEAT_RAS: SET is no field of it, the state of the PE is not told."]
    if not isinstance(iss.SET, esr.Set):
        return "", [f"SET {iss.SET:#04b} is reserved; Linux does not look at SET."]
    return iss.SET.name, [_says(iss.SET.name)]


_OBJERR = "SIGBUS, BUS_OBJERR"
_M2 = esr.Fsc.EXTERNAL_ABORT_WALK_LEVEL_M2


def _asked(signal: str, lower: bool, fsc: int) -> list[str]:
    """What Linux does about an external abort, from where it came; *signal* if nobody claims it."""
    if fsc == _M2:
        application, guest = f"From an application, Linux sends {signal}", "from a guest, KVM_RUN fails with EFAULT"
        return [f"{application}; {guest}. APEI is not asked." if lower else "From its own exception level: oops."]
    if not lower:
        return ["From its own exception level, Linux since 5.8 does not ask APEI: oops."]
    return [
        f"From an application, Linux asks APEI; claimed, memory_failure decides; unclaimed, it sends {signal}.",
        "From a guest, KVM asks APEI; unclaimed, the guest gets a virtual SError with IDS = 1.",
    ]


def _says(code: str) -> str:
    state = esr.STATES[code]
    return f"{code}, {state.name}: {state.means}; software {state.kernel}."


REGISTERS = {  # by the words of the command line
    "esr": RegisterKind("ESR_ELx", (31, 24), _esr),
    "disr": RegisterKind("DISR_EL1", (31, 24), _disr),
    "vsesr": RegisterKind("VSESR_EL2", (24, 24), _vsesr),
    "vdisr": RegisterKind("VDISR_EL2", (31, 24), _vdisr),
}


def explain(name: str, value: int, core: Core | None = None) -> Syndrome:
    """The register *name* with *value*, of any bits: which fields it has, and what follows from them.

    *name* is "esr", "disr", "vsesr" or "vdisr". *core* is one of `formats.cores.CORES`, or what `by_midr` or `by_name`
    finds there; only of ESR_ELx does it matter. Without it the sentences are those of a core with FEAT_RAS, and say so.

    >>> explain("esr", 0xBE00_0000).means[0]
    'DFSC is 0x0, not 0x11: AET says nothing, the error is uncategorized.'
    >>> explain("esr", 0x9200_0210).state, explain("esr", 0xBE00_0411).state, explain("disr", 0x8000_0011).state
    ('UER', 'UEU', 'UC')
    >>> explain("vsesr", 0x411).means[0]
    'A guest that takes the virtual SError reads ESR_EL1 = 0xbe000411, and its kernel decides by that.'
    >>> explain("vdisr", 0x8000_0011).means[0]
    "The guest's ESB deferred a virtual SError; it reads this as DISR_EL1."

    Raises `RecordError` for another name, and for a *value* beyond 64 bits.
    """
    if name not in REGISTERS:
        raise RecordError(name, "", None, f"is none of {', '.join(REGISTERS)}")
    kinds = REGISTERS
    if core:
        kinds = kinds | {"esr": RegisterKind(f"ESR_ELx of {core.name}", (31, 24), partial(_esr, core=core))}
    return explained(kinds[name], value, tuple(kinds.values()))
