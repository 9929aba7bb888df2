"""Which memory of a field replaceable unit is poisoned and not to be used again (UEFI 2.11 §N.2.15)."""

import dataclasses
from typing import Any

from construct import Int32ul, Int64ul

from ...records import Coded, OpenRecord, Record, Register, Times, field, flags, named, u64


class FruArchitectureType(Coded):
    X86_CPUID_1_EAX = 0, "CPUID 1 EAX of x86: family, model, stepping"


class FruIdentifierType(Coded):
    X86_PPIN = 0, "protected processor inventory number of x86"


class HardwareIdentifierType(Coded):
    MCA_IPID = 0, "MCA_IPID register"


class PoisonAddressType(Coded):
    MCA_ADDR = 0, "MCA_ADDR register"


class PoisonDescriptor(Record, ref="UEFI 2.11 §N.2.15, FRU Memory Poison Descriptor"):
    """One place in memory (`struct cper_fru_poison_desc`)."""

    # fmt: off
    timestamp:              int = u64("when it was poisoned; Linux writes seconds since 1970")
    hardware_identifier_type: int = named(Int32ul, HardwareIdentifierType, "how the block is named")
    hardware_identifier:    int = u64("block of the unit, for example a memory controller")
    address_type:           int = named(Int32ul, PoisonAddressType, "how the place is named")
    address:                int = u64("the place, of the system or of the block")
    # fmt: on


class PoisonValid(Register, ref="UEFI 2.11 §N.2.15, Validation Bits",
                  valid="architecture_type architecture identifier_type identifier entry_count entries"):  # fmt: skip
    """Which fields to believe."""


def _checksum(section: Any) -> int:
    summed: bytes = dataclasses.replace(section, checksum=0).build()
    return -sum(summed) & 0xFFFF_FFFF


class FruMemoryPoison(OpenRecord, ref="UEFI 2.11 §N.2.15, FRU Memory Poison Section",
                      guid="5e4706c1-5356-48c6-930b-52f2120a4458", title="FRU Memory Poison"):  # fmt: skip
    """All poisoned places of one unit (`struct cper_sec_fru_mem_poison`). The validation bits are not aligned.

    The document says that the section sums to zero, but not of what width the summands are; as in Linux, the 32-bit
    checksum and every byte after it sum to zero modulo 2^32.
    """

    # fmt: off
    checksum:              int = field(Int32ul, "it and the bytes after it sum to 0", count=_checksum)
    validation_bits: PoisonValid = flags(Int64ul, PoisonValid, "which fields to believe")
    architecture_type:     int = named(Int32ul, FruArchitectureType, "how the architecture is named",
                                       valid="architecture_type")
    architecture:          int = u64("kind of unit", valid="architecture")
    identifier_type:       int = named(Int32ul, FruIdentifierType, "how the unit is named", valid="identifier_type")
    identifier:            int = u64("which unit", valid="identifier")
    entry_count:           int = field(Int32ul, "how many places", valid="entry_count", count=lambda r: len(r.entries))
    entries:               Any = field(Times(lambda c: c.entry_count, PoisonDescriptor.con), "the places", (),
                                       valid="entries")
    # fmt: on
