"""Python as the firmware behind EINJ: the kernel writes registers, and we do what it asks (ACPI 6.5 §18.6).

The registers are words in RASMEM. `EXECUTE` is also what CHECK_BUSY_STATUS reads, so the kernel waits until we have
done what it asked and cleared that word.
"""

import threading
from typing import Self

from ..formats import einj
from ..formats.acpi import AccessSize, GenericAddress
from ..formats.bert import Bert
from ..formats.cper import Severity
from ..formats.memory import MemoryErrorType
from .machine import Machine
from .qemu import Setup
from .recording import blocks, layout

CAPABLE = einj.EinjErrorType(
    memory_correctable=True, memory_uncorrectable_non_fatal=True, memory_uncorrectable_fatal=True
)
SECONDS = 0.002  # between looks at the register

# offsets from the first register; TRIGGER and REQUEST are structures
EXECUTE, TYPE, CAPABILITIES, TRIGGER_ADDRESS, STATUS, SCRATCH, TRIGGER, REQUEST = 0, 8, 16, 24, 32, 40, 0x100, 0x200


def table() -> einj.Einj:
    """The EINJ table whose registers lie in RASMEM."""
    at = layout.BASE + layout.EINJ
    read, test = einj.EinjInstruction.READ_REGISTER, einj.EinjInstruction.READ_REGISTER_VALUE
    write, put = einj.EinjInstruction.WRITE_REGISTER, einj.EinjInstruction.WRITE_REGISTER_VALUE
    # fmt: off
    entries = (
        _entry(einj.EinjAction.BEGIN_INJECTION_OPERATION,      put,   at + SCRATCH, value=1),
        _entry(einj.EinjAction.GET_TRIGGER_ERROR_ACTION_TABLE, read,  at + TRIGGER_ADDRESS),
        _entry(einj.EinjAction.SET_ERROR_TYPE,                 write, at + TYPE),
        _entry(einj.EinjAction.GET_ERROR_TYPE,                 read,  at + CAPABILITIES),
        _entry(einj.EinjAction.END_OPERATION,                  put,   at + SCRATCH),
        _entry(einj.EinjAction.EXECUTE_OPERATION,              put,   at + EXECUTE, value=1),
        _entry(einj.EinjAction.CHECK_BUSY_STATUS,              test,  at + EXECUTE, value=1, mask=1),
        _entry(einj.EinjAction.GET_COMMAND_STATUS,             read,  at + STATUS, mask=0x1FE),
        _entry(einj.EinjAction.SET_ERROR_TYPE_WITH_ADDRESS,    write, at + REQUEST, mask=0xFFFF_FFFF),
    )
    # fmt: on
    return einj.Einj(oem_table_id="RASLAB  ", entries=entries)


def _entry(action: int, instruction: int, address: int, value: int = 0, mask: int = (1 << 64) - 1) -> einj.EinjEntry:
    register = GenericAddress(register_bit_width=64, access_size=AccessSize.QWORD, address=address)
    return einj.EinjEntry(action=action, instruction=instruction, register_region=register, value=value, mask=mask)


def fill() -> dict[int, bytes]:
    """What the registers hold when the machine is switched on."""
    at = layout.BASE + layout.EINJ
    return {
        at + CAPABILITIES: CAPABLE.build().to_bytes(8, "little"),
        at + TRIGGER_ADDRESS: (at + TRIGGER).to_bytes(8, "little"),
        at + TRIGGER: einj.TriggerTable().build(),  # no steps: the error happens by itself
    }


class EinjFirmware:
    """Answers injections on a machine for as long as the `with` block lasts: each becomes a report by *source*."""

    def __init__(self, machine: Machine, source: int = 0) -> None:
        self.machine, self.source, self.at = machine, source, machine.base + layout.EINJ
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _serve(self) -> None:
        memory = self.machine.memory
        try:
            while not self._over.wait(SECONDS):
                if memory.word(self.at + EXECUTE):
                    request = einj.ErrorWithAddress.parse(memory.read(self.at + REQUEST, 36))
                    memory.set_word(self.at + STATUS, self._inject(request) << 1)
                    memory.set_word(self.at + EXECUTE, 0)
        except Exception as e:  # the kernel would wait for ever
            self.machine.over = self.machine.over or f"the firmware has ended: {e}"

    def _inject(self, request: einj.ErrorWithAddress) -> einj.EinjStatus:
        asked = request.error_type
        if not request.flags.memory_address_valid or asked.build() & ~CAPABLE.build():
            return einj.EinjStatus.INVALID_ACCESS
        if asked.memory_correctable:
            severity, kind = Severity.CORRECTED, MemoryErrorType.SINGLE_BIT_ECC
        else:
            severity = Severity.FATAL if asked.memory_uncorrectable_fatal else Severity.RECOVERABLE
            kind = MemoryErrorType.MULTI_BIT_ECC
        mask = request.memory_address_range
        section = blocks.memory(request.memory_address, kind, physical_address_mask=mask)
        self.machine.put(self.source, blocks.block(severity, section))
        return einj.EinjStatus.SUCCESS


LEFT = blocks.fatal(blocks.memory(0x4800_0000, 3, node=1, module=2), fru="DIMM_B2")  # what the last boot has left
_REGION = layout.BASE + layout.BERT
_BERT = Bert(oem_table_id="RASLAB  ", boot_error_region=_REGION, boot_error_region_length=layout.PAGE)
# a machine that can be asked to inject errors, and has one left by its last boot
SETUP = Setup(tables={"einj": table().build(), "bert": _BERT.build()}, fill=fill() | {_REGION: LEFT})
