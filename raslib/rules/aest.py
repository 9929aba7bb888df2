"""Rules for AEST: nodes, their lengths and offsets, interfaces and interrupts."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..formats import aest
from ..records import Coded, Record
from .finding import Finding, error, note, warning

# of a group of records its page in bytes, the records that the page has room for, and those that bitmaps have a bit for
_GROUPS: dict[type, tuple[int, ...]] = {
    aest.Interface16K: (0x4000, 224, 256),
    aest.Interface64K: (0x10000, 896, 896),
}
_SMALL_GROUP = 0x1000, 56, 64  # any other
_V2_TYPES = (aest.NodeType.PCIE_ROOT_COMPLEX, aest.NodeType.PROXY)


def nodes_can_be_read(table: aest.Aest) -> Iterator[Finding]:
    for i, node in enumerate(table.nodes):
        if isinstance(node, bytes):
            says = f"a node whose length is {int.from_bytes(node[1:3], 'little')}, where {len(node)} bytes are left"
            yield error(f"nodes[{i}]", says, "this node and all behind it are lost")


def nodes_differ(table: aest.Aest) -> Iterator[Finding]:
    first: dict[Any, int] = {}
    for i, node in enumerate(table.nodes):
        if (j := first.setdefault(node, i)) != i:
            says = f"this is node {j} again, byte by byte"
            yield warning(f"nodes[{i}]", says, "each of its errors is looked for, and cleared, twice")


def node_has_its_length(node: aest.NodeV1 | aest.NodeV2) -> Iterator[Finding]:
    needs = node.needs()
    if needs is not None and node.length < needs:
        says = f"length is {node.length}, what the node says it has needs {needs}"
        yield error("length", says, "a reader that steps by the length takes the rest for the next node")


def node_is_known(node: aest.NodeV1 | aest.NodeV2) -> Iterator[Finding]:
    if not isinstance(node.type, aest.NodeType):
        yield warning("type", f"node type {node.type} has no name", "readers cannot tell what it records the errors of")
    elif node.type in _V2_TYPES and isinstance(node, aest.NodeV1):
        yield warning("type", f"node type {int(node.type)} in a table of revision 1", "the type is of revision 2")


def parts_are_found(node: aest.NodeV1 | aest.NodeV2) -> Iterator[Finding]:
    """Offsets that fit: otherwise the parts are bytes. A length that is too small says it already."""
    needs, count = node.needs(), node.node_interrupt_count
    interrupts_end = node.node_interrupt_offset + aest.INTERRUPT * count
    form = node.interface[1] if isinstance(node.interface, bytes) and len(node.interface) > 1 else None
    if isinstance(node, aest.NodeV2) and form is not None and form not in aest.INTERFACES_V2:
        says = f"group format {form} is none of {', '.join(str(int(f)) for f in aest.INTERFACES_V2)}"
        yield error("interface", says, "the size of the interface is not known, and no record can be reached")
    elif isinstance(node.interface, bytes) and count and interrupts_end > node.length:
        says = f"{count} interrupts from byte {node.node_interrupt_offset} on do not lie in a node of {node.length}"
        yield error("node_interrupt_count", says, "a reader takes what follows for interrupts")
    elif isinstance(node.interface, bytes) and (needs is None or node.length >= needs):
        says = "no interface can be read where the offset says"
        yield error("node_interface_offset", says, "without it the records cannot be reached")
    elif isinstance(node.data, bytes) and isinstance(node.type, aest.NodeType) and isinstance(node.interface, Record):
        says = f"{len(node.data)} bytes lie where the node's data are, too few"
        yield error("node_data_offset", says, "what the node is of cannot be told")
    if any(node.beyond) and isinstance(node.interface, Record):
        says = f"{len(node.beyond)} bytes of the node belong to no part of it"
        yield warning("beyond", says, "an offset or a count may be wrong")
    if any(node.gap):
        yield warning("gap", f"{len(node.gap)} bytes before the data belong to no part", "an offset may be wrong")


def interface_reaches_records(node: aest.NodeV1 | aest.NodeV2) -> Iterator[Finding]:
    for finding in () if isinstance(node.interface, bytes) else _interface(node, node.interface):
        yield finding._replace(path=f"interface.{finding.path}", cite=finding.cite or node.interface.ref)


def _interface(node: Any, interface: Any) -> Iterator[Finding]:
    kind, records = interface.type, interface.number_of_error_records
    single, v1 = kind == aest.InterfaceType.MEMORY_MAPPED_SINGLE, isinstance(node, aest.NodeV1)
    if not isinstance(kind, aest.InterfaceType) or (single and v1):
        says = f"interface type {int(kind)} is not one of this revision"
        yield error("type", says, "the records cannot be reached")
    elif kind == aest.InterfaceType.SYSTEM_REGISTERS and node.type != aest.NodeType.PROCESSOR:
        says = "the records are in System registers, but the node is none of a processor"
        yield warning("type", says, "System registers are a processor's own")
    elif kind == aest.InterfaceType.SYSTEM_REGISTERS and interface.base_address:
        says = f"the records are in System registers, but the base address is {interface.base_address:#x}"
        yield warning("base_address", says, "System registers have none")
    page, room, bits = _GROUPS.get(type(interface), _SMALL_GROUP)
    if kind == aest.InterfaceType.MEMORY_MAPPED and not interface.base_address:
        yield error("base_address", "base address is 0", "there is no group of records")
    elif kind == aest.InterfaceType.MEMORY_MAPPED and interface.base_address % page:
        says = f"base address {interface.base_address:#x} is not that of a page of {page:#x} bytes"
        yield warning("base_address", says, "a group of records begins with a page", "IHI 0100 A.c §3.1.1")
    end = interface.start_error_record_index + records
    if kind == aest.InterfaceType.MEMORY_MAPPED and end > room:
        says = f"records up to {end - 1} do not lie in a page that has room for {room}"
        yield warning("number_of_error_records", says, "a reader leaves the group", "IHI 0100 A.c §3.1.1")
    elif records > bits:
        says = f"{records} records, and the bitmaps have {bits} bits"
        yield warning("number_of_error_records", says, "which of them are implemented is not told of all")
    if not records:
        yield warning("number_of_error_records", "there is no record", "the node has nothing to tell")
    elif not interface.records():
        says = "no record is implemented: a bit that is set says not"
        yield warning("error_records_implemented", says, "a reader that goes by it reads nothing")


def interrupts_are_told_apart(node: aest.NodeV1 | aest.NodeV2) -> Iterator[Finding]:
    many = Counter(interrupt.type for interrupt in node.interrupts)
    for i, interrupt in enumerate(node.interrupts):
        where = f"interrupts[{i}]"
        if not isinstance(interrupt.type, aest.InterruptType):
            says = f"interrupt type {interrupt.type} has no name"
            yield warning(f"{where}.type", says, "readers do not know what it is for", interrupt.ref)
        elif many[interrupt.type] > 1:
            says = f"{many[interrupt.type]} interrupts of type {int(interrupt.type)}"
            yield warning(f"{where}.type", says, "a node has one of each at most", interrupt.ref)
        if not interrupt.gsiv and not getattr(interrupt, "its_group_reference", 0):
            says = "neither a number nor an ITS group"
            yield note(f"{where}.gsiv", says, "nothing arrives as interrupt 0", interrupt.ref)


def processor_is_one_or_several(data: aest.Processor) -> Iterator[Finding]:
    if data.flags.global_ and data.flags.shared:
        yield warning("flags", "global and shared are both set", "it is of all processors, or of some")
    if not isinstance(data.resource_type, Coded):
        says = f"resource type {data.resource_type} has no name"
        yield warning("resource_type", says, "readers cannot tell what of the processor it is")
