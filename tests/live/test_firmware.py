"""The firmware that Python plays, at a pretended debugger's stub: what it does to the registers at every stop."""

import queue
from types import SimpleNamespace

import pytest

from raslib.formats.hest import Notify
from raslib.formats.sdei import Function
from raslib.live import LiveError, Machine, a64, el3, gdbstub, run, sources
from raslib.live.gdbstub import PC, PSTATE, SP, Closed
from raslib.live.recording import experiments as steps
from raslib.live.recording.layout import CRITICAL, NORMAL

from .conftest import wait

BASE, CALL, EXIT, IDLE = 0xFFFF_8000_0800_0000, 0x1_0010, 0x1_0050, 0x1_2000
VECTORS, HANDLER, ARGUMENT, STACK = 0xFFFF_8000_0801_2800, 0xFFFF_8000_0801_6724, 0xFFFF_0000_784E_FC00, 0x1000
IDLING, MASKED, PROCESS = 0x6040_0005, 0x6040_00C5, 0x6000_0000  # PSTATE


def kernel() -> bytes:
    made = bytearray(0x2_0000)
    made[56:60] = b"ARM\x64"
    for at, words in {
        CALL: [a64.SMC, a64.load(4, a64.SP)],
        EXIT: [a64.SMC, a64.HERE],
        IDLE: [a64.NOP] * 11 + [a64.ISB],
    }.items():
        made[at : at + 4 * len(words)] = a64.code(words)
    return bytes(made)


class Processor:
    """A machine that does as the test says: `stop` has it stop by itself, `at` is where it is if interrupted.

    Otherwise it runs a process. The registers with which it goes on again are got by `resumed`.
    """

    def __init__(self, path):
        self.now, self.memory = [], bytearray(kernel())
        self.stops, self.found = queue.SimpleQueue(), queue.SimpleQueue()
        self.places, self.steps, self.ran = set(), [], []
        self.went, self.stopped = queue.SimpleQueue(), False
        self.system = {"VBAR_EL2": VECTORS}
        self.at(BASE + IDLE, IDLING)

    def stop(self, pc, x=(), pstate=MASKED):
        """Stop at *pc* with these in X0 and on; the registers with which it goes on."""
        self.stops.put([*x, *range(100 + len(x), 131), STACK, pc, pstate])
        return self.resumed()

    def at(self, pc, pstate, then=None):
        """An interruption finds it at *pc*; *then* is where it stops next by itself, and its PSTATE there."""
        self.found.put(([*range(31), STACK, pc, pstate], then and [*range(31), STACK, *then]))

    def resumed(self):
        return self.went.get(timeout=10)

    def end(self):
        self.stops.put(None)

    def go(self):
        if self.stopped:
            self.went.put(list(self.now))
        self.stopped, self.now = False, [*range(31), STACK, 0x1000, PROCESS]

    def wait(self, seconds=30):
        try:
            where = self.stops.get(timeout=min(seconds, 0.01))
        except queue.Empty:
            return False
        if where is None:
            raise Closed("the machine has ended")
        self.now, self.stopped = where, True
        return True

    def interrupt(self):
        self.stopped = True
        if not self.found.empty():
            self.now, then = self.found.get()
            if self.now is None:
                raise Closed("the machine has ended")
            if then:
                self.stops.put(then)

    def registers(self):
        return list(self.now)

    def set_registers(self, registers):
        assert len(registers) == 34
        self.now = list(registers)

    def system_register(self, name):
        return self.system[name]

    def read(self, address, size):
        return bytes(self.memory[address - BASE : address - BASE + size])

    def write(self, address, data):
        self.memory[address - BASE : address - BASE + len(data)] = data

    def breakpoint(self, address, on=True):
        (self.places.add if on else self.places.discard)(address)

    def step(self):
        assert self.now[PC] not in self.places
        self.steps.append(self.now[PC])

    def run_to(self, address):
        """Our own few instructions: note them, and read VBAR_EL1 if they do."""
        start = self.now[PC] - BASE
        self.ran.append((bytes(self.memory[start : address - BASE]), self.now[:3], self.now[PSTATE]))
        self.now[3], self.now[PC] = VECTORS, address

    def close(self):
        pass


@pytest.fixture
def firmware(tmp_path, monkeypatch):
    """The firmware of a machine that idles, and its processor."""
    (tmp_path / "vmlinuz").write_bytes(kernel())
    monkeypatch.setattr("raslib.live.el3.Stub", Processor)
    monkeypatch.setattr("raslib.live.el3.SECONDS", 10)
    guest = SimpleNamespace(kernel=tmp_path / "vmlinuz")
    made = el3.El3(SimpleNamespace(guest=guest, debug=tmp_path / "debug", tail=lambda: "  | the last line", over=""))
    made._stub.resumed()
    yield made, made._stub
    made._stub.end()


def ready(cpu: Processor, number: int = NORMAL) -> None:
    cpu.stop(BASE + CALL, (Function.SDEI_EVENT_REGISTER, number, HANDLER, ARGUMENT, 0, 0))
    cpu.stop(BASE + CALL, (Function.SDEI_EVENT_ENABLE, number))
    cpu.stop(BASE + CALL, (Function.SDEI_PE_UNMASK,))


def test_the_kernel_is_found_by_what_it_executes(firmware):
    fw, cpu = firmware
    assert cpu.places == {BASE + CALL}
    assert fw._base == BASE


def test_a_call_is_answered_in_x0_and_the_kernel_goes_on_behind_it(firmware):
    fw, cpu = firmware
    found = cpu.stop(BASE + CALL, (Function.SDEI_VERSION,))
    assert found[:4] == [1 << 48, 0, 0, 0]
    assert found[4:SP] == list(range(104, 131))
    assert (found[PC], found[PSTATE]) == (BASE + CALL + 4, MASKED)
    assert fw.dispatcher.calls == ["SDEI_VERSION() = 0x1000000000000"]


def test_an_error_is_a_negative_number_of_64_bits(firmware):
    _, cpu = firmware
    assert cpu.stop(BASE + CALL, (Function.SDEI_EVENT_ENABLE, 1))[0] == 0xFFFF_FFFF_FFFF_FFFE


def test_what_is_not_sdei_is_executed_for_psci(firmware):
    fw, cpu = firmware
    cpu.stop(BASE + CALL, (0x8400_0000,))
    assert cpu.steps == [BASE + CALL]
    assert cpu.places == {BASE + CALL}
    assert fw.dispatcher.calls == []


def test_an_event_enters_its_handler_and_leaves_as_if_nothing_had_been(firmware):
    fw, cpu = firmware
    ready(cpu)
    cpu.at(BASE + IDLE, MASKED)
    fw.deliver(NORMAL)
    found = cpu.resumed()
    assert found[:4] == [NORMAL, ARGUMENT, BASE + IDLE, MASKED]
    assert found[4:SP] == list(range(4, 31))
    assert (found[PC], found[PSTATE]) == (HANDLER, MASKED | a64.DAIF)
    assert cpu.places == {BASE + CALL, BASE + EXIT}
    assert cpu.stop(BASE + CALL, (Function.SDEI_EVENT_CONTEXT, 17))[0] == 17
    left = cpu.stop(BASE + EXIT, (Function.SDEI_EVENT_COMPLETE, 0))
    assert left[:18] == list(range(18))
    assert (left[PC], left[PSTATE]) == (BASE + IDLE, MASKED)
    assert cpu.places == {BASE + CALL}


def test_a_handler_may_leave_for_another_place_that_sees_what_was_interrupted(firmware):
    fw, cpu = firmware
    ready(cpu)
    cpu.at(BASE + IDLE, IDLING)
    fw.deliver(NORMAL, interruptible=True)
    cpu.resumed()
    left = cpu.stop(BASE + EXIT, (Function.SDEI_EVENT_COMPLETE_AND_RESUME, VECTORS + 0x280))
    assert (left[PC], left[PSTATE]) == (VECTORS + 0x280, IDLING | a64.DAIF)
    assert left[:18] == list(range(18))
    ((code, x, pstate),) = cpu.ran
    assert code[:8] == a64.code([a64.msr(a64.ELR_EL1, 0), a64.msr(a64.SPSR_EL1, 1)])
    assert (x[:2], pstate & a64.DAIF) == ([BASE + IDLE, IDLING], a64.DAIF)
    assert bytes(cpu.memory) == kernel()


def test_an_event_waits_until_the_kernel_runs_and_its_like_are_done(firmware):
    fw, cpu = firmware
    ready(cpu)
    cpu.at(0x1000, PROCESS)
    cpu.at(BASE + IDLE, MASKED)
    fw.deliver(NORMAL)
    assert cpu.resumed()[PC] == 0x1000
    assert cpu.resumed()[PC] == HANDLER
    assert len(fw.dispatcher.interrupted) == 1


def test_an_event_that_nobody_wants_is_refused(firmware):
    fw, cpu = firmware
    cpu.at(BASE + IDLE, MASKED)
    with pytest.raises(LiveError, match=f"SDEI event {CRITICAL} cannot be delivered: nobody has registered for it"):
        fw.deliver(CRITICAL)


def test_an_serror_enters_the_kernels_vector_with_its_syndrome(firmware):
    fw, cpu = firmware
    ready(cpu)  # by its calls we know at which level the kernel is
    cpu.at(BASE + IDLE, IDLING)
    fw.take_serror(0xBE00_0C11)
    found = cpu.resumed()
    assert (found[PC], found[PSTATE]) == (VECTORS + 0x380, IDLING | a64.DAIF)
    assert found[:SP] == list(range(31))
    ((code, x, _),) = cpu.ran
    assert code[:12] == a64.code([a64.msr(a64.ESR_EL1, 0), a64.msr(a64.ELR_EL1, 1), a64.msr(a64.SPSR_EL1, 2)])
    assert x == [0xBE00_0C11, BASE + IDLE, IDLING]
    assert bytes(cpu.memory) == kernel()


def test_an_serror_waits_while_the_kernel_masks_it(firmware):
    fw, cpu = firmware
    ready(cpu)
    cpu.at(BASE + IDLE, IDLING | a64.DAIF)
    cpu.at(BASE + IDLE, IDLING)
    fw.take_serror(0xBE00_0000)
    assert cpu.resumed()[PC] == BASE + IDLE
    assert cpu.resumed()[PC] == VECTORS + 0x380


def test_a_guests_exit_becomes_the_error(firmware):
    fw, cpu = firmware
    cpu.stop(BASE + CALL, (Function.SDEI_VERSION,), 0x6040_00C9)  # a kernel at EL2
    cpu.at(0x4000_0924, 0x5, then=(VECTORS + a64.LOWER_IRQ, 0x6000_03C9))
    fw.leave_guest(a64.LOWER_SYNC, 0x9200_0010, 0x4020_0000)
    cpu.resumed()
    found = cpu.resumed()
    assert (found[PC], found[PSTATE]) == (VECTORS + 0x400, 0x6000_03C9)
    assert found[:SP] == list(range(31))
    ((code, x, _),) = cpu.ran
    assert code[:8] == a64.code([a64.msr(a64.ESR_EL1, 0), a64.msr(a64.FAR_EL1, 1)])
    assert x[:2] == [0x9200_0010, 0x4020_0000]
    assert cpu.places == {BASE + CALL}


def test_without_vhe_a_guest_cannot_be_told_from_the_kernel(firmware):
    fw, cpu = firmware
    ready(cpu)
    cpu.at(BASE + IDLE, IDLING)
    with pytest.raises(LiveError, match="where KVM runs without VHE"):
        fw.leave_guest(a64.LOWER_SYNC, 0x9200_0010)


def test_the_end_of_the_machine_is_told_to_who_waits_and_to_who_comes_later(firmware):
    fw, cpu = firmware
    ready(cpu)
    cpu.at(0x1000, PROCESS)
    cpu.found.put((None, None))
    for _ in range(2):
        with pytest.raises(LiveError, match="the machine has ended"):
            fw.deliver(NORMAL)


def test_a_kernel_whose_firmware_has_failed_is_not_waited_for(firmware):
    fw, cpu = firmware
    cpu.registers = lambda: gdbstub.unpack("00")
    cpu.stops.put([0] * 34)
    wait(lambda: fw.machine.over)
    assert fw.machine.over == "the firmware has ended: the debugger's stub gave 0 registers, not 34"


def test_who_waits_too_long_is_told_what_the_guest_said_last(firmware, monkeypatch):
    fw, cpu = firmware
    ready(cpu)
    monkeypatch.setattr("raslib.live.el3.SECONDS", 0.1)
    cpu.at(0x1000, PROCESS)
    with pytest.raises(LiveError, match="the kernel was not at a place where it takes an SError within 0.1 seconds\n"):
        fw.take_serror(0xBE00_0000)


def test_a_kernel_that_is_never_seen_is_told(tmp_path, monkeypatch):
    class Elsewhere(Processor):
        def at(self, *where):
            """It is never in the kernel."""

    (tmp_path / "vmlinuz").write_bytes(kernel())
    monkeypatch.setattr("raslib.live.el3.Stub", Elsewhere)
    monkeypatch.setattr("raslib.live.el3.SECONDS", 0.1)
    guest = SimpleNamespace(kernel=tmp_path / "vmlinuz")
    with pytest.raises(LiveError, match="the kernel was not seen to run within 0.1 seconds\n  | the last line"):
        el3.El3(SimpleNamespace(guest=guest, debug=tmp_path / "debug", tail=lambda: "  | the last line"))


def test_a_step_that_needs_our_firmware_says_so():
    with pytest.raises(LiveError, match="nobody plays EL3 on this machine"):
        run.do(steps.SError("mine", 0xBE00_0000), None, None)


def test_a_machine_with_our_firmware_has_a_debuggers_stub_and_loads_the_table(given):
    made = Machine(sources(Notify.SDEI), el3.El3.SETUP, **given)
    assert (made.setup.debug, made.setup.append) == (True, "nokaslr")
    assert made.setup.fill[0x801F_0000][:4] == b"SDEI"
    assert b"RASSDEI" in made.tables["ssdt2"]
