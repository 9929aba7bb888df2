"""A syndrome field by field, and what it means for RAS: the state of the PE, and what Linux does about it."""

from typing import Any, NamedTuple

from ..formats import esr
from ..records import RecordError, Register, Span
from .fields import meaning, value_text


class Syndrome(NamedTuple):
    """One register: its fields from the highest bit down, and what follows from them in sentences."""

    name: str
    value: int
    width: int
    fields: tuple[dict[str, Any], ...]
    state: str  # the state category, "" where the syndrome tells none
    means: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"register": self.name, "value": f"{self.value:#x}", "state": self.state or None} | {
            "fields": [{k: f[k] for k in ("name", "bits", "value", "text", "doc", "ref")} for f in self.fields],
            "means": list(self.means),
        }

    def boxes(self) -> list[dict[str, Any]]:
        """The fields for a ruler of bits."""
        return [f | {"hi": f["bits"][0], "lo": f["bits"][1], "meaning": f["text"]} for f in self.fields]

    def __str__(self) -> str:
        rows = [(f"[{_bits(f['bits'])}]", f["name"], f["value"], f["text"]) for f in self.fields]
        wide, long = max(len(name) for _, name, *_ in rows), max(len(value) for *_, value, _ in rows)
        lines = [f"{where:>8}  {name:<{wide}}  {value:<{long}}  {text}".rstrip() for where, name, value, text in rows]
        return "\n".join([f"{self.name} = {self.value:#x}", *lines, *self.means]) + "\n"


def esr_elx(value: int) -> Syndrome:
    """What ESR_ELx holds; bits that no document names are shown as they are. Raises `RecordError` beyond 64 bits."""
    frame = esr.Esr.parse(value)
    layout = esr.iss_layout(frame)
    if layout is None:
        return _of("ESR_ELx", esr.Esr, value, "", ["This exception class carries no RAS error."])
    iss = layout.parse(frame.ISS)
    serror = frame.EC == esr.ExceptionClass.SERROR
    state, said = _serror(iss) if serror else _abort(iss, lower=frame.EC in _LOWER)
    spans = [*(s for s in esr.Esr.spans(value) if s.path != "ISS"), *layout.spans(frame.ISS)]
    return Syndrome("ESR_ELx", value, 64, fields_of(spans, _idle(iss)), state, tuple(said))


def disr_el1(value: int) -> Syndrome:
    """What DISR_EL1 holds: an SError that an ESB deferred, or nothing."""
    layout = esr.DisrImplementationDefined if value >> 24 & 1 else esr.Disr
    register = layout.parse(value)
    if not register.A:
        return _of("DISR_EL1", layout, value, "", ["A is 0: no SError was deferred; nothing else counts."])
    state, said = _serror(register)
    return _of("DISR_EL1", layout, value, state, ["An ESB instruction deferred an SError.", *said])


def vsesr_el2(value: int) -> Syndrome:
    """What VSESR_EL2 holds: the syndrome of a virtual SError that the guest is to take."""
    register = esr.Vsesr.parse(value)
    taken = (esr.ExceptionClass.SERROR << 26 | 1 << 25 | register.IDS << 24 | register.ISS) & 0xFFFF_FFFF
    inner = esr_elx(taken)
    said = [
        f"A guest that takes the virtual SError reads ESR_EL1 = {taken:#x}, and its kernel decides by that.",
        *inner.means,
    ]
    return _of("VSESR_EL2", esr.Vsesr, value, inner.state, said)


def vdisr_el2(value: int) -> Syndrome:
    """What VDISR_EL2 holds: what the guest reads as DISR_EL1 after its ESB."""
    if not esr.Vdisr.parse(value).A:
        return _of("VDISR_EL2", esr.Vdisr, value, "", ["A is 0: no virtual SError was deferred."])
    inner = disr_el1(value)
    said = ["The guest's ESB deferred a virtual SError; it reads this as DISR_EL1.", *inner.means[1:]]
    return _of("VDISR_EL2", esr.Vdisr, value, inner.state, said)


def _of(name: str, layout: type[Register], value: int, state: str, said: list[str]) -> Syndrome:
    fields = fields_of(layout.spans(value), _idle(layout.parse(value)))
    return Syndrome(name, value, layout.width, fields, state, tuple(said))


def _idle(register: Any) -> dict[str, str]:
    """The fields that count only where another field of *register* says so, and why they do not."""
    idle: dict[str, str] = {}
    if hasattr(register, "AET") and register.DFSC != esr.SErrorFsc.ASYNCHRONOUS_SERROR:
        idle |= dict.fromkeys(("AET", "IESB", "EA"), _CODE)
    if hasattr(register, "WnRV") and not register.WnRV:
        idle["WnR"] = "does not count while WnRV is 0"
    if hasattr(register, "SET"):
        code = register.DFSC if hasattr(register, "DFSC") else register.IFSC
        idle |= {} if code == esr.Fsc.EXTERNAL_ABORT else dict.fromkeys(("SET", "FnV"), _CODE)
    if hasattr(register, "ISV") and not register.ISV:
        idle |= dict.fromkeys(("SAS", "SSE", "SRT", "SF", "AR"), "does not count while ISV is 0")
    return idle


_CODE = "does not count with this fault status code"


def fields_of(spans: Any, idle: dict[str, str]) -> tuple[dict[str, Any], ...]:
    """What `Syndrome.fields` holds, of *spans*; *idle* are those that do not count, and why."""
    found = [s for s in spans if s.path != "reserved" or s.value]
    return tuple(_field(s, idle) for s in sorted(found, key=lambda s: s.bits, reverse=True))


def _field(s: Span, idle: dict[str, str]) -> dict[str, Any]:
    value = f"{s.value:#x}" if type(s.value) is int and s.value > 9 else value_text(s.value)
    said = idle.get(s.path) or meaning(s.value) or s.doc
    return {"name": s.path, "bits": list(s.bits or ()), "value": value, "text": said, "doc": s.doc, "ref": s.ref}


def _bits(bits: list[int]) -> str:
    high, low = bits
    return str(high) if high == low else f"{high}:{low}"


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
_NEVER = "APEI is never asked about an SError (Linux up to 7.1)."
_LOWER = (esr.ExceptionClass.INSTRUCTION_ABORT_LOWER, esr.ExceptionClass.DATA_ABORT_LOWER)


def _serror(iss: Any) -> tuple[str, list[str]]:
    """The state that an SError tells, and what follows from it."""
    if iss.IDS:
        return "", [
            "IDS is 1: only the maker of the core can read the syndrome, so it is no RAS error to Linux.",
            "Linux panics; if a guest was running, KVM gives the guest a virtual SError with IDS = 1.",
        ]
    panics = "Linux takes it for uncontainable and panics, even if a guest was running."
    if iss.DFSC != esr.SErrorFsc.ASYNCHRONOUS_SERROR:
        return "", [f"DFSC is {int(iss.DFSC):#x}, not 0x11: AET says nothing, the error is uncategorized.", panics]
    if not isinstance(iss.AET, esr.Aet):
        return "", [f"AET {iss.AET:#05b} is reserved.", panics, _NEVER]
    state = iss.AET.name
    follows = f"As an SError: Linux {_HOST[state]}; if a guest was running, KVM {_GUEST[state]}."
    return state, [_says(state), follows, _NEVER]


def _abort(iss: Any, lower: bool) -> tuple[str, list[str]]:
    """The state that an abort tells, and what follows from it; *lower*: it came from a lower exception level."""
    fsc = iss.DFSC if hasattr(iss, "DFSC") else iss.IFSC
    if not isinstance(fsc, esr.Fsc):
        return "", [f"Fault status code {fsc:#x} is no external abort: no RAS error."]
    if fsc != esr.Fsc.EXTERNAL_ABORT:
        signal = "SIGBUS, BUS_OBJERR" if fsc is esr.Fsc.PARITY else "SIGKILL"
        told = "SET and FnV count only with fault status code 0x10; the state of the PE is not told."
        return "", [told, *_asked(signal, lower)]
    state = iss.SET.name if isinstance(iss.SET, esr.Set) else ""
    said = [_says(state) if state else f"SET {iss.SET:#04b} is reserved; Linux does not look at SET."]
    if iss.FnV:
        said.append("FnV is 1: FAR_ELx does not hold the address, si_addr of an unclaimed abort is 0.")
    said += _asked("SIGBUS, BUS_OBJERR", lower)
    if state == "UC":
        said.append("Firmware that is asked first (TF-A) takes it for uncontainable and stops the machine.")
    return state, said


def _asked(signal: str, lower: bool) -> list[str]:
    """What Linux does about an external abort, from where it came; *signal* if nobody claims it."""
    if not lower:
        return ["From its own exception level, Linux since 5.8 does not ask APEI: oops."]
    return [
        f"From an application, Linux asks APEI; claimed, memory_failure decides; unclaimed, it sends {signal}.",
        "From a guest, KVM asks APEI; unclaimed, the guest gets a virtual SError with IDS = 1.",
    ]


def _says(code: str) -> str:
    state = esr.STATES[code]
    return f"{code}, {state.name}: {state.means}; software {state.kernel}."


REGISTERS = {"esr": esr_elx, "disr": disr_el1, "vsesr": vsesr_el2, "vdisr": vdisr_el2}


def explain(name: str, value: int) -> Syndrome:
    """The register *name* ("esr", "disr", "vsesr", "vdisr") with *value*, of any bits. Raises `RecordError`."""
    if name not in REGISTERS:
        raise RecordError(name, "", None, f"is none of {', '.join(REGISTERS)}")
    return REGISTERS[name](value)
