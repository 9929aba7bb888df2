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
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Self, Unpack

from ..formats.hest import Notify
from . import LiveError, Panicked, a64, sdei
from .gdbstub import PC, PSTATE, Closed, Stub
from .machine import Machine
from .qemu import Setup, compiled
from .recording.experiments import GUEST_SEA
from .recording.layout import BASE, TABLES
from .recording.reaction import Reaction, Victim
from .sdei import SAVED, Dispatcher, Resume
from .vmm import Vmm
from .watch import Wait

SERROR = 0x2F  # ESR_EL2.EC of an SError

SECONDS = 300  # for a busy machine to come to where we can act; usually it takes milliseconds
PROBE = 0.02  # seconds that the machine runs between two looks at it


class El3:
    """The firmware of a machine, and what its kernel does about it.

    with Machine(hest, El3.SETUP) as m, El3(m) as firmware:
        firmware.serror(0xbe000c11)

    Made when UEFI runs, it finds the kernel when that has begun; the `with` block waits until the machine is up.
    `SETUP` is what the machine must have: its kernel finds SDEI, and can be stopped and searched. A thread owns the
    debugger's stub: what others ask of it waits until the machine has stopped where it can be done.
    """

    SETUP = Setup(
        debug=True, append="nokaslr", tables={"ssdt2": compiled("sdei")}, fill={BASE + TABLES: sdei.ACPI_TABLE}
    )

    def __init__(self, machine: Machine) -> None:
        self.machine, self.dispatcher = machine, Dispatcher()
        kernel = machine.guest.kernel.read_bytes()
        places, exits = a64.calls(kernel), a64.pairs(kernel, a64.HERE)
        self._stub, self._mode = Stub(machine.debug), 0
        self._base = self._find(kernel)
        self._calls = {self._base + at for at in places}
        self._exits = {self._base + at for at in exits}
        self._stop_at(self._calls)
        self._wanted: tuple[Callable[[], bool], Future[None]] | None = None  # what is asked, and whether it is done
        self._failed: Exception | None = None
        threading.Thread(target=self._serve, name="EL3", daemon=True).start()

    def __enter__(self) -> Self:
        self.machine.notify[Notify.SDEI] = lambda slot: self.deliver(slot.vector)
        self.machine.up()
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing: the firmware ends with its machine."""

    def _find(self, kernel: bytes) -> int:
        """Where the kernel is: let it run and stop, until what it executes is found in its image."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            self._stub.go()
            if not self._stub.wait(PROBE):
                self._stub.interrupt()
            pc = self._stub.registers()[PC]
            if pc >> 48 == 0xFFFF:  # it has its own page tables
                with contextlib.suppress(LiveError):  # where the next page is not there yet
                    at = a64.offset_of(kernel, self._stub.read(pc, 48))
                    if at is not None and (pc - at) % 0x1000 == 0:
                        return pc - at
        raise LiveError(f"the kernel was not seen to run within {SECONDS} seconds\n{self.machine.tail()}")

    # --- errors -------------------------------------------------------------------------------------------------------

    def serror(self, esr: int, **wait: Unpack[Wait]) -> Reaction:
        """Have the kernel take an SError with this syndrome; the rest is as for `Machine.observe`."""
        return self._observe(lambda: self.take_serror(esr), **wait)

    def guest_error(self, vm: Vmm, esr: int = GUEST_SEA, block: bytes | None = None, **wait: Unpack[Wait]) -> Reaction:
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

        vector = a64.LOWER_SERROR if esr >> 26 == SERROR else a64.LOWER_SYNC
        reaction = self._observe(lambda: self.leave_guest(vector, esr, vm.address), vm.page, source, **wait)
        return replace(reaction, block=block, output="" if reaction.panicked else vm.report())

    def _observe(
        self, act: Callable[[], None], page: Victim | None = None, source: int | None = None, **wait: Unpack[Wait]
    ) -> Reaction:
        """`Machine.observe`, from when a kernel that goes on runs the agent again."""

        def and_go_on() -> None:
            act()
            with contextlib.suppress(Panicked):
                self.machine.flush()

        return self.machine.observe(and_go_on, page, source, **wait)

    # --- what can be asked --------------------------------------------------------------------------------------------

    def deliver(self, event: int, interruptible: bool = False) -> None:
        """Have the kernel take an SDEI event. Raises `LiveError` if it is not registered and enabled.

        With *interruptible* it comes where the kernel takes interrupts, as it does while it works for a process.
        """
        self._do(lambda: self._deliver(event, interruptible), f"SDEI event {event} could not be delivered")

    def take_serror(self, esr: int) -> None:
        """Have the kernel take an SError, wherever it is."""
        self._do(lambda: self._serror(esr), "the kernel was not at a place where it takes an SError")

    def leave_guest(self, vector: int, esr: int, far: int = 0) -> None:
        """Have a KVM guest, which must be running, end in an exception to EL2, at this offset of its vectors."""
        self._do(lambda: self._leave_guest(vector, esr, far), "no guest was seen to run and exit")

    def _do(self, act: Callable[[], bool], otherwise: str) -> None:
        """Have it done by the thread that owns the stub, and wait for it; *act* gives true if it could be done.

        One thing at a time is asked.
        """
        done = Future[None]()
        self._wanted = act, done
        if self._failed:
            raise LiveError(f"the firmware has ended: {self._failed}") from self._failed
        try:
            done.result(SECONDS)
        except TimeoutError:
            self._wanted = None
            raise LiveError(f"{otherwise} within {SECONDS} seconds\n{self.machine.tail()}") from None

    # --- the thread that owns the stub --------------------------------------------------------------------------------

    def _serve(self) -> None:
        try:
            while True:
                self._stub.go()
                self._until_stop()
                if (at := self._stub.registers()[PC]) in self._calls | self._exits:
                    self._answer(at)
                if self._wanted:
                    self._try(*self._wanted)
        except Exception as e:  # most often the end of the machine; whoever waits gets it
            self._failed = e
            if not isinstance(e, Closed):  # nobody answers the kernel's calls any more
                self.machine.over = f"the firmware has ended: {e}"
            if self._wanted:
                self._wanted[1].set_exception(e)
        finally:
            self._stub.close()

    def _until_stop(self) -> None:
        """Wait for a call; if somebody asks for something, stop the machine soon."""
        while not self._stub.wait(PROBE):
            if self._wanted:
                self._stub.interrupt()
                return

    def _try(self, act: Callable[[], bool], done: Future[None]) -> None:
        """Do what is asked where the machine has stopped; what cannot be done there is tried at the next stop."""
        try:
            if not act():
                return
            self._wanted = None
            done.set_result(None)
        except Closed:
            raise
        except LiveError as e:
            self._wanted = None
            done.set_exception(e)

    def _stop_at(self, places: set[int], on: bool = True) -> None:
        """Stop there, or no longer. The machine is slow near such places, so they are no more than needed."""
        for place in places:
            self._stub.breakpoint(place, on)

    # --- calls --------------------------------------------------------------------------------------------------------

    def _answer(self, pc: int) -> None:
        """Answer the call that the kernel is about to make; what is not SDEI's goes to QEMU's PSCI."""
        registers = self._stub.registers()
        self._mode = registers[PSTATE] & a64.MODE
        answer = self.dispatcher.call(*registers[:6])
        if answer is None:
            self._pass(pc)
            return
        if isinstance(answer, Resume):
            if not self.dispatcher.interrupted:
                self._stop_at(self._exits, False)
            registers[:SAVED], registers[PC:] = answer.interrupted[:SAVED], answer.interrupted[PC:]
            if answer.address is not None:
                self._run([a64.msr(a64.ELR_EL1, 0), a64.msr(a64.SPSR_EL1, 1)], registers[PC:])
                registers[PC], registers[PSTATE] = answer.address, a64.taken(registers[PSTATE])
        else:
            registers[0], registers[1:4], registers[PC] = answer % (1 << 64), (0, 0, 0), pc + 4
        self._stub.set_registers(registers)

    def _pass(self, pc: int) -> None:
        self._stub.breakpoint(pc, False)
        self._stub.step()
        self._stub.breakpoint(pc)

    # --- what arrives -------------------------------------------------------------------------------------------------

    def _deliver(self, event: int, interruptible: bool) -> bool:
        if why := self.dispatcher.refusal(event):
            raise LiveError(f"SDEI event {event} cannot be delivered: {why}")
        registers = self._stub.registers()
        pstate = registers[PSTATE]
        if not self.dispatcher.takes(event) or pstate & a64.MODE != self._mode:
            return False
        if interruptible and pstate & a64.IRQ_MASKED:
            return False
        if not self.dispatcher.interrupted:
            self._stop_at(self._exits)
        registers[:4], registers[PC] = self.dispatcher.deliver(event, tuple(registers))
        registers[PSTATE] = a64.taken(pstate)
        self._stub.set_registers(registers)
        return True

    def _serror(self, esr: int) -> bool:
        registers = self._stub.registers()
        pstate = registers[PSTATE]
        if pstate & a64.MODE != self._mode or pstate & a64.SERROR_MASKED:
            return False
        code = [a64.msr(a64.ESR_EL1, 0), a64.msr(a64.ELR_EL1, 1), a64.msr(a64.SPSR_EL1, 2), a64.ISB]
        vectors = self._run([*code, a64.mrs(3, a64.VBAR_EL1)], (esr, registers[PC], pstate))[3]
        registers[PC], registers[PSTATE] = vectors + a64.CURRENT_SERROR, a64.taken(pstate)
        self._stub.set_registers(registers)
        return True

    def _leave_guest(self, vector: int, esr: int, far: int) -> bool:
        if self._mode != a64.EL2H:
            raise LiveError("where KVM runs without VHE, this lab cannot tell its guests from the kernel")
        if self._stub.registers()[PSTATE] & a64.MODE not in (a64.EL1T, a64.EL1H):
            return False
        vectors = self._stub.system_register("VBAR_EL2")
        exits = {vectors + a64.LOWER_SYNC, vectors + a64.LOWER_IRQ}
        self._stop_at(exits)
        self._stub.go()
        if not self._stub.wait(1):
            self._stub.interrupt()
        self._stop_at(exits, False)
        registers = self._stub.registers()
        if registers[PC] not in exits:
            return False
        self._run([a64.msr(a64.ESR_EL1, 0), a64.msr(a64.FAR_EL1, 1)], (esr, far))  # at EL2 with VHE: those of EL2
        registers[PC] = vectors + vector
        self._stub.set_registers(registers)
        return True

    def _run(self, code: Sequence[int], x: Sequence[int]) -> list[int]:
        """Have the processor execute a few instructions of ours, with these in X0 and on; the registers afterwards."""
        before, place = self._stub.registers(), self._base + a64.TEXT
        ours = a64.code([*code, a64.ISB, a64.NOP])
        theirs = self._stub.read(place, len(ours))
        self._stub.write(place, ours)
        self._stub.set_registers([*x, *before[len(x) : PC], place, before[PSTATE] | a64.DAIF])
        self._stub.run_to(place + len(ours) - 4)
        after = self._stub.registers()
        self._stub.write(place, theirs)
        self._stub.set_registers(before)
        return after
