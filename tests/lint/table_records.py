"""Tables that break one rule each: the table, and what is found in it (level, path, offset, words)."""

from typing import Any

from raslib.formats import einj, erst
from raslib.formats.acpi import AccessSize, AddressSpace, GenericAddress
from raslib.formats.aest import (
    Aest,
    AestProcessorFlags,
    Interface4K,
    Interface16K,
    InterfaceType,
    InterfaceV1,
    InterruptV1,
    InterruptV2,
    Memory,
    NodeType,
    NodeV1,
    NodeV2,
    Processor,
    Proxy,
    TlbResource,
)
from raslib.formats.bert import Bert
from raslib.formats.einj import Einj, TriggerTable
from raslib.formats.erst import Erst
from raslib.formats.hest import (
    AerDevice,
    AerRootPort,
    CorrectedMachineCheck,
    GenericSource,
    GenericSourceV2,
    Hest,
    MachineCheckException,
    NonMaskableInterrupt,
    Notification,
    Notify,
    SelfSized,
    SourceFlags,
)
from raslib.formats.sdei import Sdei
from raslib.records import Record
from raslib.rules.serialization import NEEDED

from .error_records import Cases

REGISTER = GenericAddress(register_bit_width=64, access_size=AccessSize.QWORD, address=0x8000_0000)
PAGE = 0x2A00_0000
BY_4 = {"access_size": AccessSize.DWORD}


def register(**more: Any) -> GenericAddress:
    return REGISTER.replace(**more)


def source(n: int = 0, **more: Any) -> GenericSourceV2:
    """A source with nothing wrong, number *n*."""
    return GenericSourceV2(
        **{
            "source_id": n,
            "error_status_address": register(address=0x8000_0000 + 64 * n),
            "notification": Notification(type=Notify.SEA),
            "error_status_block_length": 0x400,
            "read_ack_register": register(address=0x8000_1000 + 64 * n),
            "read_ack_preserve": 0xFFFF_FFFF_FFFF_FFFE,
            "read_ack_write": 1,
            **more,
        }
    )


def hest(*sources: Any, **more: Any) -> Hest:
    return Hest(error_sources=sources, **more)


def polled(n: int = 0, **more: Any) -> GenericSourceV2:
    """A source that Linux takes on every machine."""
    return source(n, notification=Notification(type=Notify.POLLED, poll_interval=1000), **more)


def notified(**more: Any) -> Hest:
    return hest(source(notification=Notification(**more)))


def machine_check(**more: Any) -> Hest:
    return hest(MachineCheckException(type=0, **more))


def root_port(**more: Any) -> Hest:
    return hest(AerRootPort(type=6, **more))


SCI = Notification(type=Notify.SCI)
GOOD_HEST = hest(source(), source(1))
AT = 40  # where the first source begins
TOLD = AT + 32  # and where its notification does

HESTS: Cases = {
    "a length that is too large": (
        GOOD_HEST.replace(length=len(GOOD_HEST.build()) + 8, checksum=0),
        [
            (
                "error",
                "length",
                4,
                f"length is {len(GOOD_HEST.build()) + 8}, and there are {len(GOOD_HEST.build())} bytes",
            )
        ],
    ),
    "checksum": (
        GOOD_HEST.replace(checksum=GOOD_HEST.checksum ^ 0xFF),
        [
            (
                "error",
                "checksum",
                9,
                f"checksum is {GOOD_HEST.checksum ^ 0xFF:#04x}, {GOOD_HEST.checksum:#04x} would make the table sum to "
                f"0 (it sums to {(GOOD_HEST.checksum ^ 0xFF) - GOOD_HEST.checksum & 0xFF:#04x})",
            )
        ],
    ),
    "after the table": (
        hest(source(), beyond=b"x"),
        [("error", "beyond", 132, "bytes follow the table, and they are not zero")],
    ),
    "signature of a table": (
        hest(source(), signature="TSEH"),
        [("error", "signature", 0, "signature is 'TSEH', not HEST")],
    ),
    "revision of a table": (
        hest(source(), revision=3),
        [("warning", "revision", 8, "revision 3 is none of 1, 2")],
    ),
    "source count": (
        hest(source(), error_source_count=2),
        [("error", "error_source_count", 36, "error source count is 2, there are 1")],
    ),
    "an unknown source": (
        hest(source(), b"\3\0\0\0"),
        [
            (
                "error",
                "error_sources[1]",
                132,
                "this is of a type that no document knows; so its size, and what follows, is not known",
            )
        ],
    ),
    "a source that says its own length": (
        hest(source(), SelfSized(type=12)),
        [
            (
                "error",
                "error_sources[1]",
                132,
                "this is of type 12, and only since revision 2 of the table do such sources say their length; so its "
                "size, and what follows, is not known",
            )
        ],
    ),
    "source id": (
        hest(source(), source(1, source_id=0)),
        [("error", "error_sources[1].source_id", 134, "source id 0 is that of source 0 too")],
    ),
    "source id of another type": (
        hest(AerDevice(type=7), source()),
        [("warning", "error_sources[1].source_id", AT + 46, "source id 0 is that of source 0 too")],
    ),
    "order": (
        hest(source(), AerDevice(type=7, source_id=1), revision=2),
        [("warning", "error_sources[1].type", 132, "type 7 comes after type 10")],
    ),
    "a related source": (
        hest(source(related_source_id=9)),
        [("warning", "error_sources[0].related_source_id", AT + 4, "there is no source 9")],
    ),
    "a source that assists": (
        hest(MachineCheckException(type=0, flags=SourceFlags(ghes_assist=True)), polled(1, related_source_id=0)),
        [("note", "error_sources[1].related_source_id", AT + 44, "this source assists source 0")],
    ),
    "a shared status address": (
        hest(source(), source(1, error_status_address=REGISTER)),
        [
            (
                "warning",
                "error_sources[1].error_status_address.address",
                132 + 24,
                "this is the status address of source 0 too",
            )
        ],
    ),
    "a shared acknowledge": (
        hest(source(), source(1, read_ack_register=register(address=0x8000_1000))),
        [
            (
                "warning",
                "error_sources[1].read_ack_register.address",
                132 + 68,
                "this is the read ack register of source 0 too",
            )
        ],
    ),
    "an acknowledge within the status register": (
        hest(source(read_ack_register=register(address=0x8000_0004, register_bit_width=32))),
        [
            (
                "warning",
                "error_sources[0].read_ack_register.address",
                AT + 68,
                "bytes 0x80000004 to 0x80000007 overlap the status register of this source at 0x80000000",
            ),
            (
                "warning",
                "error_sources[0].read_ack_register.address",
                AT + 68,
                "0x80000004 is no multiple of 8, the bytes of an access",
            ),
        ],
    ),
    "status registers four bytes apart": (
        hest(source(), source(1, error_status_address=register(address=0x8000_0004, register_bit_width=32, **BY_4))),
        [
            (
                "warning",
                "error_sources[1].error_status_address.address",
                132 + 24,
                "bytes 0x80000004 to 0x80000007 overlap the status register of source 0 at 0x80000000",
            )
        ],
    ),
    "an acknowledge that is another's status register": (
        hest(source(), source(1, read_ack_register=REGISTER)),
        [
            (
                "error",
                "error_sources[1].read_ack_register.address",
                132 + 68,
                "this is the status register of source 0",
            )
        ],
    ),
    "registers in I/O ports": (
        hest(source(error_status_address=register(address=0x510, address_space_id=AddressSpace.SYSTEM_IO))),
        [("warning", "error_sources[0].error_status_address.address_space_id", AT + 20, "system I/O")],
    ),
    "a register that is not aligned": (
        hest(source(error_status_address=register(address=0x8000_0003))),
        [
            (
                "warning",
                "error_sources[0].error_status_address.address",
                AT + 24,
                "0x80000003 is no multiple of 8, the bytes of an access",
            )
        ],
    ),
    "a register of 24 bits": (
        hest(source(error_status_address=register(register_bit_width=24))),
        [
            (
                "warning",
                "error_sources[0].error_status_address.register_bit_width",
                AT + 21,
                "the register has 24 bits",
            )
        ],
    ),
    "a register of no bits": (
        hest(source(error_status_address=register(register_bit_width=0))),
        [
            (
                "error",
                "error_sources[0].error_status_address.register_bit_width",
                AT + 21,
                "the register has no bits",
            )
        ],
    ),
    "nothing preallocated": (
        hest(source(records_to_preallocate=0)),
        [("warning", "error_sources[0].records_to_preallocate", AT + 8, "0, and at least 1 is asked for")],
    ),
    "enabled": (
        hest(source(enabled=2)),
        [("warning", "error_sources[0].enabled", AT + 7, "enabled is 2, neither 0 nor 1")],
    ),
    "firmware first and assisted": (
        machine_check(flags=SourceFlags(firmware_first=True, ghes_assist=True)),
        [("error", "error_sources[0].flags", AT + 6, "FIRMWARE_FIRST and GHES_ASSIST are both set")],
    ),
    "an assisted root port": (
        root_port(flags=SourceFlags(ghes_assist=True)),
        [("warning", "error_sources[0].flags", AT + 6, "GHES_ASSIST is set for type 6")],
    ),
    "a machine check for all": (
        machine_check(flags=SourceFlags(global_=True)),
        [("warning", "error_sources[0].flags", AT + 6, "GLOBAL is set")],
    ),
    "firmware first and not enabled": (
        root_port(flags=SourceFlags(firmware_first=True), enabled=0),
        [("note", "error_sources[0].enabled", AT + 7, "enabled is 0, but FIRMWARE_FIRST is set")],
    ),
    "a reserved notification": (
        notified(type=13),
        [("error", "error_sources[0].notification.type", TOLD, "notification type 13 is reserved")],
    ),
    **{
        f"notification by {kind.name}": (
            notified(type=kind),
            [("error", "error_sources[0].notification.type", TOLD, f"notification type {int(kind)}, {kind.name}")],
        )
        for kind in (Notify.LOCAL, Notify.NMI, Notify.CMCI, Notify.MCE, Notify.SEI, Notify.SSE)
    },
    **{
        f"notification by {kind.name} on x86": (
            hest(MachineCheckException(type=0), source(1, notification=Notification(type=kind, vector=804))),
            [("error", "error_sources[1].notification.type", 112, f"notification type {int(kind)}, {kind.name}")],
        )
        for kind in (Notify.SEA, Notify.SDEI, Notify.CMCI)
    },
    "poll interval": (
        notified(type=Notify.POLLED),
        [
            (
                "error",
                "error_sources[0].notification.poll_interval",
                TOLD + 4,
                "the poll interval of a polled source is 0",
            )
        ],
    ),
    "event number": (
        notified(type=Notify.SDEI),
        [("error", "error_sources[0].notification.vector", TOLD + 8, "the event number is 0")],
    ),
    **{
        f"interrupt of {kind.name}": (
            notified(type=kind),
            [("warning", "error_sources[0].notification.vector", TOLD + 8, "the interrupt is 0")],
        )
        for kind in (Notify.EXTERNAL, Notify.GSIV)
    },
    "length of a notification": (
        notified(type=Notify.SEA, length=0x5C),
        [("warning", "error_sources[0].notification.length", TOLD + 1, "length is 0x5c, not 28")],
    ),
    "a block without a header": (
        hest(source(error_status_block_length=19)),
        [
            (
                "error",
                "error_sources[0].error_status_block_length",
                AT + 60,
                "a block may have 19 bytes, its header alone has 20",
            )
        ],
    ),
    "a block without an entry": (
        hest(source(error_status_block_length=91)),
        [
            (
                "warning",
                "error_sources[0].error_status_block_length",
                AT + 60,
                "a block may have 91 bytes, which is too small for one entry",
            )
        ],
    ),
    "a block that is too large": (
        hest(source(error_status_block_length=0x10001)),
        [("warning", "error_sources[0].error_status_block_length", AT + 60, "a block may have 65537 bytes")],
    ),
    "raw data": (
        hest(source(max_raw_data_length=0x401)),
        [
            (
                "warning",
                "error_sources[0].max_raw_data_length",
                AT + 16,
                "raw data may have 1025 bytes, the whole block has 1024",
            )
        ],
    ),
    "no status address": (
        hest(source(error_status_address=register(address=0))),
        [("error", "error_sources[0].error_status_address.address", AT + 24, "address is 0")],
    ),
    "address space": (
        hest(source(error_status_address=register(address_space_id=AddressSpace.PCI_CONFIG))),
        [
            (
                "error",
                "error_sources[0].error_status_address.address_space_id",
                AT + 20,
                "address space 2 is neither system memory nor system I/O",
            )
        ],
    ),
    "access size": (
        hest(source(error_status_address=register(access_size=AccessSize.UNDEFINED))),
        [("error", "error_sources[0].error_status_address.access_size", AT + 23, "access size 0 is none of 1 to 4")],
    ),
    "width of a register": (
        hest(source(error_status_address=register(register_bit_offset=1))),
        [
            (
                "error",
                "error_sources[0].error_status_address.register_bit_width",
                AT + 21,
                "bits up to 65 do not lie in an access of 64",
            )
        ],
    ),
    "width that Linux does not mend": (
        hest(source(error_status_address=register(address=0x9411_0034, access_size=AccessSize.DWORD))),
        [
            (
                "error",
                "error_sources[0].error_status_address.register_bit_width",
                AT + 21,
                "bits up to 64 do not lie in an access of 32",
            )
        ],
    ),
    "no acknowledge": (
        hest(source(read_ack_register=register(address=0))),
        [("error", "error_sources[0].read_ack_register.address", AT + 68, "address is 0")],
    ),
    "acknowledge over the status address": (
        hest(source(read_ack_register=REGISTER)),
        [
            (
                "error",
                "error_sources[0].read_ack_register.address",
                AT + 68,
                "this is the register that holds the block's address",
            )
        ],
    ),
    "acknowledge of nothing": (
        hest(source(read_ack_write=0)),
        [("warning", "error_sources[0].read_ack_write", AT + 84, "an acknowledge sets no bit")],
    ),
    "acknowledge of what is preserved": (
        hest(source(read_ack_preserve=3)),
        [("warning", "error_sources[0].read_ack_preserve", AT + 76, "bits 0x1 are both written and preserved")],
    ),
    "acknowledge outside of the register": (
        hest(
            source(
                read_ack_register=register(address=0x8000_1000, register_bit_width=8),
                read_ack_write=0x101,
                read_ack_preserve=0,
            )
        ),
        [
            (
                "warning",
                "error_sources[0].read_ack_write",
                AT + 84,
                "bits 0x100 lie outside of a register of 8 bits",
            )
        ],
    ),
}

# --- instructions ----------------------------------------------------------------------------------------------------


def step(action: int, instruction: int = 0, **more: Any) -> erst.ErstEntry:
    return erst.ErstEntry(**{"action": action, "instruction": instruction, "register_region": REGISTER, **more})


def inject(action: int, **more: Any) -> einj.EinjEntry:
    return einj.EinjEntry(**{"action": action, "register_region": REGISTER, **more})


def store(*more: erst.ErstEntry, **header: Any) -> Erst:
    return Erst(entries=(*map(step, NEEDED[Erst]), *more), **header)


def injection(*more: einj.EinjEntry, **header: Any) -> Einj:
    actions = (*NEEDED[Einj], einj.EinjAction.SET_ERROR_TYPE)
    return Einj(entries=(*map(inject, actions), *more), **header)


LAST = 48 + 32 * len(NEEDED[Erst])  # where one more entry of a store begins
LAST_OF_EINJ = 48 + 32 * (len(NEEDED[Einj]) + 1)
WRITE = erst.ErstInstruction.WRITE_REGISTER_VALUE
GOTO, SKIP = erst.ErstInstruction.GOTO, erst.ErstInstruction.SKIP_NEXT_INSTRUCTION_IF_TRUE

INSTRUCTIONS: Cases = {
    "header size": (
        store(serialization_header_size=16),
        [("error", "serialization_header_size", 36, "header size is 16, neither 12 nor 48")],
    ),
    "header size of EINJ": (
        injection(injection_header_size=0),
        [("error", "injection_header_size", 36, "header size is 0, neither 12 nor 48")],
    ),
    "entry count of a table": (
        store(instruction_entry_count=3),
        [("error", "instruction_entry_count", 44, f"entry count is 3, there are {len(NEEDED[Erst])}")],
    ),
    "a missing action": (
        Einj(entries=tuple(map(inject, NEEDED[Einj][1:]))),
        [
            (
                "warning",
                "entries",
                48,
                "no entry for BEGIN_INJECTION_OPERATION, SET_ERROR_TYPE or SET_ERROR_TYPE_WITH_ADDRESS",
            )
        ],
    ),
    "an action of revision 2": (
        injection(inject(einj.EinjAction.EINJV2_GET_ERROR_TYPE)),
        [("warning", "entries[8].action", LAST_OF_EINJ, "EINJV2_GET_ERROR_TYPE in a table of revision 1")],
    ),
    "a trigger in the table": (
        injection(inject(einj.EinjAction.TRIGGER_ERROR)),
        [("warning", "entries[8].action", LAST_OF_EINJ, "TRIGGER_ERROR outside of a trigger table")],
    ),
    "another action in a trigger table": (
        TriggerTable(entries=(inject(0),)),
        [("warning", "entries[0].action", 16, "action 0x0 in a trigger table")],
    ),
    "header of a trigger table": (
        TriggerTable(header_size=12),
        [("error", "header_size", 0, "header size is 12, not 16")],
    ),
    "an unknown action": (
        store(step(0x11)),
        [("warning", "entries[14].action", LAST, "action 0x11 has no name")],
    ),
    "the reserved action": (
        store(step(0xC)),
        [("note", "entries[14].action", LAST, "action 0xc is reserved")],
    ),
    "an unknown instruction": (
        store(step(0, 0x13)),
        [("error", "entries[14].instruction", LAST + 1, "instruction 0x13 has no name")],
    ),
    "a register of an instruction": (
        store(step(0, WRITE, register_region=register(address=0))),
        [("error", "entries[14].register_region.address", LAST + 8, "address is 0")],
    ),
    "a mask of nothing": (
        store(step(0, WRITE, mask=0)),
        [("warning", "entries[14].mask", LAST + 24, "mask is 0")],
    ),
    "a mask of nothing in EINJ": (
        injection(inject(einj.EinjAction.GET_EXECUTE_OPERATION_TIMINGS, mask=0)),
        [("warning", "entries[8].mask", LAST_OF_EINJ + 24, "mask is 0")],
    ),
    "two values of one action": (
        injection(
            inject(einj.EinjAction.GET_TRIGGER_ERROR_ACTION_TABLE, register_region=register(address=0x9000_0000))
        ),
        [
            (
                "warning",
                "entries[8].register_region",
                LAST_OF_EINJ + 4,
                "the action reads this register after that of entry 1",
            )
        ],
    ),
    "two answers of one action": (
        injection(
            inject(einj.EinjAction.CHECK_BUSY_STATUS, instruction=einj.EinjInstruction.READ_REGISTER_VALUE, mask=0x10)
        ),
        [
            (
                "warning",
                "entries[8].register_region",
                LAST_OF_EINJ + 4,
                "the action reads this register after that of entry 5",
            )
        ],
    ),
    "a question that writes": (
        injection(
            inject(einj.EinjAction.GET_EXECUTE_OPERATION_TIMINGS, instruction=einj.EinjInstruction.WRITE_REGISTER)
        ),
        [("warning", "entries[8].instruction", LAST_OF_EINJ + 1, "no step of the action reads")],
    ),
    "a question that does nothing": (
        store(step(erst.ErstAction.GET_EXECUTE_OPERATION_TIMINGS, erst.ErstInstruction.NOOP)),
        [("warning", f"entries[{len(NEEDED[Erst])}].instruction", LAST + 1, "no step of the action reads")],
    ),
    "two values for one place": (
        store(step(3, WRITE, value=1), step(3, WRITE, value=2)),
        [
            (
                "note",
                "entries[15].value",
                LAST + 32 + 16,
                "the action writes this value after that of entry 14, to the same bits",
            )
        ],
    ),
    "goto": (
        store(step(0, GOTO, value=3)),
        [("error", "entries[14].value", LAST + 16, "goes on with step 3 of an action of 2 steps")],
    ),
    "skip": (
        store(step(0, SKIP)),
        [
            (
                "warning",
                "entries[14].instruction",
                LAST + 1,
                "leaves out step 2 of an action of 2 steps, counted from 0",
            )
        ],
    ),
}

# --- error nodes -----------------------------------------------------------------------------------------------------


def core(**more: Any) -> NodeV1:
    """A node of a processor with nothing wrong."""
    interface = InterfaceV1(type=InterfaceType.SYSTEM_REGISTERS, number_of_error_records=1)
    known = {"type": NodeType.PROCESSOR, "data": Processor(resource=TlbResource(), resource_type=1)}
    return NodeV1(**{**known, "interface": interface, **more})


def mapped(kind: Any = InterfaceV1, **more: Any) -> Any:
    known = {"type": InterfaceType.MEMORY_MAPPED, "base_address": PAGE, "number_of_error_records": 1}
    return kind(**{**known, **more})


def controller(**more: Any) -> NodeV1:
    """A node of a memory controller with nothing wrong."""
    return NodeV1(**{"type": NodeType.MEMORY, "data": Memory(), "interface": mapped(), **more})


def reached(interface: Record) -> Aest:
    kind = NodeV1 if isinstance(interface, InterfaceV1) else NodeV2
    return Aest(nodes=(kind(type=NodeType.MEMORY, data=Memory(), interface=interface),))


def five_interrupts() -> bytes:
    """A node that says it has five interrupts, and has one."""
    node = NodeV2(type=NodeType.MEMORY, data=Memory(), interface=mapped(Interface4K), interrupts=(InterruptV2(gsiv=9),))
    data = node.build()
    return data[:16] + (5).to_bytes(4, "little") + data[20:]


FACE = 36 + 44 + 4  # where the interface of the first node begins, a memory controller's

NODES: Cases = {
    "a node that breaks off": (
        Aest(revision=1, nodes=(b"\1\xff\0\0",)),
        [("error", "nodes[0]", 36, "a node whose length is 255, where 4 bytes are left")],
    ),
    "a node that is too short": (
        Aest(nodes=(controller(length=95).replace(length=95, interface=bytes(47)),)),
        [("error", "nodes[0].length", 37, "length is 95, what the node says it has needs 96")],
    ),
    "an unknown node": (
        Aest(nodes=(controller(type=9, data=b"data"),)),
        [("warning", "nodes[0].type", 36, "node type 9 has no name")],
    ),
    "a node of revision 2": (
        Aest(nodes=(controller(type=NodeType.PROXY, data=bytes(8)),)),
        [
            ("warning", "nodes[0].type", 36, "node type 6 in a table of revision 1"),
            ("error", "nodes[0].node_data_offset", 40, "8 bytes lie where the node's data are, too few"),
        ],
    ),
    "an interface elsewhere": (
        Aest(nodes=(NodeV2(type=NodeType.MEMORY, data=Memory(), interface=b"\1\7" + bytes(78)),)),
        [
            (
                "error",
                "nodes[0].interface",
                84,
                "group format 7 is none of 0, 1, 2",
            )
        ],
    ),
    "an interface that is cut short": (
        Aest(nodes=(NodeV2(type=NodeType.MEMORY, data=Memory(), interface=b"\1"),)),
        [
            (
                "error",
                "nodes[0].node_interface_offset",
                44,
                "no interface can be read where the offset says",
            )
        ],
    ),
    "more interrupts than the node has": (
        Aest(nodes=(NodeV2.parse(five_interrupts()),)),
        [
            (
                "error",
                "nodes[0].node_interrupt_count",
                52,
                "5 interrupts from byte 128 on do not lie in a node of 140",
            )
        ],
    ),
    "a node twice": (
        Aest(nodes=(core(), controller(), core())),
        [("warning", "nodes[2]", 36 + 116 + 96, "this is node 0 again, byte by byte")],
    ),
    "System registers at an address": (
        Aest(nodes=(core(interface=mapped(type=InterfaceType.SYSTEM_REGISTERS)),)),
        [
            (
                "warning",
                "nodes[0].interface.base_address",
                36 + 44 + 24 + 8,
                "the records are in System registers, but the base address is 0x2a000000",
            )
        ],
    ),
    "bytes of no part": (
        Aest(nodes=(controller(interrupts=(InterruptV1(gsiv=9),), beyond=b"more"),)),
        [("warning", "nodes[0].beyond", 144, "4 bytes of the node belong to no part of it")],
    ),
    "bytes before the parts": (
        Aest(nodes=(controller(gap=b"gaps"),)),
        [("warning", "nodes[0].gap", 80, "4 bytes before the data belong to no part")],
    ),
    "interface type": (
        reached(mapped(type=2)),
        [("error", "nodes[0].interface.type", FACE, "interface type 2 is not one of this revision")],
    ),
    "system registers of no processor": (
        reached(mapped(type=InterfaceType.SYSTEM_REGISTERS)),
        [
            (
                "warning",
                "nodes[0].interface.type",
                FACE,
                "the records are in System registers, but the node is none of a processor",
            )
        ],
    ),
    "no base address": (
        reached(mapped(base_address=0)),
        [("error", "nodes[0].interface.base_address", FACE + 8, "base address is 0")],
    ),
    "a base address within a page": (
        reached(mapped(Interface16K, base_address=0x2A00_1000)),
        [
            (
                "warning",
                "nodes[0].interface.base_address",
                FACE + 8,
                "base address 0x2a001000 is not that of a page of 0x4000 bytes",
            )
        ],
    ),
    "records past the page": (
        reached(mapped(Interface4K, start_error_record_index=56)),
        [
            (
                "warning",
                "nodes[0].interface.number_of_error_records",
                FACE + 20,
                "records up to 56 do not lie in a page that has room for 56",
            )
        ],
    ),
    "records past the bitmaps": (
        Aest(nodes=(core(interface=InterfaceV1(type=InterfaceType.SYSTEM_REGISTERS, number_of_error_records=65)),)),
        [
            (
                "warning",
                "nodes[0].interface.number_of_error_records",
                36 + 44 + 24 + 20,
                "65 records, and the bitmaps have 64 bits",
            )
        ],
    ),
    "no record of a node": (
        reached(mapped(number_of_error_records=0)),
        [("warning", "nodes[0].interface.number_of_error_records", FACE + 20, "there is no record")],
    ),
    "no implemented record": (
        reached(mapped(error_records_implemented=1)),
        [
            (
                "warning",
                "nodes[0].interface.error_records_implemented",
                FACE + 24,
                "no record is implemented: a bit that is set says not",
            )
        ],
    ),
    "interrupt type": (
        Aest(nodes=(controller(interrupts=(InterruptV1(type=5, gsiv=9),)),)),
        [("warning", "nodes[0].interrupts[0].type", FACE + 48, "interrupt type 5 has no name")],
    ),
    "two interrupts of a type": (
        Aest(nodes=(controller(interrupts=(InterruptV1(gsiv=9), InterruptV1(gsiv=10))),)),
        [
            ("warning", "nodes[0].interrupts[0].type", FACE + 48, "2 interrupts of type 0"),
            ("warning", "nodes[0].interrupts[1].type", FACE + 60, "2 interrupts of type 0"),
        ],
    ),
    "no interrupt": (
        Aest(nodes=(controller(interrupts=(InterruptV1(),)),)),
        [("note", "nodes[0].interrupts[0].gsiv", FACE + 52, "neither a number nor an ITS group")],
    ),
    "global and shared": (
        Aest(
            nodes=(
                core(
                    data=Processor(resource=b"", resource_type=7, flags=AestProcessorFlags(global_=True, shared=True))
                ),
            )
        ),
        [
            ("warning", "nodes[0].data.resource_type", 84, "resource type 7 has no name"),
            ("warning", "nodes[0].data.flags", 86, "global and shared are both set"),
        ],
    ),
}

OTHERS: Cases = {
    "a short region": (
        Bert(boot_error_region_length=19, boot_error_region=PAGE),
        [
            (
                "error",
                "boot_error_region_length",
                36,
                "the region has 19 bytes, a status block's header alone takes 20",
            )
        ],
    ),
    "no region": (
        Bert(boot_error_region_length=20),
        [("error", "boot_error_region", 40, "the address of the region is 0")],
    ),
    "a short table": (
        Bert(boot_error_region_length=20, boot_error_region=PAGE, length=40),
        [("error", "length", 4, "length is 40, a table of this kind has 48 bytes")],
    ),
    "a long table": (
        Sdei(length=40, beyond=bytes(4)),
        [("warning", "length", 4, "length is 40, a table of this kind has 36 bytes")],
    ),
}
OWN_BIT = [{"read_ack_write": 1 << n, "read_ack_preserve": (1 << 64) - 1 - (1 << n)} for n in range(3)]
PORT = register(address=0x510, address_space_id=AddressSpace.SYSTEM_IO)
CASES = HESTS | INSTRUCTIONS | NODES | OTHERS
GOOD = (
    GOOD_HEST,
    hest(AerDevice(type=7), CorrectedMachineCheck(type=1, source_id=1)),
    hest(
        GenericSource(
            error_status_address=REGISTER, notification=Notification(type=Notify.SCI), error_status_block_length=92
        )
    ),
    hest(source(error_status_address=register(register_bit_width=32, access_size=AccessSize.BYTE))),
    hest(*(source(n, read_ack_register=register(address=0x8000_1000), **OWN_BIT[n]) for n in range(3))),
    hest(MachineCheckException(type=0), source(1, notification=Notification(type=Notify.NMI))),
    hest(NonMaskableInterrupt(type=2), polled(1, error_status_address=PORT)),
    store(),
    store(step(0, GOTO, value=2), serialization_header_size=12),
    injection(),
    TriggerTable(),
    TriggerTable(entries=(inject(0xFF),)),
    Aest(nodes=(core(), controller())),
    Aest(nodes=(NodeV2(type=NodeType.PROXY, data=Proxy(), interface=mapped(Interface4K)),)),
    Bert(boot_error_region_length=20, boot_error_region=PAGE),
    Sdei(),
)
