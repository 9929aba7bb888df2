"""Exception syndromes of RAS exceptions, and the registers that hold a deferred or virtual SError (DDI 0487)."""

from typing import NamedTuple

from ..plain import Coded
from ..registers import Register, bits


class ExceptionClass(Coded):
    """Why the PE took the exception; the classes that carry RAS errors."""

    INSTRUCTION_ABORT_LOWER = 0x20, "instruction abort from a lower exception level"
    INSTRUCTION_ABORT_SAME = 0x21, "instruction abort from the same exception level"
    DATA_ABORT_LOWER = 0x24, "data abort from a lower exception level"
    DATA_ABORT_SAME = 0x25, "data abort from the same exception level"
    SERROR = 0x2F, "SError interrupt"


class Aet(Coded):
    """Asynchronous error type: what is left of the state of the PE after an SError."""

    UC = 0b000, "uncontainable: the error may have spread without a trace"
    UEU = 0b001, "unrecoverable: contained, but the state of the PE is lost"
    UEO = 0b010, "restartable: not consumed, the PE can go on"
    UER = 0b011, "recoverable: consumed, software must repair before the PE goes on"
    CE = 0b110, "corrected"


class Set(Coded):
    """Synchronous error type: the same states as `Aet` in other numbers, and none for UEU."""

    UER = 0b00, "recoverable: consumed, software must repair before the PE goes on"
    UC = 0b10, "uncontainable: the error may have spread without a trace"
    UEO = 0b11, "restartable: not consumed, the PE can go on"


class Fsc(Coded):
    """Fault status code, DFSC or IFSC, of an abort: the external aborts. 0x18 to 0x1F are reserved with FEAT_RAS."""

    EXTERNAL_ABORT = 0x10, "synchronous external abort, not on a translation table walk"
    EXTERNAL_ABORT_WALK_LEVEL_M2 = 0x12, "synchronous external abort on a translation table walk, level -2; FEAT_D128"
    EXTERNAL_ABORT_WALK_LEVEL_M1 = 0x13, "synchronous external abort on a translation table walk, level -1; FEAT_LPA2"
    EXTERNAL_ABORT_WALK_LEVEL_0 = 0x14, "synchronous external abort on a translation table walk, level 0"
    EXTERNAL_ABORT_WALK_LEVEL_1 = 0x15, "synchronous external abort on a translation table walk, level 1"
    EXTERNAL_ABORT_WALK_LEVEL_2 = 0x16, "synchronous external abort on a translation table walk, level 2"
    EXTERNAL_ABORT_WALK_LEVEL_3 = 0x17, "synchronous external abort on a translation table walk, level 3"
    PARITY = 0x18, "synchronous parity or ECC error, not on a translation table walk"
    PARITY_WALK_LEVEL_M1 = 0x1B, "synchronous parity or ECC error on a translation table walk, level -1"
    PARITY_WALK_LEVEL_0 = 0x1C, "synchronous parity or ECC error on a translation table walk, level 0"
    PARITY_WALK_LEVEL_1 = 0x1D, "synchronous parity or ECC error on a translation table walk, level 1"
    PARITY_WALK_LEVEL_2 = 0x1E, "synchronous parity or ECC error on a translation table walk, level 2"
    PARITY_WALK_LEVEL_3 = 0x1F, "synchronous parity or ECC error on a translation table walk, level 3"


class SErrorFsc(Coded):
    """DFSC of an SError. The same number 0x11 in an abort is an MTE tag check."""

    UNCATEGORIZED = 0x00, "uncategorized"
    ASYNCHRONOUS_SERROR = 0x11, "asynchronous SError interrupt: AET and EA are valid"


class AbortAccessSize(Coded):
    BYTE = 0, "byte"
    HALFWORD = 1, "halfword"
    WORD = 2, "word"
    DOUBLEWORD = 3, "doubleword"


class Esr(Register, ref="DDI 0487, ESR_ELx"):
    """The frame of every syndrome. What ISS says depends on EC; see `iss_layout`."""

    # fmt: off
    ISS2: int = bits(55, 32, "more of the syndrome")
    EC:   int = bits(31, 26, "exception class", kind=ExceptionClass)
    IL:   int = bits(25, doc="1: a 32-bit instruction, or an exception that no one instruction caused")
    ISS:  int = bits(24, 0, "syndrome of this class of exception")
    # fmt: on


class SErrorIss(Register, ref="DDI 0487, ESR_ELx, ISS encoding for an SError interrupt", width=25):
    """An SError whose syndrome the architecture defines: IDS is 0, and the core has FEAT_RAS."""

    # fmt: off
    IDS:  int = bits(24, doc="0: the fields below are the architecture's")
    WU:   int = bits(17, 16, "FEAT_RASv2")
    IESB: int = bits(13, doc="1: taken because of an implicit error synchronization; valid with DFSC 0x11")
    AET:  int = bits(12, 10, "asynchronous error type: what is left of the PE's state; valid with DFSC 0x11", kind=Aet)
    EA:   int = bits(9, doc="external abort type: IMPLEMENTATION DEFINED")
    WnRV: int = bits(7, doc="1: WnR is valid; FEAT_RASv2")
    WnR:  int = bits(6, doc="1: a write, 0: a read; FEAT_RASv2")
    DFSC: int = bits(5, 0, "fault status code", kind=SErrorFsc)
    # fmt: on


class SErrorImplementationDefinedIss(
    Register, ref="DDI 0487, ESR_ELx, ISS encoding for an SError interrupt, IDS == 1", width=25
):
    """An SError whose syndrome only the maker of the core can read."""

    IDS: int = bits(24, doc="1: the rest is IMPLEMENTATION DEFINED")
    SYNDROME: int = bits(23, 0, "IMPLEMENTATION DEFINED")


class DataAbortIss(Register, ref="DDI 0487, ESR_ELx, ISS encoding for a data abort", width=25):
    """A data abort. SET and FnV mean what they say here only if DFSC is 0x10, and SET only with FEAT_RAS."""

    # fmt: off
    ISV:   int = bits(24, doc="1: bits 23:14 describe the access; mostly for aborts taken to EL2")
    SAS:   int = bits(23, 22, "size of the access", kind=AbortAccessSize)
    SSE:   int = bits(21, doc="1: the value was to be sign-extended")
    SRT:   int = bits(20, 16, "number of the register")
    SF:    int = bits(15, doc="1: the register is 64 bits wide")
    AR:    int = bits(14, doc="1: acquire or release")
    VNCR:  int = bits(13, doc="1: the access came from VNCR_EL2")
    SET:   int = bits(12, 11, "synchronous error type: the state of the PE; with FEAT_RAS and DFSC 0x10", kind=Set)
    FnV:   int = bits(10, doc="1: FAR_ELx does not hold the address; valid with DFSC 0x10")
    EA:    int = bits(9, doc="external abort type: IMPLEMENTATION DEFINED")
    CM:    int = bits(8, doc="1: a cache maintenance instruction")
    S1PTW: int = bits(7, doc="1: a stage 2 fault on a stage 1 translation table walk")
    WnR:   int = bits(6, doc="1: a write, 0: a read")
    DFSC:  int = bits(5, 0, "fault status code", kind=Fsc)
    # fmt: on


class InstructionAbortIss(Register, ref="DDI 0487, ESR_ELx, ISS encoding for an instruction abort", width=25):
    """An instruction abort. SET and FnV mean what they say here only if IFSC is 0x10, and SET only with FEAT_RAS."""

    # fmt: off
    SET:   int = bits(12, 11, "synchronous error type: the state of the PE; with FEAT_RAS and IFSC 0x10", kind=Set)
    FnV:   int = bits(10, doc="1: FAR_ELx does not hold the address; valid with IFSC 0x10")
    EA:    int = bits(9, doc="external abort type: IMPLEMENTATION DEFINED")
    S1PTW: int = bits(7, doc="1: a stage 2 fault on a stage 1 translation table walk")
    IFSC:  int = bits(5, 0, "fault status code", kind=Fsc)
    # fmt: on


_IDS = 1 << 24
_ISS = {
    ExceptionClass.INSTRUCTION_ABORT_LOWER: InstructionAbortIss,
    ExceptionClass.INSTRUCTION_ABORT_SAME: InstructionAbortIss,
    ExceptionClass.DATA_ABORT_LOWER: DataAbortIss,
    ExceptionClass.DATA_ABORT_SAME: DataAbortIss,
}


def iss_layout(esr: Esr) -> type[Register] | None:
    """How ISS of *esr* is laid out; None for exception classes that carry no RAS error."""
    if esr.EC == ExceptionClass.SERROR:
        return SErrorImplementationDefinedIss if esr.ISS & _IDS else SErrorIss
    return _ISS.get(ExceptionClass(esr.EC)) if esr.EC in _ISS else None


class Disr(Register, ref="DDI 0487, DISR_EL1"):
    """DISR_EL1: an SError that an ESB instruction deferred. No EC, no IL, no IESB."""

    # fmt: off
    A:    int = bits(31, doc="1: an SError was deferred")
    IDS:  int = bits(24, doc="0: the fields below are the architecture's")
    WU:   int = bits(17, 16, "FEAT_RASv2")
    AET:  int = bits(12, 10, "asynchronous error type", kind=Aet)
    EA:   int = bits(9, doc="external abort type: IMPLEMENTATION DEFINED")
    WnRV: int = bits(7, doc="1: WnR is valid; FEAT_RASv2")
    WnR:  int = bits(6, doc="1: a write, 0: a read; FEAT_RASv2")
    DFSC: int = bits(5, 0, "fault status code", kind=SErrorFsc)
    # fmt: on


class DisrImplementationDefined(Register, ref="DDI 0487, DISR_EL1, IDS == 1"):
    """DISR_EL1 with a syndrome that only the maker of the core can read."""

    A: int = bits(31, doc="1: an SError was deferred")
    IDS: int = bits(24, doc="1: the rest is IMPLEMENTATION DEFINED")
    SYNDROME: int = bits(23, 0, "IMPLEMENTATION DEFINED")


class Vsesr(Register, ref="DDI 0487, VSESR_EL2"):
    """VSESR_EL2: the syndrome that the guest will see when it takes a virtual SError."""

    IDS: int = bits(24, doc="1: ISS is IMPLEMENTATION DEFINED")
    ISS: int = bits(23, 0, "ISS of an SError interrupt, see `SErrorIss`")


class Vdisr(Register, ref="DDI 0487, VDISR_EL2"):
    """VDISR_EL2: what the guest reads as DISR_EL1 after its ESB deferred a virtual SError."""

    A: int = bits(31, doc="1: a virtual SError was deferred")
    IDS: int = bits(24, doc="1: ISS is IMPLEMENTATION DEFINED")
    ISS: int = bits(23, 0, "ISS of an SError interrupt, see `SErrorIss`")


class PeState(NamedTuple):
    """What an error left of the PE, and what the kernel may still do. The same categories for SError and abort."""

    name: str
    means: str
    kernel: str


# by name in Aet and Set (formats differ, states do not; DDI 0487 §D20.4)
STATES: dict[str, PeState] = {
    "CE": PeState("corrected", "nothing is lost", "may go on"),
    "UEO": PeState("restartable", "the error was not consumed", "may go on"),
    "UER": PeState("recoverable", "the error was consumed, and is contained", "must repair or stop what consumed it"),
    "UEU": PeState("unrecoverable", "the state of the PE is lost", "must not go on in what was interrupted"),
    "UC": PeState("uncontainable", "the error may be anywhere", "must stop at once"),
}
