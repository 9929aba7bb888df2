"""The registers of an error record and of the node that owns it (RAS System Architecture, IHI 0100 A.c: v1, v1.1, v2).

What they do with errors and with writes is `sim.cpu.errnode`.
"""

from construct import Int64ul

from ..records import Coded, Record, Register, bits, flags


class RasVersion(Coded):
    """ID_AA64PFR0_EL1.RAS [31:28]."""

    NONE = 0, "no RAS extension"
    V1 = 1, "FEAT_RAS: v1"
    V1P1 = 2, "FEAT_RASv1p1: v1.1"
    V2 = 3, "FEAT_RASv2: v2"


class Pfr0Ras(Register, ref="DDI 0487, ID_AA64PFR0_EL1"):
    """The one field of ID_AA64PFR0_EL1 that says which RAS extension the processor has."""

    RAS: int = bits(31, 28, "RAS extension", kind=RasVersion)


# --- ERR<n>STATUS ----------------------------------------------------------------------------------------------------


class ErrorState(Coded):
    """What state an error left a component in, worst last: the number here is the rank and stands in no register."""

    NONE = 0, "no error is recorded"
    CE = 1, "corrected"
    DE = 2, "deferred: not corrected, but marked as poison, so that whoever uses it will know"
    UEO = 3, "latent or restartable: not consumed, the component can go on as it is"
    UER = 4, "signaled or recoverable: contained, software can repair and go on"
    UEU = 5, "unrecoverable: contained, but the function that met it cannot be brought back"
    UC = 6, "uncontainable: it may have spread without a trace"


class Ce(Coded):
    """ERR<n>STATUS.CE. `PfgCe` has other numbers for two of them."""

    NONE = 0, "no error was corrected"
    TRANSIENT = 1, "corrected, and likely gone"
    UNSPECIFIED = 2, "corrected; whether it comes again is not known"
    PERSISTENT = 3, "corrected, and likely to come again"


class Uet(Coded):
    """ERR<n>STATUS.UET. `esr.Aet` and `esr.Set` say the same in other numbers."""

    UC = 0, "uncontainable"
    UEU = 1, "unrecoverable"
    UEO = 2, "latent or restartable"
    UER = 3, "signaled or recoverable"


class Serr(Coded):
    """ERR<n>STATUS.SERR, primary error code: what failed. v1 had the codes up to 0x15."""

    NO_ERROR = 0x00, "nothing"
    IMPLEMENTATION_DEFINED = 0x01, "something that only the maker knows; see IERR"
    INTERNAL_MEMORY = 0x02, "data of a memory inside the component, such as ECC of an SRAM or a buffer"
    PIN = 0x03, "a pin, such as nSEI"
    ASSERTION = 0x04, "an assertion: the component found itself inconsistent"
    INTERNAL_DATA_PATH = 0x05, "a data path inside the component, such as parity of a result"
    ASSOCIATIVE_MEMORY_DATA = 0x06, "data of an associative memory, such as ECC of cache data"
    ASSOCIATIVE_MEMORY_ADDRESS = 0x07, "address or control of an associative memory, such as ECC of a cache tag"
    TLB_DATA = 0x08, "data of a TLB"
    TLB_ADDRESS = 0x09, "address or control of a TLB, such as ECC of its tag"
    PRODUCER_DATA = 0x0A, "data from whoever sent it, such as parity of a write data bus"
    PRODUCER_ADDRESS = 0x0B, "address or control from whoever sent it, such as parity of an address bus"
    EXTERNAL_MEMORY = 0x0C, "data of a memory outside the component, such as ECC of SDRAM"
    ILLEGAL_ADDRESS = 0x0D, "software used an address where nothing is"
    ILLEGAL_ACCESS = 0x0E, "software accessed something in a way that it does not take"
    ILLEGAL_STATE = 0x0F, "software accessed something that was not ready"
    INTERNAL_DATA_REGISTER = 0x10, "a data register, such as parity of a SIMD register"
    INTERNAL_CONTROL_REGISTER = 0x11, "a control register, such as parity of a System register"
    COMPLETER_RESPONSE = 0x12, "whoever was asked answered with an error, such as to a write-back from a cache"
    EXTERNAL_TIMEOUT = 0x13, "another component did not answer in time"
    INTERNAL_TIMEOUT = 0x14, "a part of the component did not answer in time"
    DEFERRED_FROM_COMPLETER_TAKEN = 0x15, "poison came with an answer and cannot be passed on by whoever asked"
    DEFERRED_FROM_REQUESTER_TAKEN = 0x16, "poison came with a request and cannot be passed on by whoever was asked"
    DEFERRED_FROM_COMPLETER_PASSED = 0x17, "poison came with an answer and was passed on"
    DEFERRED_FROM_REQUESTER_PASSED = 0x18, "poison came with a request and was passed on"
    PCIE_LOGS = 0x19, "something that the error logs of PCI Express say"
    OTHER_INTERNAL = 0x1A, "something else inside the component"


class ErrStatusV1(Register, ref="IHI 0100 A.c §3.2.33, ERR<n>STATUS, without RASSAv1p1"):
    """What was recorded, and which other registers of the record count. Bits 19:16 are reserved in v1."""

    # fmt: off
    AV:   int = bits(31, doc="1: ERR<n>ADDR holds an address of the highest priority error")
    V:    int = bits(30, doc="1: an error is recorded; 0: the rest of this register means nothing")
    UE:   int = bits(29, doc="1: an error was neither corrected nor deferred")
    ER:   int = bits(28, doc="1: it was answered with an error (external abort) to whoever asked; if UE, or DE")
    OF:   int = bits(27, doc="1: overflow: more errors happened than are recorded, or the counter overflowed")
    MV:   int = bits(26, doc="1: the ERR<n>MISC<m> hold more of an error")
    CE:   int = bits(25, 24, "an error was corrected", kind=Ce)
    DE:   int = bits(23, doc="1: an error was deferred")
    PN:   int = bits(22, doc="1: seen because of poison, so it began elsewhere; if UE or DE")
    UET:  int = bits(21, 20, "state of the component, if UE", kind=Uet)
    IERR: int = bits(15, 8, "the maker's error code")
    SERR: int = bits(7, 0, "primary error code: what failed", kind=Serr)
    # fmt: on

    @property
    def state(self) -> ErrorState:
        """The highest priority error that is recorded: UE goes before DE, DE before CE (IHI 0100 A.c Table 2-1)."""
        if not self.V:
            return ErrorState.NONE
        if self.UE:
            return ErrorState[Uet(self.UET).name]
        return ErrorState.DE if self.DE else ErrorState.CE if self.CE else ErrorState.NONE


class ErrStatus(ErrStatusV1, ref="IHI 0100 A.c §3.2.33, ERR<n>STATUS, from RASSAv1p1"):
    """What was recorded, and which other registers of the record count."""

    # fmt: off
    CI:   int = bits(19, doc="1: critical: the node may be past serving; since v1.1")
    RV:   int = bits(18, doc="1: recorded before the last error recovery reset; v2, or v1.1 (the document says both)")
    RV2:  int = bits(17, doc="1: nothing was recorded since the last error recovery reset; v2, or v1.1")
    # fmt: on


# --- ERR<n>FR and ERR<n>CTLR -----------------------------------------------------------------------------------------


class Control(Coded):
    """What software can do about a feature."""

    ABSENT = 0, "the node does not have it"
    ALWAYS = 1, "it is always on"
    CONTROLLABLE = 2, "one bit of ERR<n>CTLR turns it on"
    READS_AND_WRITES = 3, "two bits of ERR<n>CTLR turn it on, one for reads and one for writes"


class Ed(Coded):
    """Whether a record is the first of its node, and can be turned off."""

    NOT_FIRST = 0, "not the first record of its node, or no record at all"
    ALWAYS = 1, "first of its node; errors are always detected"
    CONTROLLABLE = 2, "first of its node; ERR<n>CTLR.ED turns detection on"
    PROXY = 3, "no record of its own: ERT says what; since v2"


class Ert(Coded):
    """Kind of record, where ED is 0 or 3; since v2. In the first record of a node the bits are the maker's."""

    NORMAL = 0, "a record"
    CONTINUATION_OR_PROXY = 1, "ED 0: more of the record before it; ED 3: a proxy for another RAS agent"


class Counter(Coded):
    """Whether corrected errors are counted in ERR<n>MISC0."""

    ABSENT = 0, "not counted in a standard form"
    BITS_8 = 2, "counters of 8 bits: 7 of count, 1 of overflow"
    BITS_16 = 4, "counters of 16 bits: 15 of count, 1 of overflow"


class Overwrite(Coded):
    """What a corrected error does to the record of another, where there is a counter."""

    KEEP = 0, "the record of the first stays"
    UNTIL_OVERFLOW = 1, "the last is recorded, until OF is set"


class TimeBase(Coded):
    """Where the time stamp in ERR<n>MISC3 comes from."""

    ABSENT = 0, "there is none"
    GENERIC_TIMER = 1, "the system's Generic Timer"
    IMPLEMENTATION_DEFINED = 2, "a counter of the maker's"


class Recordable(Coded):
    """Which corrected errors are recorded."""

    NONE = 0, "none"
    SPECIFIC = 1, "transient and persistent ones, told apart"
    UNSPECIFIED = 2, "all, not told apart"
    ALL = 3, "all, told apart or not"


class ErrFr(Register, ref="IHI 0100 A.c §3.2.25, ERR<n>FR"):
    """What a node can do: in its first record, for all of its records. Others read zero but for ED, ERT, FRX and on."""

    # fmt: off
    IMPDEF: int = bits(47, 32, "the maker's")
    ED:     int = bits(1, 0, "error detection, and whether this is the first record", kind=Ed)
    ERT:    int = bits(3, 2, "kind of record where ED is 0 or 3; else the maker's", kind=Ert)
    UI:     int = bits(5, 4, "error recovery interrupt (ERI) for uncorrected errors", kind=Control)
    FI:     int = bits(7, 6, "fault handling interrupt (FHI)", kind=Control)
    UE:     int = bits(9, 8, "answers with an error (external abort)", kind=Control)
    CFI:    int = bits(11, 10, "fault handling interrupt for corrected errors apart; never 1", kind=Control)
    CEC:    int = bits(14, 12, "counter of corrected errors", kind=Counter)
    RP:     int = bits(15, doc="1: two counters: one for the place of the first error, one for all others")
    DUI:    int = bits(17, 16, "error recovery interrupt for deferred errors apart; never 1", kind=Control)
    CEO:    int = bits(19, 18, "a corrected error after another", kind=Overwrite)
    INJ:    int = bits(21, 20, "1: the common fault injection model: ERR<n>PFG*; since v1.1")
    CI:     int = bits(23, 22, "critical error interrupt; never 3; since v1.1", kind=Control)
    TS:     int = bits(25, 24, "time stamp in ERR<n>MISC3; since v1.1", kind=TimeBase)
    DFI:    int = bits(27, 26, "fault handling interrupt for deferred errors apart; never 1; since v1.1", kind=Control)
    RV:     int = bits(28, doc="1: ERR<n>STATUS has RV and RV2; since v1.1")
    SRV:    int = bits(29, doc="1: ERR<n>STATUS has no known value after a cold reset; since v2")
    CED:    int = bits(30, doc="1: ERR<n>CTLR.CED takes the counter out of corrected error events; since v1.1")
    FRX:    int = bits(31, doc="1: bits 63:48 are the architecture's; since v1.1")
    UC:     int = bits(48, doc="with FRX: uncontainable errors can be recorded")
    UEU:    int = bits(49, doc="with FRX: unrecoverable errors can be recorded")
    UER:    int = bits(50, doc="with FRX: signaled or recoverable errors can be recorded")
    UEO:    int = bits(51, doc="with FRX: latent or restartable errors can be recorded")
    DE:     int = bits(52, doc="with FRX: deferred errors can be recorded")
    CE:     int = bits(54, 53, "with FRX: which corrected errors can be recorded", kind=Recordable)
    NCE:    int = bits(55, doc="with FRX: 1: no errors are counted in this record; since v2")
    # fmt: on


class ErrCtlr(Register, ref="IHI 0100 A.c §3.2.24, ERR<n>CTLR"):
    """What a node is to do, in its first record. Where ERR<n>FR has a control for reads and writes, the first of the
    two bits is that for reads (RUI, RFI, RUE, RCFI, RDUI, RDFI) and the one with W that for writes.
    """

    # fmt: off
    IMPDEF_HIGH: int = bits(63, 32, "the maker's")
    ED:     int = bits(0, doc="1: detect, record and signal errors")
    IMPDEF: int = bits(1, doc="the maker's")
    UI:     int = bits(2, doc="1: error recovery interrupt for uncorrected errors; or RUI")
    FI:     int = bits(3, doc="1: fault handling interrupt; or RFI")
    UE:     int = bits(4, doc="1: answer uncorrected errors with an error (external abort); or RUE")
    WUI:    int = bits(5, doc="as UI, for writes")
    WFI:    int = bits(6, doc="as FI, for writes")
    WUE:    int = bits(7, doc="as UE, for writes")
    CFI:    int = bits(8, doc="1: fault handling interrupt for corrected error events; or RCFI")
    WCFI:   int = bits(9, doc="as CFI, for writes")
    DUI:    int = bits(10, doc="1: error recovery interrupt for deferred errors; or RDUI")
    WDUI:   int = bits(11, doc="as DUI, for writes")
    CED:    int = bits(12, doc="1: every corrected error is an event, not only the counter's overflow")
    CI:     int = bits(13, doc="1: critical error interrupt; 0: critical errors are recorded as uncontainable")
    DFI:    int = bits(14, doc="1: *inverts* FI for deferred errors; or RDFI")
    WDFI:   int = bits(15, doc="as DFI, for writes")
    # fmt: on


# --- ERR<n>ADDR and ERR<n>MISC<m> ------------------------------------------------------------------------------------


class ErrAddr(Register, ref="IHI 0100 A.c §3.2.23, ERR<n>ADDR"):
    """Where. With AI or VA it is not the address that software knows the place by."""

    # fmt: off
    NS:    int = bits(63, doc="with NSE: 0 0 Secure, 1 0 Non-secure, 0 1 Root, 1 1 Realm")
    SI:    int = bits(62, doc="1: NS and NSE may be wrong")
    AI:    int = bits(61, doc="1: the address may be wrong")
    VA:    int = bits(60, doc="1: the address is virtual, of an unknown context; then NS, SI, AI are 0, 1, 1")
    NSE:   int = bits(59, doc="see NS; with FEAT_RME")
    PADDR: int = bits(55, 0, "the address")
    # fmt: on


class ErrMisc(Register, ref="IHI 0100 A.c §3.2.26 to §3.2.29, ERR<n>MISC<m>"):
    """More of an error, as the maker wants it."""

    IMPDEF: int = bits(63, 0, "the maker's")


class ErrMisc0Count8(Register, ref="IHI 0100 A.c §3.2.26, ERR<n>MISC0, CEC 2, RP 0"):
    """One counter of 8 bits."""

    # fmt: off
    IMPDEF_HIGH: int = bits(63, 40, "the maker's")
    OF:          int = bits(39, doc="1: the counter overflowed; stays till software writes it")
    CEC:         int = bits(38, 32, "corrected errors")
    IMPDEF:      int = bits(31, 0, "the maker's")
    # fmt: on


class ErrMisc0Count16(Register, ref="IHI 0100 A.c §3.2.26, ERR<n>MISC0, CEC 4, RP 0"):
    """One counter of 16 bits."""

    # fmt: off
    IMPDEF_HIGH: int = bits(63, 48, "the maker's")
    OF:          int = bits(47, doc="1: the counter overflowed; stays till software writes it")
    CEC:         int = bits(46, 32, "corrected errors")
    IMPDEF:      int = bits(31, 0, "the maker's")
    # fmt: on


class ErrMisc0Pair8(Register, ref="IHI 0100 A.c §3.2.26, ERR<n>MISC0, CEC 2, RP 1"):
    """Two counters of 8 bits."""

    # fmt: off
    IMPDEF_HIGH: int = bits(63, 48, "the maker's")
    OFO:         int = bits(47, doc="1: CECO overflowed; stays till software writes it")
    CECO:        int = bits(46, 40, "corrected errors in other places")
    OFR:         int = bits(39, doc="1: CECR overflowed; stays till software writes it")
    CECR:        int = bits(38, 32, "corrected errors in the place that is recorded, repeated")
    IMPDEF:      int = bits(31, 0, "the maker's")
    # fmt: on


class ErrMisc0Pair16(Register, ref="IHI 0100 A.c §3.2.26, ERR<n>MISC0, CEC 4, RP 1"):
    """Two counters of 16 bits."""

    # fmt: off
    OFO:         int = bits(63, doc="1: CECO overflowed; stays till software writes it")
    CECO:        int = bits(62, 48, "corrected errors in other places")
    OFR:         int = bits(47, doc="1: CECR overflowed; stays till software writes it")
    CECR:        int = bits(46, 32, "corrected errors in the place that is recorded, repeated")
    IMPDEF:      int = bits(31, 0, "the maker's")
    # fmt: on


MISC0: dict[tuple[int, int], type[Register]] = {  # by ERR<n>FR.CEC and RP; `ErrMisc` where there is no counter
    (Counter.BITS_8, 0): ErrMisc0Count8,
    (Counter.BITS_16, 0): ErrMisc0Count16,
    (Counter.BITS_8, 1): ErrMisc0Pair8,
    (Counter.BITS_16, 1): ErrMisc0Pair16,
}


class ErrMisc3TimeStamp(Register, ref="IHI 0100 A.c §3.2.29, ERR<n>MISC3, TS not 0"):
    """When the error was recorded; since v1.1."""

    TS: int = bits(63, 0, "the counter that ERR<n>FR.TS names")


# --- fault injection -------------------------------------------------------------------------------------------------


class PfgCe(Coded):
    """ERR<n>PFGCTL.CE. The numbers 1 and 2 mean the other of the two in ERR<n>STATUS.CE."""

    NONE = 0, "inject no corrected error"
    UNSPECIFIED = 1, "inject one that is recorded as CE 2"
    TRANSIENT = 2, "inject one that is recorded as CE 1"
    PERSISTENT = 3, "inject one that is recorded as CE 3"


class ErrPfgCtl(Register, ref="IHI 0100 A.c §3.2.31, ERR<n>PFGCTL"):
    """Which error to inject: one kind."""

    # fmt: off
    CDNEN: int = bits(31, doc="1: count down from ERR<n>PFGCDN; at 0 the error is injected")
    R:     int = bits(30, doc="1: and then begin again")
    MV:    int = bits(12, doc="for STATUS.MV")
    AV:    int = bits(11, doc="for STATUS.AV")
    PN:    int = bits(10, doc="for STATUS.PN")
    ER:    int = bits(9, doc="for STATUS.ER")
    CI:    int = bits(8, doc="for STATUS.CI")
    CE:    int = bits(7, 6, "a corrected error; not in the numbers of STATUS.CE", kind=PfgCe)
    DE:    int = bits(5, doc="1: a deferred error")
    UEO:   int = bits(4, doc="1: a latent or restartable error")
    UER:   int = bits(3, doc="1: a signaled or recoverable error")
    UEU:   int = bits(2, doc="1: an unrecoverable error")
    UC:    int = bits(1, doc="1: an uncontainable error")
    OF:    int = bits(0, doc="for STATUS.OF")
    # fmt: on


# --- a group of records -----------------------------------------------------------------------------------------------


class ErrGsr(Register, ref="IHI 0100 A.c §3.2.18, ERRGSR<m>"):
    """The V bits of 64 records, read-only."""

    S: int = bits(63, 0, "bit n: ERR<64m+n>STATUS.V, if that record shows here; since v2 all do")

    def records(self, m: int = 0) -> tuple[int, ...]:
        """Which records of the group hold an error, if this is ERRGSR<m>."""
        return tuple(64 * m + n for n in range(64) if self.S >> n & 1)


# --- a record in memory ----------------------------------------------------------------------------------------------


class ErrorRecord(Record, ref="IHI 0100 A.c Table 3-4, single error record"):
    """The 64 bytes of a record in memory. MISC2 and MISC3 are there since v1.1."""

    # fmt: off
    FR:     ErrFr = flags(Int64ul, ErrFr, "what the node can do, read-only")
    CTLR: ErrCtlr = flags(Int64ul, ErrCtlr, "what the node is to do")
    STATUS: ErrStatus = flags(Int64ul, ErrStatus, "what was recorded")
    ADDR: ErrAddr = flags(Int64ul, ErrAddr, "where")
    MISC0: ErrMisc = flags(Int64ul, ErrMisc, "more, and the counters: `MISC0` says how")
    MISC1: ErrMisc = flags(Int64ul, ErrMisc, "more")
    MISC2: ErrMisc = flags(Int64ul, ErrMisc, "more")
    MISC3: ErrMisc = flags(Int64ul, ErrMisc, "more, or the time stamp")
    # fmt: on
