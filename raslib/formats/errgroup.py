"""The registers of a group of error records, and those that select one (RAS System Architecture, IHI 0100 A.c)."""

from ..records import Coded, Register, bits


class ErrGsr(Register, ref="IHI 0100 A.c §3.2.18, ERRGSR<m>"):
    """The V bits of 64 records, read-only."""

    S: int = bits(63, 0, "bit n: ERR<64m+n>STATUS.V, if that record shows here; since v2 all do")

    def records(self, m: int = 0) -> tuple[int, ...]:
        """Which records of the group hold an error, if this is ERRGSR<m>."""
        return tuple(64 * m + n for n in range(64) if self.S >> n & 1)


class AccessLevel(Coded):
    """What a Security state may do with the records."""

    NONE = 0, "nothing: reads as zero, ignores writes"
    READ = 1, "read"
    READ_WRITE = 3, "read and write"


class ErrAcr(Register, ref="IHI 0100 A.c §3.2.1, ERRACR"):
    """Who may access the group; v2, or v1.1 (the document says both)."""

    # fmt: off
    IMPDEF: int = bits(63, 32, "the maker's")
    IMPL:   int = bits(31, doc="1: this register is there")
    RLRA:   int = bits(5, 4, "Realm", kind=AccessLevel)
    SRA:    int = bits(3, 2, "Secure", kind=AccessLevel)
    NSRA:   int = bits(1, 0, "Non-secure; without the two others, all but Root", kind=AccessLevel)
    # fmt: on


class ErrIrqCr0(Register, ref="IHI 0100 A.c §3.2.15, ERRFHICR0; likewise ERRERICR0 and ERRCRICR0"):
    ADDR: int = bits(55, 2, "address [55:2] that a message-signaled interrupt is written to")


class ErrIrqCr1(Register, ref="IHI 0100 A.c §3.2.16, ERRFHICR1; likewise ERRERICR1 and ERRCRICR1", width=32):
    DATA: int = bits(31, 0, "what is written there")


class ErrIrqCr2(Register, ref="IHI 0100 A.c §3.2.17, ERRFHICR2; likewise ERRERICR2 and ERRCRICR2", width=32):
    # fmt: off
    IRQEN:   int = bits(7, doc="1: the interrupt is sent")
    NSMSI:   int = bits(6, doc="1: to Non-secure memory")
    SH:      int = bits(5, 4, "shareability: 0 not, 2 outer, 3 inner")
    MemAttr: int = bits(3, 0, "kind of memory, as in a stage 2 translation table")
    # fmt: on


class ErrIrqSr(Register, ref="IHI 0100 A.c §3.2.22, ERRIRQSR"):
    """What became of the writes that are the interrupts; not whether an interrupt is asked for."""

    # fmt: off
    CRIERR: int = bits(5, doc="1: the write of the critical error interrupt met an error")
    CRI:    int = bits(4, doc="1: the write of the critical error interrupt is on its way")
    ERIERR: int = bits(3, doc="1: the write of the error recovery interrupt met an error")
    ERI:    int = bits(2, doc="1: the write of the error recovery interrupt is on its way")
    FHIERR: int = bits(1, doc="1: the write of the fault handling interrupt met an error")
    FHI:    int = bits(0, doc="1: the write of the fault handling interrupt is on its way")
    # fmt: on


class ErrDevAff(Register, ref="IHI 0100 A.c §3.2.9, ERRDEVAFF"):
    """Which processors the group belongs to, as in MPIDR_EL1; software is to use firmware's tables instead."""

    # fmt: off
    Aff3: int = bits(39, 32, "affinity level 3")
    F0V:  int = bits(31, doc="1: one processor; 0: several, the lowest set bit says how many")
    U:    int = bits(30, doc="MPIDR_EL1.U, with F0V")
    MT:   int = bits(24, doc="MPIDR_EL1.MT, with F0V")
    Aff2: int = bits(23, 16, "affinity level 2")
    Aff1: int = bits(15, 8, "affinity level 1")
    Aff0: int = bits(7, 0, "affinity level 0")
    # fmt: on


class ArchPart(Coded):
    """What a page is."""

    RECORDS = 0xA00, "a group of error records"
    FAULT_INJECTION = 0xA08, "fault injection for a group of error records; since v2"


class ErrDevArch(Register, ref="IHI 0100 A.c §3.2.10, ERRDEVARCH", width=32):
    """Which version of the architecture: ARCHVER 0 REVISION 0 is v1, 0 1 is v1.1, 1 0 is v2."""

    # fmt: off
    ARCHITECT: int = bits(31, 21, "who defined it: 0x23B is Arm")
    PRESENT:   int = bits(20, doc="1: this register is there")
    REVISION:  int = bits(19, 16, "minor version")
    ARCHVER:   int = bits(15, 12, "major version, less 1")
    ARCHPART:  int = bits(11, 0, "what the page is", kind=ArchPart)
    # fmt: on


class InterruptRegisters(Coded):
    """What the ERRIRQCR<m> are."""

    UNKNOWN = 0, "there may be some of any form"
    IMPLEMENTATION_DEFINED = 1, "the maker's"
    SIMPLE = 2, "the recommended ones, of which only IRQEN counts"
    MSI = 3, "the recommended ones, for message-signaled interrupts"
    ABSENT = 15, "there are none"


class ErrDevId(Register, ref="IHI 0100 A.c §3.2.11, ERRDEVID", width=32):
    # fmt: off
    PFG:   int = bits(21, doc="1: fault injection has a page of its own; since v2")
    IRQCR: int = bits(19, 16, "interrupt configuration; since v2", kind=InterruptRegisters)
    NUM:   int = bits(15, 0, "how many records: the highest index and 1")
    # fmt: on


class ErrIidr(Register, ref="IHI 0100 A.c §3.2.19, ERRIIDR", width=32):
    """Which component it is; since v1.1. Zero: not said here."""

    # fmt: off
    ProductID:   int = bits(31, 20, "part number")
    Variant:     int = bits(19, 16, "major revision of the part")
    Revision:    int = bits(15, 12, "minor revision of the part")
    Implementer: int = bits(11, 0, "who designed it, by JEP106: 0x43B is Arm")
    # fmt: on


# --- System registers ------------------------------------------------------------------------------------------------


class ErrIdr(Register, ref="DDI 0487, ERRIDR_EL1"):
    NUM: int = bits(15, 0, "how many records can be selected: the highest index and 1")


class ErrSelr(Register, ref="DDI 0487, ERRSELR_EL1"):
    """A write must be made visible (ISB) before the ERX*_EL1 are read."""

    SEL: int = bits(15, 0, "which record the ERX*_EL1 are")


class RasVersion(Coded):
    """ID_AA64PFR0_EL1.RAS [31:28]."""

    NONE = 0, "no RAS extension"
    V1 = 1, "FEAT_RAS: v1"
    V1P1 = 2, "FEAT_RASv1p1: v1.1"
    V2 = 3, "FEAT_RASv2: v2"


class Pfr0Ras(Register, ref="DDI 0487, ID_AA64PFR0_EL1"):
    """The one field of ID_AA64PFR0_EL1 that says which RAS extension the processor has."""

    RAS: int = bits(31, 28, "RAS extension", kind=RasVersion)
