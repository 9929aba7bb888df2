"""Error records of the Arm RAS System Architecture, as firmware copies them (DEN0085, tables 20 to 26).

One source stands behind the layout: libcper, which names those tables.
"""

from typing import Any
from uuid import UUID

from construct import Bytes, Int8ul, Int16ul, Int32ul

from ...records import Coded, OpenRecord, Record, field, flags, guid, named, raw, text, u8, u16, u32, u64
from ...registers import Register, bits, flag
from ...wire import AtMost, Choice, Times, When

# --- which node -------------------------------------------------------------------------------------------------------


class ComponentType(Coded):
    """What kind of node; the AEST table has the same codes."""

    PROCESSOR = 0, "processor"
    MEMORY = 1, "memory"
    SMMU = 2, "SMMU"
    VENDOR = 3, "the vendor's own"
    GIC = 4, "GIC"
    PCIE = 5, "PCI Express root complex"
    PROXY = 6, "proxy for another node"


class InstanceFormat(Coded):
    """How `instance` names the node."""

    PE = 0, "processing element, by MPIDR_EL1"
    SYSTEM_ADDRESS = 1, "address in the system"
    LOCAL_ADDRESS = 2, "address in an address space of the SoC's own"
    SOC_SPECIFIC = 3, "identifier of the SoC's own"


class TypeFormat(Coded):
    """How `ip_type` names the kind of block; 255 says that it does not."""

    PE = 0, "processing element, by its identification registers"
    SMMU_IIDR = 1, "SMMU, by IIDR and AIDR"
    GIC_IIDR = 2, "GIC, by IIDR and AIDR"
    PIDR = 3, "peripheral, by PIDR0 to PIDR7"
    INVALID = 255, "not given"


class PeInstance(Record, ref="DEN0085 table 20, IP instance, PE"):
    mpidr_el1: int = u64("MPIDR_EL1, which core")
    reserved: bytes = raw(8)


class SystemAddress(Record, ref="DEN0085 table 20, IP instance, system physical address"):
    address: int = u64("of the block")
    reserved: bytes = raw(8)


class LocalAddress(Record, ref="DEN0085 table 20, IP instance, local address identifier"):
    address_space: int = u64("which address space")
    base_address: int = u64("of the block in it")


class PeType(Record, ref="DEN0085 table 20, IP type, PE"):
    midr_el1: int = u64("MIDR_EL1, what kind of core")
    revidr_el1: int = u64("REVIDR_EL1, its revision")
    aidr_el1: int = u64("AIDR_EL1, the implementer's own")


class IidrType(Record, ref="DEN0085 table 20, IP type, IIDR"):
    """An SMMU or a GIC. libcper takes the bytes of a GIC for PIDR registers, against its own table of names."""

    iidr: int = u32("implementer and product")
    aidr: int = u32("architecture version")
    reserved: bytes = raw(16)


class PidrType(Record, ref="DEN0085 table 20, IP type, PIDR",
               listed={f"pidr{n}": u8(f"peripheral identification {n}")
                       for n in (3, 2, 1, 0, 7, 6, 5, 4)}):  # fmt: skip
    reserved: bytes = raw(16)


INSTANCES: dict[int, type[Record]] = {
    InstanceFormat.PE: PeInstance,
    InstanceFormat.SYSTEM_ADDRESS: SystemAddress,
    InstanceFormat.LOCAL_ADDRESS: LocalAddress,
}
TYPES: dict[int, type[Record]] = {
    TypeFormat.PE: PeType,
    TypeFormat.SMMU_IIDR: IidrType,
    TypeFormat.GIC_IIDR: IidrType,
    TypeFormat.PIDR: PidrType,
}

# --- what it recorded -------------------------------------------------------------------------------------------------


class RasRevision(Register, ref="DEN0085 table 21, RAS extension revision", width=8):
    archver: int = bits(3, 0, "ERRDEVARCH.ARCHVER")
    revision: int = bits(7, 4, "ERRDEVARCH.REVISION")


class ErrorDescriptor(Record, ref="DEN0085 table 21, Error record descriptor"):
    """The registers of one error record, as the node's architecture version lays them out."""

    # fmt: off
    index:                   int = u32("which record of the node, the <n> of ERR<n>STATUS")
    ras_revision:    RasRevision = flags(Int8ul, RasRevision, "0: ERR<n>MISC2 and 3 do not exist")
    reserved:              bytes = raw(3)
    err_fr:                  int = u64("ERR<n>FR, what the node can do")
    err_ctlr:                int = u64("ERR<n>CTLR, what it was told to do")
    err_status:              int = u64("ERR<n>STATUS, what happened")
    err_addr:                int = u64("ERR<n>ADDR, where")
    err_misc0:               int = u64("ERR<n>MISC0, counters or more")
    err_misc1:               int = u64("ERR<n>MISC1, more")
    err_misc2:               int = u64("ERR<n>MISC2, more")
    err_misc3:               int = u64("ERR<n>MISC3, more, or a time stamp")
    # fmt: on


# --- what else is known -----------------------------------------------------------------------------------------------

PARTS: dict[UUID, str] = {UUID("ebb45182-fb03-4bf9-9aca-8613709fd789"): "MPAM PARTID"}


class ContextFlags(Register, ref="DEN0085 table 23, Flags", width=8):
    local: bool = flag(0, "the addresses are of the address space that `address_space_id` names")


class MappedRegister(Record, ref="DEN0085 table 24, Memory mapped register"):
    address: int = u64("of the register")
    value: int = u64("what was in it")


def _registers(context: Any) -> int:
    """Bytes of a context up to the end of its registers."""
    return 16 + 16 * len(context.registers)


class AuxiliaryContext(Record, ref="DEN0085 table 23, Auxiliary context"):
    """Registers of one address space."""

    # fmt: off
    length:           int = field(Int32ul, "bytes of this structure", count=lambda r: _registers(r) + len(r.beyond))
    flags:   ContextFlags = flags(Int8ul, ContextFlags, "whose addresses these are")
    reserved0:      bytes = raw(1)
    register_count:   int = field(Int16ul, "how many registers", count=lambda r: len(r.registers))
    address_space_id: int = u16("which address space, if it is not the system's")
    reserved1:      bytes = raw(6)
    registers:        Any = field(Times(lambda c: c.register_count, MappedRegister.con), "registers", ())
    beyond:         bytes = field(AtMost(lambda c: max(0, c.length - _registers(c))), "bytes past the registers", b"")
    # fmt: on


class KeyValue(Record, ref="DEN0085 table 25, Key-value pair"):
    key: UUID = guid("what the value is; see `PARTS`")
    value: int = u64("as the key has it")


def _contexts(data: Any) -> int:
    """Bytes of auxiliary data up to the end of its contexts."""
    return 16 + sum(_registers(c) + len(c.beyond) for c in data.contexts)


def _pairs(data: Any) -> int:
    """Bytes of auxiliary data up to the end of its pairs."""
    return _contexts(data) + len(data.gap) + 24 * len(data.key_values)


class AuxiliaryData(Record, ref="DEN0085 table 22, Auxiliary data"):
    """More registers, and values by key."""

    # fmt: off
    version:          int = u8("1", 1)
    reserved0:      bytes = raw(1)
    context_count:    int = field(Int16ul, "how many contexts", count=lambda r: len(r.contexts))
    length:           int = field(Int32ul, "bytes of this structure", count=lambda r: _pairs(r) + len(r.beyond))
    key_value_offset: int = field(Int32ul, "of the pairs, from the start of this structure",
                                  count=lambda r: _contexts(r) + len(r.gap))
    key_value_count:  int = field(Int16ul, "how many pairs", count=lambda r: len(r.key_values))
    reserved1:      bytes = raw(2)
    contexts:         Any = field(Times(lambda c: c.context_count, AuxiliaryContext.con), "an address space each", ())
    gap:            bytes = field(Bytes(lambda c: c.key_value_offset - _contexts(c) if c.key_value_count else 0),
                                  "bytes before the pairs", b"")
    key_values:       Any = field(Times(lambda c: c.key_value_count, KeyValue.con), "values by key", ())
    beyond:         bytes = field(AtMost(lambda c: max(0, c.length - _pairs(c))), "bytes up to `length`", b"")
    # fmt: on


# --- the section ------------------------------------------------------------------------------------------------------

NODE = 80  # bytes of a node before whatever follows


def _records(node: Any) -> int:
    """Bytes of a section up to the end of its error records."""
    return NODE + len(node.gap0) + 72 * len(node.error_records)


class ArmRas(OpenRecord, ref="DEN0085 table 20, Arm RAS section", guid="bf32d4d5-b427-4025-8495-8a9e5d4030e4",
             title="Arm RAS"):  # fmt: skip
    """The error records of one node. Linux prints it as bytes."""

    # fmt: off
    revision:            int = u32("1", 1)
    component_type:      int = named(Int8ul, ComponentType, "what kind of node")
    reserved0:         bytes = raw(3)
    record_count:        int = field(Int32ul, "how many error records", count=lambda r: len(r.error_records))
    record_offset:       int = field(Int16ul, "of the error records, from the start of the section",
                                     count=lambda r: NODE + len(r.gap0))
    auxiliary_offset:    int = field(Int16ul, "of the auxiliary data, from the start of the section; 0: none",
                                     count=lambda r: _records(r) + len(r.gap1) if r.auxiliary else 0)
    instance_format:     int = named(Int8ul, InstanceFormat, "how `instance` names the node")
    type_format:         int = named(Int8ul, TypeFormat, "how `ip_type` names the kind of block")
    reserved1:         bytes = raw(6)
    instance:            Any = field(Choice(lambda c: c.instance_format, INSTANCES, Bytes(16)), "which node",
                                     PeInstance())
    ip_type:             Any = field(Choice(lambda c: c.type_format, TYPES, Bytes(24)), "what kind of block", PeType())
    user_data:           str = text(16, "words of the implementer's own")
    gap0:              bytes = field(Bytes(lambda c: c.record_offset - NODE if c.record_count else 0),
                                     "bytes before the error records", b"")
    error_records:       Any = field(Times(lambda c: c.record_count, ErrorDescriptor.con), "registers of each", ())
    gap1:              bytes = field(Bytes(lambda c: c.auxiliary_offset - _records(c) if c.auxiliary_offset else 0),
                                     "bytes before the auxiliary data", b"")
    auxiliary: AuxiliaryData | None = field(When(lambda c: c.auxiliary_offset != 0, AuxiliaryData.con),
                                            "more registers, and values by key", None)
    # fmt: on
