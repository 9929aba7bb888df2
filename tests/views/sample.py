"""Two rich views as the rest of the kit would hand them over: a trace of 14 steps, a status block of 172 bytes."""

from typing import Any

ACPI, UEFI = "ACPI 6.5 §18.3.2.7.1", "UEFI 2.10 §N.2.5"

# A status block as firmware writes it for two-bit error on a DIMM: one entry (revision 0x300), one memory section.
HEX = (
    "1100000000000000000000009800000000000000"  # status block
    "1411bca5646fde4eb8633e83ed7c83b1000000000003060050000000"  # entry: type, severity, revision, valid, flags, length
    "00000000000000000000000000000000"  # FRU id
    "44494d4d5f413000000000000000000000000000"  # FRU text
    "5634120106121720"  # time stamp
    "cf43000000000000"
    "0004040000000000"
    "0010004000000000"
    "00f0ffffffffffff"  # section: valid, status, address, mask
    "0000"
    "0000"
    "0000"
    "0205"
    "0300"
    "3412"
    "5600"
    "0000"  # node, card, module, bank, device, row, column, bit
    "000000000000000000000000000000000000000000000000"  # requestor, responder, target
    "03"
    "00"
    "0000"
    "0000"
    "0000"  # type, extended, rank, handles
)


def _field(path: str, start: int, stop: int, value: str, text: str = "", doc: str = "", **more: Any) -> dict[str, Any]:
    name = path.rpartition(".")[2]
    known = {"bits": None, "group": False, "ref": UEFI, "valid": None, "edit": False} | more
    return {
        "path": path,
        "name": name[name.find("[") :] if name.startswith("entries[") else name,
        "depth": path.count(".") + path.count("["),
        "start": start,
        "stop": stop,
        "value": value,
        "text": text,
        "doc": doc,
    } | known


def _flags(path: str, start: int, stop: int, word: int, names: dict[str, tuple[int, int]], doc: str = "") -> list[Any]:
    """The named bits of the little-endian *word* that lies at bytes [start, stop)."""
    found = []
    for name, (high, low) in names.items():
        value = word >> low & (1 << high - low + 1) - 1
        said = ("set" if value else "clear") if high == low else ""
        found.append(_field(f"{path}.{name}", start, stop, f"{value:#x}", said, doc, bits=[high, low], edit=True))
    return found


# fmt: off
MEMORY_BITS = [
    "error_status", "physical_address", "physical_address_mask", "node", "card", "module", "bank", "device", "row",
    "column", "bit_position", "requestor_id", "responder_id", "target_id", "memory_error_type", "rank_number",
    "card_handle", "module_handle", "extended_row", "bank_group", "bank_address", "chip_id",
]
# fmt: on
E = "entries[0]"
S = "entries[0].section"


def _memory() -> list[dict[str, Any]]:
    """The memory section: what its validation bits do not vouch for is marked as not valid."""
    table = [
        ("physical_address", 108, 8, "0x40001000", "", "The physical address at which the memory error occurred."),
        ("physical_address_mask", 116, 8, "0xfffffffffffff000", "a page of 4 KiB", "Valid bits of the address."),
        ("node", 124, 2, "0", "", "In a system of several nodes, the node that contains the memory."),
        ("card", 126, 2, "0", "", "The card number of the memory error location."),
        ("module", 128, 2, "0", "", "The module or rank number of the memory error location."),
        ("bank", 130, 2, "1282", "group 5, address 2", "The bank; bits 7:0 address and 15:8 group where so told."),
        ("device", 132, 2, "3", "", "The device on the module."),
        ("row", 134, 2, "4660", "", "Bits 15:0 of the row number."),
        ("column", 136, 2, "86", "", "The column number."),
        ("bit_position", 138, 2, "0", "", "The bit within the word at which the error occurred."),
        ("requestor_id", 140, 8, "0x0", "", "The device that started the transaction."),
        ("responder_id", 148, 8, "0x0", "", "The device that answered the transaction."),
        ("target_id", 156, 8, "0x0", "", "The device that the transaction was meant for."),
        ("memory_error_type", 164, 1, "3", "multi-bit ECC", "The kind of memory error."),
        ("extended", 165, 1, "0x0", "", "Bits 17:16 of the row, and the chip identifier."),
        ("rank_number", 166, 2, "0", "", "The rank number of the memory error location."),
        ("card_handle", 168, 2, "0x0", "", "The SMBIOS handle of the memory card (type 16)."),
        ("module_handle", 170, 2, "0x0", "", "The SMBIOS handle of the memory module (type 17)."),
    ]
    governed = {"extended": "extended_row"}
    found = []
    for name, start, size, value, text, doc in table:
        bit = MEMORY_BITS.index(governed.get(name, name))
        valid = bool(0x43CF >> bit & 1)
        found.append(_field(f"{S}.{name}", start, start + size, value, text, doc, valid=valid, edit=True))
    return found


FIELDS: list[dict[str, Any]] = [
    _field("block_status", 0, 4, "0x11", "", "Which kinds of error are here; all zero: the block is empty.", ref=ACPI),
    *_flags(
        "block_status",
        0,
        4,
        0x11,
        {
            "uncorrectable_error_valid": (0, 0),
            "correctable_error_valid": (1, 1),
            "multiple_uncorrectable": (2, 2),
            "multiple_correctable": (3, 3),
            "error_data_entry_count": (13, 4),
        },
    ),
    _field("raw_data_offset", 4, 8, "0", "", "Where raw data lies, from the start of the block.", ref=ACPI, edit=True),
    _field("raw_data_length", 8, 12, "0", "no raw data", "The length of the raw data.", ref=ACPI, edit=True),
    _field("data_length", 12, 16, "152", "bytes", "The length of all entries with their headers.", ref=ACPI, edit=True),
    _field("error_severity", 16, 20, "0", "recoverable", "The worst severity of all entries.", ref=ACPI, edit=True),
    _field("entries", 20, 172, "1 entry", "", "Generic Error Data entries, back to back.", ref=ACPI, group=True),
    _field(E, 20, 172, "GenericErrorData", "", "One section with its header.", ref=ACPI, group=True),
    _field(
        f"{E}.section_type",
        20,
        36,
        "a5bc1114-6f64-4ede-b863-3e83ed7c83b1",
        "Platform Memory",
        "What the section holds; the first three groups are little-endian.",
        ref=ACPI,
    ),
    _field(f"{E}.error_severity", 36, 40, "0", "recoverable", "The severity of this entry.", ref=ACPI, edit=True),
    _field(f"{E}.revision", 40, 42, "0x300", "72-byte header", "0x300 since ACPI 6.1.", ref=ACPI, edit=True),
    _field(f"{E}.validation_bits", 42, 43, "0x6", "", "Which fields below are valid.", ref=ACPI),
    *_flags(
        f"{E}.validation_bits", 42, 43, 6, {"fru_id_valid": (0, 0), "fru_text_valid": (1, 1), "timestamp_valid": (2, 2)}
    ),
    _field(f"{E}.flags", 43, 44, "0x0", "", "Meant for the operating system, as in a section descriptor.", ref=ACPI),
    _field(f"{E}.error_data_length", 44, 48, "80", "bytes", "The section only, without this header.", ref=ACPI),
    _field(
        f"{E}.fru_id", 48, 64, "00000000-0000-0000-0000-000000000000", "", "The part to replace.", ref=ACPI, valid=False
    ),
    _field(f"{E}.fru_text", 64, 84, "'DIMM_A0'", "", "The part to replace, in words.", ref=ACPI, valid=True, edit=True),
    _field(f"{E}.timestamp", 84, 92, "2017-12-06 12:34:56", "precise", "In BCD.", ref=ACPI, valid=True),
    _field(S, 92, 172, "PlatformMemory", "", "The Memory Error Section.", group=True),
    _field(f"{S}.validation_bits", 92, 100, "0x43cf", "", "Which of the fields below are valid."),
    *_flags(f"{S}.validation_bits", 92, 100, 0x43CF, {name: (bit, bit) for bit, name in enumerate(MEMORY_BITS)}),
    _field(f"{S}.error_status", 100, 108, "0x40400", "storage error in DRAM memory", "The error status.", valid=True),
    *_flags(
        f"{S}.error_status",
        100,
        108,
        0x40400,
        {
            "error_type": (15, 8),
            "address": (16, 16),
            "control": (17, 17),
            "data": (18, 18),
            "responder": (19, 19),
            "requestor": (20, 20),
            "first_error": (21, 21),
            "overflow": (22, 22),
        },
        "UEFI 2.10 table N.17: which part of the transaction went wrong, and the type of the error.",
    ),
    *_memory(),
]

RECORD: dict[str, Any] = {
    "title": "Generic Error Status Block",
    "ref": ACPI,
    "hex": HEX,
    "base": "0x5c410010",
    "fields": FIELDS,
    "error": None,
}

# The same bytes, cut within the section.
BROKEN: dict[str, Any] = RECORD | {
    "hex": HEX[: 2 * 131],
    "fields": [
        f | {"stop": min(f["stop"], 131)} for f in FIELDS if f["stop"] <= 130 or (f["group"] and f["start"] < 131)
    ],
    "error": {
        "message": "StatusBlock.entries[0].section.bank at byte 130 (0x82): needs 2 bytes, 1 is left",
        "path": "entries[0].section.bank",
        "offset": 130,
    },
}

LANES: list[dict[str, str]] = [
    {"id": "host.EL3", "label": "EL3", "sub": "firmware", "machine": "host"},
    {"id": "host.EL2", "label": "EL2", "sub": "KVM", "machine": "host"},
    {"id": "host.EL1", "label": "EL1", "sub": "Linux", "machine": "host"},
    {"id": "host.EL0", "label": "EL0", "sub": "QEMU", "machine": "host"},
    {"id": "guest.EL1", "label": "EL1", "sub": "Linux", "machine": "guest"},
    {"id": "guest.EL0", "label": "EL0", "sub": "process", "machine": "guest"},
]


def _step(at: str, to: str | None, actor: str, does: str, why: str, cites: str, **more: Any) -> dict[str, Any]:
    machine, el = at.split(".")
    return {
        "lane": at,
        "to": to,
        "actor": actor,
        "el": el,
        "machine": machine,
        "does": does,
        "why": why,
        "cites": [{"label": label} for label in cites.split("; ")],
        "carries": None,
        "sets": {},
    } | more


def _carry(kind: str, label: str, hex: str | None = None, fields: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"kind": kind, "label": label, "hex": hex, "fields": fields}


STEPS: list[dict[str, Any]] = [
    _step(
        "guest.EL0",
        "host.EL3",
        "Guest process",
        "loads from the poisoned line and takes a Synchronous External Abort",
        "SCR_EL3.EA is 1, so an external abort goes to EL3, whatever the guest and the hypervisor would like",
        "Arm ARM M.a.a §D1.4.6",
        carries=_carry("exception", "ESR_EL3 0x92000010, FAR_EL3 valid"),
        sets={"host PE": "EL3", "ESR_EL3": "0x92000010", "FAR_EL3": "0xffff81230040"},
    ),
    _step(
        "host.EL3",
        None,
        "EL3 firmware",
        "reads the error record of the memory node",
        "The node's status register says what happened and ADDR where; both are cleared by writing ones",
        "Arm RAS System Architecture §2.4; TF-A 2.12 lib/extensions/ras/ras_common.c: ras_ea_handler()",
        carries=_carry("register", "ERR0STATUS 0xe4000012: valid address, uncorrected, SERR 0x12"),
        sets={"ERR0STATUS": "0xe4000012", "ERR0ADDR": "0x40001000"},
    ),
    _step(
        "host.EL3",
        None,
        "EL3 firmware",
        "writes a Generic Error Status Block, severity recoverable",
        "HEST source 0 names this memory; the operating system may read it only after the notification",
        "ACPI 6.5 §18.3.2.7.1; UEFI 2.10 §N.2.5",
        carries=_carry("CPER", "172 bytes, recoverable", HEX, RECORD),
        sets={"ERR0STATUS": "0x0", "host status block": "172 bytes", "host read_ack": "0"},
    ),
    _step(
        "host.EL3",
        "host.EL2",
        "EL3 firmware",
        "enters EL2 at its synchronous vector, as if the abort had been taken there",
        "The source's notification type is SEA; the target is what the routing rules give with SCR_EL3.EA taken as 0",
        "ACPI 6.5 §18.3.2.9; Arm ARM M.a.a §D1.4.6",
        carries=_carry("exception", "ESR_EL2 0x92000010"),
        sets={"host PE": "EL2", "ESR_EL2": "0x92000010", "ELR_EL2": "the guest's load"},
    ),
    _step(
        "host.EL2",
        "host.EL1",
        "KVM",
        "saves the guest's registers and returns to the host kernel",
        "Without VHE the host kernel runs at EL1; the world switch at EL2 decides nothing about errors",
        "Linux 7.1 arch/arm64/kvm/hyp/entry.S: __guest_exit",
        carries=_carry("exception", "exit code ARM_EXCEPTION_TRAP, <ESR & FAR> saved"),
        sets={"host PE": "EL1", "vCPU": "not running"},
    ),
    _step(
        "host.EL1",
        None,
        "KVM",
        "sees an external abort from the guest and asks APEI to claim it",
        "KVM is just in the way: whoever owns the error must hear of it before any default is applied",
        "Linux 7.1 arch/arm64/kvm/mmu.c: kvm_handle_guest_sea()",
        sets={},
    ),
    _step(
        "host.EL1",
        None,
        "GHES driver",
        "copies the status block, marks it as empty and acknowledges it",
        "Zero in block_status and one in the acknowledge register allow firmware to use the memory again",
        "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_in_nmi_queue_one_entry()",
        carries=_carry("CPER", "172 bytes, recoverable", HEX, RECORD),
        sets={"host status block": "empty", "host read_ack": "1", "claimed": "yes"},
    ),
    _step(
        "host.EL1",
        None,
        "Linux",
        "marks the page as poisoned and takes it out of every address space",
        "memory_failure() acts on the page frame before the faulting thread can run again",
        "Linux 7.1 mm/memory-failure.c: memory_failure()",
        sets={"page 0x40001": "poisoned"},
    ),
    _step(
        "host.EL1",
        "host.EL0",
        "Linux",
        "sends SIGBUS to the thread that runs the virtual CPU",
        "Action is required: the thread cannot go on without the data it was about to consume",
        "Linux 7.1 mm/memory-failure.c: kill_proc()",
        carries=_carry("signal", "SIGBUS, BUS_MCEERR_AR, address 0x7f3a40001000, lsb 12"),
        sets={"host PE": "EL0", "signal": "BUS_MCEERR_AR"},
    ),
    _step(
        "host.EL0",
        None,
        "QEMU",
        "translates the address into the guest's and checks that the last error was acknowledged",
        "The guest's read_ack must not be zero, or its block may still be in use; QEMU would then give up",
        "QEMU 10.2 target/arm/kvm.c: kvm_arch_on_sigbus_vcpu()",
        sets={"guest address": "0x40001000", "guest read_ack": "1"},
    ),
    _step(
        "host.EL0",
        None,
        "QEMU",
        "writes a status block into the guest's memory",
        "QEMU is the guest's firmware: the guest's HEST names memory that only QEMU fills",
        "QEMU 10.2 hw/acpi/ghes.c: acpi_ghes_memory_errors()",
        carries=_carry("CPER", "172 bytes, recoverable", HEX, RECORD | {"base": "0x13c410010"}),
        sets={"guest status block": "172 bytes", "guest read_ack": "0"},
    ),
    _step(
        "host.EL0",
        "host.EL1",
        "QEMU",
        "sets the guest's registers so that it takes a data abort, and runs it again",
        "The notification type in the guest's HEST is SEA, and user space alone decides to use it",
        "QEMU 10.2 target/arm/kvm.c: kvm_inject_arm_sea()",
        carries=_carry("ioctl", "KVM_SET_ONE_REG, then KVM_RUN"),
        sets={"host PE": "EL1", "guest ESR_EL1": "0x96000410"},
    ),
    _step(
        "host.EL1",
        "guest.EL1",
        "KVM",
        "enters the guest at its synchronous vector",
        "From here on the guest cannot tell how the host heard of the error",
        "Linux 7.1 arch/arm64/kvm/arm.c: kvm_arch_vcpu_ioctl_run()",
        carries=_carry("exception", "ESR_EL1 0x96000410"),
        sets={"vCPU": "running", "host PE": "guest EL1"},
    ),
    _step(
        "guest.EL1",
        "guest.EL0",
        "Guest Linux",
        "claims the abort through its own GHES, poisons the page and sends SIGBUS to the process",
        "The same code as in the host runs in the guest, for the same reasons",
        "Linux 7.1 arch/arm64/mm/fault.c: do_sea()",
        carries=_carry("signal", "SIGBUS, BUS_MCEERR_AR, lsb 12"),
        sets={"guest status block": "empty", "guest read_ack": "1", "guest signal": "BUS_MCEERR_AR"},
    ),
]

TRACE: dict[str, Any] = {
    "title": "A firmware-first host, SEA, guest running",
    "token": "ff.sea.nvhe-q102-g.sea",
    "lanes": LANES,
    "steps": STEPS,
    "outcome": {
        "host": "recovered",
        "signal": "BUS_MCEERR_AR",
        "guest": "recovered",
        "guest process": "killed by SIGBUS",
    },
}
