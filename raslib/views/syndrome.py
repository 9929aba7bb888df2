"""A syndrome field by field, and what it means for RAS: the state of the PE, and what Linux does about it.

Layouts and codes are those of `formats.esr` (DDI 0487); what the kernel makes of them is what Linux up to 7.3 does in
arch/arm64/kernel/traps.c, arch/arm64/mm/fault.c and arch/arm64/kvm, and TF-A where firmware is asked first. What
the maker of a core says differently is in `formats.cores`.
"""

from functools import partial
from typing import Any, NamedTuple

from ..formats import esr
from ..formats.cores import Core
from ..plain import RecordError, Span
from ..registers import bits
from .reading import Judged, Number, RegisterKind, RegisterReading
from .words import bit_range, meaning, value_text


class Syndrome(NamedTuple):
    """One register: its fields from the highest bit down, and what follows from them in sentences.

    *width* is in bits. Each of *fields* is a dictionary: `name`, `bits` (highest and lowest), `value` and `text` for a
    reader, `doc` and `ref` from the declaration; `text` is what the value means, or why the field does not count.
    Reserved fields that are 0 are left out. *state* is the code of the PE's state (a key of `formats.esr.STATES`), ""
    where the syndrome tells none. `str` of it is a table of the fields with *means* below.
    """

    name: str
    value: int
    width: int
    fields: tuple[dict[str, Any], ...]
    state: str  # the state category, "" where the syndrome tells none
    means: tuple[str, ...]
    kinds: tuple[RegisterKind, ...] = ()  # the registers that a live view of it has

    def __hash__(self) -> int:
        return hash((self.name, self.value))

    def to_json(self) -> dict[str, Any]:
        """The same as plain values, as the command line prints it in JSON: numbers as hex text, no state as None."""
        return {"register": self.name, "value": f"{self.value:#x}", "state": self.state or None} | {
            "fields": [{k: f[k] for k in ("name", "bits", "value", "text", "doc", "ref")} for f in self.fields],
            "means": list(self.means),
        }

    def __str__(self) -> str:
        rows = [(f"[{bit_range(f['bits'])}]", f["name"], f["value"], f["text"]) for f in self.fields]
        wide, long = max(len(name) for _, name, *_ in rows), max(len(value) for *_, value, _ in rows)
        lines = [f"{where:>8}  {name:<{wide}}  {value:<{long}}  {text}".rstrip() for where, name, value, text in rows]
        return "\n".join([f"{self.name} = {self.value:#x}", *lines, *self.means]) + "\n"


def explained(kind: RegisterKind, value: int, kinds: tuple[RegisterKind, ...] = ()) -> Syndrome:
    """What a register of this *kind* holds; *kinds* are those that one can turn to in a live view of it.

    Raises `RecordError` beyond 64 bits.
    """
    reading = kind.reading(value)
    register = reading.register(value)
    idle = reading.idle(register)
    spans = sorted((s for s in reading.spans(value) if s.path != "reserved" or s.value), key=lambda s: s.bits or ())
    fields = tuple(_field(s, idle) for s in reversed(spans))
    width = max(layout.width for layout in (*reading.shown, reading.asked))
    return Syndrome(kind.name, value, width, fields, *reading.judged(value), kinds)


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
    serror = frame.EC == esr.ExceptionClass.SERROR
    own = serror and core and not core.ras and layout is esr.SErrorImplementationDefinedIss

    def judge(iss: Any) -> Judged:
        state, means = _serror(iss, core) if serror else _abort(iss, frame.EC in _LOWER, core)
        if state and core is None:
            means.append(_WITH_RAS.format(f"no SError is a RAS error to Linux. {_NO_SERROR}" if serror else _NO_SET))
        return state, [*means, _WHO[int(frame.EC)]]

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

# what Linux does about an SError, by state (arch/arm64/kernel/traps.c arm64_is_fatal_ras_serror(), arch/arm64/kvm)
_HOST = {
    "CE": "goes on, and logs nothing",
    "UEO": "goes on, and logs nothing",
    "UER": "panics: an SError may be imprecise, so there is nothing to repair",
    "UEU": "panics",
    "UC": "panics at once",
}
_GUEST = {
    "CE": "resumes the guest",
    "UEO": "resumes the guest",
    "UER": "gives the guest a virtual SError with IDS = 1",
    "UEU": "gives the guest a virtual SError with IDS = 1",
    "UC": "panics the host",
}
_NEVER = "APEI is never asked about an SError (Linux up to 7.3)."
_LOWER = (esr.ExceptionClass.INSTRUCTION_ABORT_LOWER, esr.ExceptionClass.DATA_ABORT_LOWER)
_WITH_RAS = "So it is on cores with FEAT_RAS (ID_AA64PFR0_EL1.RAS is not 0: Armv8.2 and later). Without it, {}"
_NO_SET = "SET is 0 and tells no state. Linux does not look at SET."
_NO_SERROR = "Linux panics; if a guest was running, KVM gives the guest a virtual SError with IDS = 1."
# whom it interrupted, as far as the class tells (Linux arch/arm64/kvm/hyp/hyp-entry.S; TF-A runtime_exceptions.S)
_FROM_LOWER = (
    "Taken to EL3, SPSR_EL3.M tells who was interrupted: an application, a guest, or the kernel at EL2 or EL1 itself; "
    "TF-A asks the platform's handler, and panics where there is none."
)
_FROM_SAME = (
    "At EL2, with VHE that is the host's kernel; without VHE it is KVM's own code, and the host panics. "
    "At EL3 firmware interrupted itself, and TF-A panics."
)
_FROM_ANY = (
    "SPSR_ELx.M tells who was interrupted, this class does not: KVM's own code at EL2 makes the host panic, unless the "
    "SError came up on the way out of a guest, whose it then is; TF-A at EL3 panics, of a lower level it asks the "
    "platform's handler, and panics where there is none."
)
_WHO: dict[int, str] = {
    **dict.fromkeys(_LOWER, _FROM_LOWER),
    esr.ExceptionClass.INSTRUCTION_ABORT_SAME: _FROM_SAME,
    esr.ExceptionClass.DATA_ABORT_SAME: _FROM_SAME,
    esr.ExceptionClass.SERROR: _FROM_ANY,
}


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
        return "", [code, *_LEVELS.get(fsc, []), *_asked("SIGKILL" if fsc != esr.Fsc.PARITY else _OBJERR, lower, fsc)]
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
_LEVELS = {  # arch/arm64/mm/fault.c: fault_info[]
    _M2: ["Level -2 is of FEAT_D128, of which Linux up to 7.3 knows nothing: it takes the code for an unknown fault."],
    esr.Fsc.EXTERNAL_ABORT_WALK_LEVEL_M1: ["Level -1 is of FEAT_LPA2; Linux 6.1 takes the code for an unknown fault."],
}


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
    "esr": RegisterKind("ESR_ELx", "esr", (31, 24), _esr),
    "disr": RegisterKind("DISR_EL1", "disr", (31, 24), _disr),
    "vsesr": RegisterKind("VSESR_EL2", "vsesr", (24, 24), _vsesr),
    "vdisr": RegisterKind("VDISR_EL2", "vdisr", (31, 24), _vdisr),
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
        named, command = f"ESR_ELx of {core.name}", f'esr --core "{core.name}"'
        kinds = REGISTERS | {"esr": RegisterKind(named, command, (31, 24), partial(_esr, core=core))}
    return explained(kinds[name], value, tuple(kinds.values()))
