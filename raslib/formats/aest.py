"""AEST: which error nodes a machine has and where their records are, for kernel-first handling (DEN0085 1.1 and 2.0).

Lengths and offsets of real tables lie: a node is taken by the length that it states, its parts by the offsets that it
states, and what cannot be placed so is kept as bytes.
"""

from typing import Any, NamedTuple

from construct import GreedyBytes, Int8ul, Int16ul, Int32ul

from ..records import At, Coded, Named, OpenRecord, Record, field, flags, named, one, raw, rest, text, u8, u32, u64
from ..registers import Register, flag
from ..wire import Choice, Sized, Times, UntilEnd, from_plain, peek, remaining, size
from .acpi import HEADER, AcpiTable
from .parts import FittingChoice, WholeOrBytes

Candidates = dict[int, tuple[type[Record], ...]]  # where the room is too small for the first, the next stands there

# --- what kind of node, and which one --------------------------------------------------------------------------------


class NodeType(Coded):
    """What a node records the errors of."""

    PROCESSOR = 0, "processor: a cache, a TLB or something else of it"
    MEMORY = 1, "memory controller"
    SMMU = 2, "SMMU"
    VENDOR = 3, "something that the vendor defines"
    GIC = 4, "interrupt controller"
    PCIE_ROOT_COMPLEX = 5, "PCI Express root complex; since revision 2"
    PROXY = 6, "proxy: a node that stands for the records of another RAS agent; since revision 2"


class ResourceType(Coded):
    """What of a processor."""

    CACHE = 0, "cache"
    TLB = 1, "TLB"
    GENERIC = 2, "anything else"


class GicInterface(Coded):
    """What of an interrupt controller."""

    GICC = 0, "CPU interface"
    GICD = 1, "distributor"
    GICR = 2, "redistributor"
    GITS = 3, "interrupt translation service"


class AestProcessorFlags(Register, ref="DEN0085, Processor structure, Flags", width=8):
    """Whose node it is. Neither: of the one processor that the structure names."""

    global_: bool = flag(0, "of all processors of the machine")
    shared: bool = flag(1, "of several processors, which the affinity names")


class CacheResource(OpenRecord, ref="DEN0085, Processor cache resource substructure"):
    cache_reference: int = u32("offset of the cache's structure in the PPTT")
    reserved: bytes = raw(4)


class TlbResource(OpenRecord, ref="DEN0085, Processor TLB resource substructure"):
    tlb_level: int = u32("level of the TLB, as the processor counts")
    reserved: bytes = raw(4)


class GenericResource(OpenRecord, ref="DEN0085, Processor generic resource substructure"):
    data: int = u32("the vendor's own")


RESOURCES: Candidates = {
    ResourceType.CACHE: (CacheResource,),
    ResourceType.TLB: (TlbResource,),
    ResourceType.GENERIC: (GenericResource,),
}
_RESOURCE = FittingChoice(lambda c: c.resource_type, RESOURCES)


class Processor(Record, ref="DEN0085, Processor structure"):
    """Which part of which processor (`struct acpi_aest_processor`)."""

    # fmt: off
    acpi_processor_id:          int = u32("ACPI processor UID, as in the MADT")
    resource_type:              int = named(Int8ul, ResourceType, "what of the processor")
    reserved:                 bytes = raw(1)
    flags:           AestProcessorFlags = flags(Int8ul, AestProcessorFlags, "whose it is")
    revision:                   int = u8("of this structure")
    processor_affinity:         int = u64("which processors share it: affinity levels, as in MPIDR_EL1")
    resource:                   Any = field(_RESOURCE, "which of its kind", b"")
    # fmt: on


class Memory(OpenRecord, ref="DEN0085, Memory controller structure"):
    proximity_domain: int = u32("of the memory, as in the SRAT")


class Smmu(OpenRecord, ref="DEN0085, SMMU structure"):
    iort_node_reference: int = u32("offset of the SMMU's node in the IORT")
    subcomponent_reference: int = u32("offset of the IORT node of the part of it")


class Vendor(OpenRecord, ref="DEN0085 1.1, Vendor-defined structure"):
    hardware_id: int = u32("_HID of the device in the ACPI namespace")
    unique_id: int = u32("_UID of it")
    vendor_data: bytes = raw(16, "the vendor's own")


class VendorV2(OpenRecord, ref="DEN0085 2.0, Vendor-defined structure"):
    """28 bytes, as Linux and ACPICA have them; fwts keeps the 24 bytes of revision 1."""

    hardware_id_text: str = text(8, "_HID of the device in the ACPI namespace, as text")
    unique_id: int = u32("_UID of it")
    vendor_data: bytes = raw(16, "the vendor's own")


class Gic(OpenRecord, ref="DEN0085, GIC structure"):
    interface_type: int = named(Int32ul, GicInterface, "what of the interrupt controller")
    instance_id: int = u32("which one of its kind")


class PcieRootComplex(OpenRecord, ref="DEN0085 2.0, PCIe root complex structure"):
    iort_node_reference: int = u32("offset of the root complex' node in the IORT")


class Proxy(OpenRecord, ref="DEN0085 2.0, Proxy structure"):
    node_address: int = u64("base address of the group of records that it stands for")


# --- how its records are reached, and how it interrupts --------------------------------------------------------------


class InterfaceType(Coded):
    """How the records are reached."""

    SYSTEM_REGISTERS = 0, "System registers of the processor: ERRSELR_EL1 and ERX*_EL1"
    MEMORY_MAPPED = 1, "a memory-mapped group of records"
    MEMORY_MAPPED_SINGLE = 2, "one memory-mapped record without a group; since revision 2"


class GroupFormat(Coded):
    """Size of the page of a group of records, and so of the bitmaps."""

    PAGE_4K = 0, "4 KiB, at most 56 records"
    PAGE_16K = 1, "16 KiB, at most 224 records"
    PAGE_64K = 2, "64 KiB, at most 896 records"


class InterfaceFlags(Register, ref="DEN0085, Node interface, Flags", width=32):
    """How software is to go about it, and from revision 2 on which fields count."""

    # fmt: off
    shared:                               bool = flag(0, "other nodes have this interface too")
    clear_misc_registers:                 bool = flag(1, "write zero to the ERR<n>MISC<m> when they have been read")
    error_node_device_valid:              bool = flag(2, "error_node_device counts; since revision 2")
    processor_affinity_valid:             bool = flag(3, "processor_affinity counts; since revision 2")
    error_group_register_base_valid:      bool = flag(4, "error_group_register_base counts; since revision 2")
    fault_injection_register_base_valid:  bool = flag(5, "fault_injection_register_base counts; since revision 2")
    interrupt_config_register_base_valid: bool = flag(6, "interrupt_config_register_base counts; since revision 2")
    # fmt: on


class _Interface(Record, ref="DEN0085, Node interface structure"):
    type: int = named(Int8ul, InterfaceType, "how the records are reached")

    def records(self) -> tuple[int, ...]:
        """Which records of the node are implemented, from 0: a bit that is *clear* says so, past the bitmap nobody."""
        bitmap: int | bytes = self.error_records_implemented  # type: ignore[attr-defined]
        told = 8 * len(bitmap) if isinstance(bitmap, bytes) else 64
        count: int = self.number_of_error_records  # type: ignore[attr-defined]
        return tuple(n for n in range(min(count, told)) if not _bit(bitmap, n))


def _bit(bitmap: int | bytes, n: int) -> int:
    return (int.from_bytes(bitmap, "little") if isinstance(bitmap, bytes) else bitmap) >> n & 1


_IMPLEMENTED = "a bit for each record of the node: 0 implemented, 1 not"
_STATUS = "a bit for each record of the node: 0 its status shows in ERRGSR, 1 it has to be polled"
_ADDRESSING = "a bit for each record of the node: 0 ERR<n>ADDR is a system physical address, 1 one of the node's own"


class InterfaceV1(_Interface, OpenRecord, ref="DEN0085 1.1, Node interface structure"):
    """48 bytes (`struct acpi_aest_node_interface`)."""

    # fmt: off
    reserved:                bytes = raw(3)
    flags:          InterfaceFlags = flags(Int32ul, InterfaceFlags, "how to go about it")
    base_address:              int = u64("physical address of the group of records; none for System registers")
    start_error_record_index:  int = u32("of the first record of this node in its group")
    number_of_error_records:   int = u32("of this node, with those that are not implemented")
    error_records_implemented: int = u64(_IMPLEMENTED)
    error_status_reporting:    int = u64(_STATUS)
    addressing_mode:           int = u64(_ADDRESSING)
    # fmt: on


class InterfaceCommon(Record, ref="DEN0085 2.0, Node interface structure"):
    """What follows the bitmaps since revision 2; the interface's flags say what of it counts."""

    # fmt: off
    error_node_device:              int = u32("which device of the ACPI namespace stands for the node")
    processor_affinity:             int = u32("which processors the node belongs to")
    error_group_register_base:      int = u64("physical address of ERRGSR")
    fault_injection_register_base:  int = u64("physical address of ERR<n>PFGF")
    interrupt_config_register_base: int = u64("physical address of the ERRIRQCR<m>")
    # fmt: on


class _InterfaceV2(_Interface, ref="DEN0085 2.0, Node interface structure"):
    """24 bytes, three bitmaps of a size by the format, 32 bytes (`struct acpi_aest_node_interface_header`)."""

    # fmt: off
    group_format:              int = named(Int8ul, GroupFormat, "size of the page, and so of the bitmaps")
    reserved:                bytes = raw(2)
    flags:          InterfaceFlags = flags(Int32ul, InterfaceFlags, "how to go about it, and what counts")
    base_address:              int = u64("physical address of the group of records; none for System registers")
    start_error_record_index:  int = u32("of the first record of this node in its group")
    number_of_error_records:   int = u32("of this node, with those that are not implemented")
    # fmt: on


class Interface4K(_InterfaceV2, OpenRecord, ref="DEN0085 2.0, Node interface structure, 4 KiB"):
    # fmt: off
    group_format:              int = named(Int8ul, GroupFormat, "0", GroupFormat.PAGE_4K)
    error_records_implemented: int = u64(_IMPLEMENTED)
    error_status_reporting:    int = u64(_STATUS)
    addressing_mode:           int = u64(_ADDRESSING)
    common:        InterfaceCommon = one(InterfaceCommon, "where the rest is")
    # fmt: on


class Interface16K(_InterfaceV2, OpenRecord, ref="DEN0085 2.0, Node interface structure, 16 KiB"):
    # fmt: off
    group_format:                int = named(Int8ul, GroupFormat, "1", GroupFormat.PAGE_16K)
    error_records_implemented: bytes = raw(32, _IMPLEMENTED)
    error_status_reporting:    bytes = raw(32, _STATUS)
    addressing_mode:           bytes = raw(32, _ADDRESSING)
    common:          InterfaceCommon = one(InterfaceCommon, "where the rest is")
    # fmt: on


class Interface64K(_InterfaceV2, OpenRecord, ref="DEN0085 2.0, Node interface structure, 64 KiB"):
    # fmt: off
    group_format:                int = named(Int8ul, GroupFormat, "2", GroupFormat.PAGE_64K)
    error_records_implemented: bytes = raw(112, _IMPLEMENTED)
    error_status_reporting:    bytes = raw(112, _STATUS)
    addressing_mode:           bytes = raw(112, _ADDRESSING)
    common:          InterfaceCommon = one(InterfaceCommon, "where the rest is")
    # fmt: on


class InterruptType(Coded):
    """Which interrupt of the node."""

    FAULT_HANDLING = 0, "fault handling interrupt"
    ERROR_RECOVERY = 1, "error recovery interrupt"


class InterruptFlags(Register, ref="DEN0085, Node interrupt structure, Flags", width=8):
    level_triggered: bool = flag(0, "level-triggered; if not, edge-triggered")


class InterruptV1(Record, ref="DEN0085 1.1, Node interrupt structure"):
    """An interrupt of the node (`struct acpi_aest_node_interrupt`)."""

    # fmt: off
    type:                int = named(Int8ul, InterruptType, "which one")
    reserved:          bytes = raw(2)
    flags:    InterruptFlags = flags(Int8ul, InterruptFlags, "how it is triggered")
    gsiv:                int = u32("number of the interrupt, if it is an SPI or a PPI")
    its_group_reference: int = u8("identifier of the ITS group in the IORT, if it is an MSI")
    reserved1:         bytes = raw(3)
    # fmt: on


class InterruptV2(Record, ref="DEN0085 2.0, Node interrupt structure"):
    """An interrupt of the node (`struct acpi_aest_node_interrupt_v2`)."""

    # fmt: off
    type:             int = named(Int8ul, InterruptType, "which one")
    reserved:       bytes = raw(2)
    flags: InterruptFlags = flags(Int8ul, InterruptFlags, "how it is triggered")
    gsiv:             int = u32("number of the interrupt")
    reserved1:      bytes = raw(4)
    # fmt: on


# --- the node --------------------------------------------------------------------------------------------------------

NODE, INTERRUPT = 44, 12  # bytes of a node before its parts, and of one interrupt

DATA_V1: Candidates = {
    NodeType.PROCESSOR: (Processor,),
    NodeType.MEMORY: (Memory,),
    NodeType.SMMU: (Smmu,),
    NodeType.VENDOR: (Vendor,),
    NodeType.GIC: (Gic,),
}
DATA_V2: Candidates = {
    **DATA_V1,
    NodeType.VENDOR: (VendorV2, Vendor),
    NodeType.PCIE_ROOT_COMPLEX: (PcieRootComplex,),
    NodeType.PROXY: (Proxy,),
}
INTERFACES_V2: Candidates = {
    GroupFormat.PAGE_4K: (Interface4K,),
    GroupFormat.PAGE_16K: (Interface16K,),
    GroupFormat.PAGE_64K: (Interface64K,),
}


class _ByFormat(FittingChoice):
    """An interface of revision 2, by its second byte: the format of its group."""

    def look(self, context: Any, stream: Any) -> Any:
        return next(iter(peek(stream, 2)[1:]), None)

    def look_plain(self, plain: Any, at: At) -> Any:
        return from_plain(Named(Int8ul, GroupFormat), plain.get("group_format", 0), at)


_DATA_V1, _DATA_V2 = FittingChoice(lambda n: n.type, DATA_V1), FittingChoice(lambda n: n.type, DATA_V2)
_INTERFACE_V1, _INTERFACE_V2 = WholeOrBytes(InterfaceV1), _ByFormat(lambda n: None, INTERFACES_V2)


class _Rooms(NamedTuple):
    """Bytes that a node's offsets give to each of its parts, and how many interrupts fit."""

    gap: int = 0
    data: int = 0
    interface: int = 0
    interrupts: int = 0


def _rooms(node: Any) -> _Rooms:
    """No room at all where the offsets contradict each other or the length: then the parts stay bytes."""
    data, interface, count = node.node_data_offset, node.node_interface_offset, node.node_interrupt_count
    end = node.node_interrupt_offset if count else node.length
    if NODE <= data <= interface <= end and end + INTERRUPT * count <= node.length:
        return _Rooms(data - NODE, interface - data, end - interface, count)
    return _Rooms()


def _interrupts(node: Any) -> int:
    """How many interrupts are read: none if the interface does not fit before them, as then their offset is wrong."""
    return 0 if isinstance(node.interface, bytes) else _rooms(node).interrupts


def _length(node: Any) -> int:
    parts = [node.gap, node.data, node.interface, *node.interrupts, node.beyond]
    return NODE + sum(map(size, parts))


def _interface_offset(node: Any) -> int:
    return NODE + len(node.gap) + size(node.data)


def _interrupt_offset(node: Any) -> int:
    return _interface_offset(node) + size(node.interface) if node.interrupts else 0


class _Node(Record, ref="DEN0085, AEST node structure"):
    # fmt: off
    type:                  int = named(Int8ul, NodeType, "what it records the errors of")
    length:                int = field(Int16ul, "bytes of this node", count=_length)
    reserved:            bytes = raw(1)
    node_data_offset:      int = field(Int32ul, "of the data, from the start of the node",
                                       count=lambda n: NODE + len(n.gap))
    node_interface_offset: int = field(Int32ul, "of the interface, from the start of the node", count=_interface_offset)
    node_interrupt_offset: int = field(Int32ul, "of the interrupts, from the start of the node; 0 if there are none",
                                       count=_interrupt_offset)
    node_interrupt_count:  int = field(Int32ul, "how many interrupts", count=lambda n: len(n.interrupts))
    timestamp_rate:        int = u64("Hz, of the counter that time stamps are taken from")
    reserved1:           bytes = raw(8, "reserved; fwts takes it for an offset of the time base in revision 2")
    error_injection_countdown_rate: int = u64("Hz, at which ERR<n>PFGCDN counts down")
    gap:                 bytes = field(Sized(lambda n: _rooms(n).gap, GreedyBytes), "bytes before the data", b"")
    # fmt: on

    def needs(self) -> int | None:
        """Bytes that the node must have for the interface and the interrupts that it says it has; None: not known.

        More than `length`: the length is wrong. The revision 2 table of fwts' tests states 32 too few in every node.
        """
        found = self.interface  # type: ignore[attr-defined]
        if isinstance(found, bytes):
            cases = {0: (InterfaceV1,)} if isinstance(self, NodeV1) else INTERFACES_V2
            form = 0 if isinstance(self, NodeV1) else found[1] if len(found) > 1 else -1
            if form not in cases:
                return None
            found = cases[form][0]()
        return self.node_interface_offset + size(found) + INTERRUPT * self.node_interrupt_count


class NodeV1(_Node, ref="DEN0085 1.1, AEST node structure"):
    """A node of a revision 1 table (`struct acpi_aest_hdr` and what follows)."""

    # fmt: off
    data:       Any = field(Sized(lambda n: _rooms(n).data, _DATA_V1), "which one it is", b"")
    interface:  Any = field(Sized(lambda n: _rooms(n).interface, _INTERFACE_V1), "how its records are reached", b"")
    interrupts: Any = field(Times(_interrupts, InterruptV1.con), "how it interrupts", ())
    beyond:   bytes = rest("bytes of the node that its offsets give to no part")
    # fmt: on


class NodeV2(_Node, ref="DEN0085 2.0, AEST node structure"):
    """A node of a revision 2 table."""

    # fmt: off
    data:       Any = field(Sized(lambda n: _rooms(n).data, _DATA_V2), "which one it is", b"")
    interface:  Any = field(Sized(lambda n: _rooms(n).interface, _INTERFACE_V2), "how its records are reached", b"")
    interrupts: Any = field(Times(_interrupts, InterruptV2.con), "how it interrupts", ())
    beyond:   bytes = rest("bytes of the node that its offsets give to no part")
    # fmt: on


NODES: dict[int, type[_Node]] = {1: NodeV1, 2: NodeV2}


class _OneNode(Choice):
    """A node, by the table's revision, of the length that it states; if that cannot be, all that is left as bytes."""

    def __init__(self) -> None:
        super().__init__(lambda table: min(max(table["revision"], 1), 2), NODES)

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        length = int.from_bytes(peek(stream, 3)[1:], "little")
        if not NODE <= length <= remaining(stream):
            return GreedyBytes._parsereport(stream, context, path)
        node = self.pick(self.key(context), context)
        return Sized(lambda _: length, node)._parsereport(stream, context, path)


class Aest(AcpiTable, ref="DEN0085, Arm Error Source Table"):
    """All error nodes of a machine (`struct acpi_table_aest`). Revision 1 is DEN0085 1.1, revision 2 is 2.0.

    A node whose length is impossible ends the reading: it and what follows stay bytes. Linux up to 7.1 reads no AEST.
    """

    # fmt: off
    revision:  int = field(Int8ul, "of the table's layout",
                           fill=lambda t: 2 if any(isinstance(n, NodeV2) for n in t.nodes) else 1)
    nodes:     Any = field(Sized(lambda t: t.length - HEADER, UntilEnd(_OneNode())), "one after another", ())
    # fmt: on
