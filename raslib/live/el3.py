"""Python plays the firmware at EL3: it answers SDEI calls, delivers events, and has errors arrive.

No code runs at EL3 in the machine. We sit at the debugger's stub of QEMU, stop the processor where the kernel calls
firmware, and do to its registers what firmware would do. For the kernel it is the same; what is not the same:

* The machine has one processor and no KASLR, and it is stopped whenever we act: how long something takes says nothing.
* Events and errors come while the kernel itself runs, never a process: the stub cannot change the Exception level.
* An error arrives where we put it: no ERR<n>STATUS has a record of it, and no SCR_EL3 or HCR_EL2 routes it.
* The stub cannot write system registers. A few instructions of ours do that, in the place of some of the kernel's,
  which are put back afterwards.
* What meets a KVM guest replaces one of its exits. That needs VHE, where what runs at EL1 is a guest.
"""

import contextlib
from dataclasses import replace
from typing import Self, Unpack

from ..formats.hest import Notify
from . import LiveError, Panicked, a64, sdei
from .firmware import LabFirmware
from .qemu import Setup
from .recording.layout import BASE, TABLES
from .recording.reaction import Reaction
from .vmm import Vmm
from .watch import Wait

DABT_SEA = 0x9200_0010  # ESR_EL2: a guest's load or store met an external abort (EC 0x24, IL, DFSC 0x10)
SERROR = 0x2F  # ESR_EL2.EC of an SError


class El3(LabFirmware):
    """The firmware of a machine, and what its kernel does about it.

    with Machine(hest, El3.SETUP) as m, El3(m) as firmware:
        firmware.serror(0xbe000c11)

    Made when UEFI runs, it finds the kernel when that has begun; the `with` block waits until the machine is up.
    `SETUP` is what the machine must have: its kernel finds SDEI, and can be stopped and searched.
    """

    SETUP = Setup(debug=True, append="nokaslr", tables={"ssdt2": sdei.loader()}, fill={BASE + TABLES: sdei.ACPI_TABLE})

    def __enter__(self) -> Self:
        self.machine.notify[Notify.SDEI] = lambda slot: self.deliver(slot.vector)
        self.machine.up()
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing: the firmware ends with its machine."""

    def serror(self, esr: int, **wait: Unpack[Wait]) -> Reaction:
        """Have the kernel take an SError with this syndrome; the rest is as for `Machine.observe`."""

        def act() -> None:
            self.take_serror(esr)
            with contextlib.suppress(Panicked):
                self.machine.flush()  # a kernel that goes on runs the agent again

        return self.machine.observe(act, **wait)

    def guest_error(self, vm: Vmm, esr: int = DABT_SEA, block: bytes | None = None, **wait: Unpack[Wait]) -> Reaction:
        """Have an error with this syndrome arrive while a virtual machine runs; *block* describes it, if given.

        That is an external abort of an access or an SError, by the syndrome's class. The block goes to the source that
        notifies by SEA. The virtual machine then goes on, if it can, and reads its page; what it meets is the
        reaction's `output`. The rest is as for `Machine.observe`.
        """
        m, source = self.machine, None
        if block is not None:
            source = next((slot.source_id for slot in m.slots.values() if slot.notify == Notify.SEA), None)
            if source is None:
                raise LiveError("no error source of this machine notifies by SEA")
            m.put(source, block)

        def act() -> None:
            self.leave_guest(a64.LOWER_SERROR if esr >> 26 == SERROR else a64.LOWER_SYNC, esr, vm.address)
            vm.settle()

        reaction = m.observe(act, vm.page, source, **wait)
        return replace(reaction, block=block, output="" if reaction.panicked else vm.report())
