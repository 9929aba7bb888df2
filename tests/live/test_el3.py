"""Python as firmware at EL3: the debugger's packets, the places where a kernel calls firmware, and SDEI's states."""

import socket
import threading

import capstone
import pytest

from raslib.formats.sdei import Function, SdeiResult
from raslib.live import LiveError, a64, gdbstub, sdei
from raslib.live.a64 import calls, offset_of, pairs

# --- packets ----------------------------------------------------------------------------------------------------------


def test_a_packet_ends_with_the_sum_of_its_bytes():
    assert gdbstub.frame("qSupported") == b"$qSupported#37"
    assert gdbstub.frame("") == b"$#00"


def test_the_first_whole_packet_is_taken_and_the_rest_is_kept():
    assert gdbstub.unframe(b"+$OK#9a+$T05thread:01;#07") == ("OK", b"+$T05thread:01;#07")
    assert gdbstub.unframe(b"+$T05thread:01;#07") == ("T05thread:01;", b"")
    assert gdbstub.unframe(b"+") == (None, b"+")


@pytest.mark.parametrize("size", range(len(b"+$T05#b9")))
def test_a_packet_that_has_not_come_whole_is_waited_for(size):
    data = b"+$T05#b9"[:size]
    assert gdbstub.unframe(data) == (None, data)


def test_escaped_bytes_are_what_they_stand_for():
    """A brace, then the byte with bit 5 turned over: 0x03 for #, 0x5d for }."""
    payload = b"m}\x03}\x5d"
    assert gdbstub.unframe(b"$%b#%02x" % (payload, sum(payload) % 256)) == ("m#}", b"")


def test_registers_are_packed_lowest_byte_first_and_pstate_has_four():
    registers = [*range(31), 0xFFFF_8000_0800_0000, 0x4000_0934, 0x6000_03C5]
    packed = gdbstub.pack(registers)
    assert packed.startswith("00000000000000000100000000000000")
    assert packed.endswith("000000080080ffff3409004000000000c5030060")
    assert gdbstub.unpack(packed) == registers
    assert gdbstub.unpack(packed + "00" * 16) == registers


def test_fewer_registers_than_a_core_has_are_refused():
    with pytest.raises(LiveError, match="gave 33 registers, not 34"):
        gdbstub.unpack("00" * (33 * 8))


class Script:
    """A stub that expects requests and gives answers, in order; what was asked instead is in `wrong`."""

    def __init__(self, path, *turns):
        self.wrong: list[str] = []
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(str(path))
        self.door.listen(1)
        greeting = [
            ("qSupported:multiprocess-;xmlRegisters=aarch64", ["T02thread:01;", "PacketSize=1000"]),
            ("qXfer:features:read:target.xml:0,ff0", ["l<target/>"]),
        ]
        self.thread = threading.Thread(target=self.talk, args=([*greeting, *turns],), daemon=True)
        self.thread.start()

    def talk(self, turns):
        link, _ = self.door.accept()
        link.settimeout(10)
        received = b""
        for expected, answers in turns:
            while (found := gdbstub.unframe(received))[0] is None and b"\x03" not in received:
                received += link.recv(4096)
            asked, received = ("\x03", b"") if found[0] is None else found
            self.wrong += [asked] * (asked != expected)
            for answer in answers:
                link.sendall(b"+" + gdbstub.frame(answer))
        self.link = link

    def close(self):
        self.thread.join(10)
        self.link.close()
        self.door.close()


@pytest.fixture
def script(tmp_path):
    made = []

    def make(*turns):
        made.append(Script(tmp_path / "stub", *turns))
        return made[0], gdbstub.Stub(tmp_path / "stub")

    yield make
    for one in made:
        one.close()
        assert one.wrong == []


def test_a_stop_that_nobody_asked_for_does_not_put_answers_out_of_step(script):
    _, stub = script(("m40000000,4", ["1f2003d5"]), ("M40000000,4:1f2003d5", ["OK"]), ("Z0,40000000,4", ["OK"]))
    assert stub.read(0x4000_0000, 4) == a64.code([a64.NOP])
    stub.write(0x4000_0000, a64.code([a64.NOP]))
    stub.breakpoint(0x4000_0000)


def test_what_the_stub_refuses_is_told(script):
    _, stub = script(("m0,4", ["E14"]), ("M0,1:00", [""]))
    with pytest.raises(LiveError, match="refuses 'm0,4': E14"):
        stub.read(0, 4)
    with pytest.raises(LiveError, match="it does not know it"):
        stub.write(0, b"\0")


def test_a_system_register_is_found_by_its_name_in_a_description_that_comes_in_pieces(script):
    first, second = '<feature><reg name="VBAR_EL2" bitsize="64" regn', 'um="0x"/><reg name="ESR_EL1" regnum="71"/>'
    second = second.replace('um="0x"', 'um="70"')
    _, stub = script(
        ("qXfer:features:read:system-registers.xml:0,ff0", ["m" + first]),
        (f"qXfer:features:read:system-registers.xml:{len(first):x},ff0", ["l" + second]),
        ("p46", ["000801080080ffff"]),
    )
    assert stub.system_register("VBAR_EL2") == 0xFFFF_8000_0801_0800
    with pytest.raises(LiveError, match="does not show HCR_EL2"):
        stub.system_register("HCR_EL2")


def test_a_stub_that_is_gone_is_told(tmp_path):
    with pytest.raises(gdbstub.Closed, match="the machine has ended"):
        gdbstub.Stub(tmp_path / "stub")


@pytest.mark.parametrize(
    ("packet", "method", "what"),
    [("\x03", "interrupt", "stopped"), ("s", "step", "stopped"), ("g", "registers", "answered")],
)
def test_a_stop_that_does_not_come_is_told_before_it_is_taken_for_an_answer(script, monkeypatch, packet, method, what):
    _, stub = script((packet, []))
    monkeypatch.setattr(gdbstub, "SECONDS", 0)
    with pytest.raises(gdbstub.Closed, match=f"has not {what} within 0 seconds"):
        getattr(stub, method)()


def test_running_to_a_place_stops_there_and_takes_the_breakpoint_back(script):
    there = gdbstub.pack([0] * 32 + [0x8000, 0x3C5])
    turns = [("Z0,8000,4", ["OK"]), ("c", ["T05thread:01;"]), ("z0,8000,4", ["OK"]), ("g", [there])]
    _, stub = script(*turns)
    stub.run_to(0x8000)


def test_a_running_machine_is_stopped_by_a_word(script):
    _, stub = script(("c", []), ("\x03", ["T02thread:01;"]))
    stub.go()
    assert not stub.wait(0.01)
    stub.interrupt()


# --- instructions -----------------------------------------------------------------------------------------------------

WORDS = {
    a64.NOP: "nop",
    a64.ISB: "isb",
    a64.HVC: "hvc #0",
    a64.SMC: "smc #0",
    a64.HERE: "b #0x1000",
    a64.UNMASK_A: "msr daifclr, #4",
    a64.mrs(0, a64.ESR_EL1): "mrs x0, esr_el1",
    a64.mrs(3, a64.VBAR_EL1): "mrs x3, vbar_el1",
    a64.msr(a64.FAR_EL1, 1): "msr far_el1, x1",
    a64.msr(a64.ELR_EL1, 1): "msr elr_el1, x1",
    a64.msr(a64.SPSR_EL1, 2): "msr spsr_el1, x2",
    a64.movz(9, 0x900, 16): "mov x9, #0x9000000",
    a64.add(1, 1, 1): "add x1, x1, #1",
    a64.load(4, a64.SP): "ldr x4, [sp]",
    a64.load(3, 2, 16): "ldr x3, [x2, #0x10]",
    a64.store(a64.XZR, 9, 40): "str xzr, [x9, #0x28]",
    a64.branch(0x800 - 4): "b #0x17fc",
    a64.branch(-8): "b #0xff8",
    a64.branch_if_zero(4, -12): "cbz x4, #0xff4",
}


@pytest.mark.parametrize(("word", "means"), WORDS.items(), ids=WORDS.values())
def test_instructions_are_what_a_disassembler_takes_them_for(word, means):
    (found,) = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM).disasm(a64.code([word]), 0x1000)
    assert f"{found.mnemonic} {found.op_str}".strip() == means


def test_an_exception_masks_all_and_keeps_the_level_and_the_flags():
    assert a64.taken(0x8040_0005) == 0x8040_03C5
    assert a64.taken(0x00B0_0C09) == 0x0000_03C9


# --- the kernel's image -----------------------------------------------------------------------------------------------


def kernel(*placed: tuple[int, list[int]]) -> bytes:
    made = bytearray(0x2_0000)
    made[56:60] = b"ARM\x64"
    for at, words in placed:
        made[at : at + 4 * len(words)] = a64.code(words)
    return bytes(made)


CALL = a64.load(4, a64.SP)


def test_calls_to_firmware_are_found_by_what_follows_them():
    made = kernel(
        (0x1_0010, [a64.HVC, CALL]),
        (0x1_0020, [a64.SMC, CALL]),
        (0x1_0030, [a64.HVC, a64.NOP]),
        (0x1_0042, [a64.HVC, CALL]),  # not aligned, so it is data
        (0x1_0050, [a64.HVC, a64.HERE]),
        (0x1_0060, [a64.SMC, a64.HERE]),
    )
    assert calls(made) == {0x1_0010, 0x1_0020}
    assert pairs(made, a64.HERE) == {0x1_0050, 0x1_0060}


def test_a_kernel_that_is_compressed_or_calls_nobody_is_refused():
    with pytest.raises(LiveError, match="not an uncompressed arm64 image"):
        calls(b"MZ\0\0zimg" + bytes(100))
    with pytest.raises(LiveError, match="nothing in the kernel's image"):
        calls(kernel())


def test_code_is_placed_only_where_it_stands_once():
    made = kernel((0x1_0000, [a64.NOP, a64.ISB]), (0x1_0100, [a64.NOP, a64.HVC]))
    assert offset_of(made, a64.code([a64.NOP, a64.ISB])) == 0x1_0000
    assert offset_of(made, a64.code([a64.NOP])) is None
    assert offset_of(made, a64.code([a64.SMC])) is None


# --- SDEI -------------------------------------------------------------------------------------------------------------

ENTRY, ARGUMENT = 0xFFFF_8000_0801_6724, 0xFFFF_0000_784E_FC00
INTERRUPTED = (*range(100, 132), 0xFFFF_8000_0810_0000, 0x8040_00C5)


@pytest.fixture
def firmware() -> sdei.Dispatcher:
    return sdei.Dispatcher()


def ready(firmware: sdei.Dispatcher, *numbers: int) -> None:
    for number in numbers:
        assert firmware.call(Function.SDEI_EVENT_REGISTER, number, ENTRY, ARGUMENT, 0, 0) == SdeiResult.SUCCESS
        assert firmware.call(Function.SDEI_EVENT_ENABLE, number, 0, 0, 0, 0) == SdeiResult.SUCCESS
    assert firmware.call(Function.SDEI_PE_UNMASK, 0, 0, 0, 0, 0) == SdeiResult.SUCCESS


def test_it_is_version_1_0_and_the_upper_half_of_x0_does_not_matter(firmware):
    assert firmware.call(Function.SDEI_VERSION, 0, 0, 0, 0, 0) == 0x1_0000_0000_0000
    assert firmware.call(0xDEAD_BEEF_0000_0000 | Function.SDEI_VERSION, 0, 0, 0, 0, 0) == 0x1_0000_0000_0000


def test_what_is_not_sdei_is_left_to_others_and_what_we_lack_is_not_supported(firmware):
    assert firmware.call(0x8400_0000, 0, 0, 0, 0, 0) is None  # PSCI_VERSION
    assert firmware.call(0xC400_0003, 0, 0, 0, 0, 0) is None  # CPU_ON
    assert firmware.call(Function.SDEI_INTERRUPT_BIND, 201, 0, 0, 0, 0) == SdeiResult.NOT_SUPPORTED
    assert firmware.call(0xC400_003F, 0, 0, 0, 0, 0) == SdeiResult.NOT_SUPPORTED


@pytest.mark.parametrize(("number", "priority"), [(sdei.NORMAL, 0), (sdei.CRITICAL, 1)])
def test_the_events_of_the_lab_are_shared_and_of_two_priorities(firmware, number, priority):
    answers = [firmware.call(Function.SDEI_EVENT_GET_INFO, number, which, 0, 0, 0) for which in range(4)]
    assert answers == [1, 0, priority, SdeiResult.INVALID_PARAMETERS]


def test_an_event_is_registered_enabled_and_delivered_with_its_argument(firmware):
    assert firmware.refusal(sdei.NORMAL) == "nobody has registered for it"
    firmware.call(Function.SDEI_EVENT_REGISTER, sdei.NORMAL, ENTRY, ARGUMENT, 0, 0)
    assert firmware.refusal(sdei.NORMAL) == "it is not enabled"
    firmware.call(Function.SDEI_EVENT_ENABLE, sdei.NORMAL, 0, 0, 0, 0)
    assert firmware.refusal(sdei.NORMAL) == ""
    assert not firmware.takes(sdei.NORMAL)
    firmware.call(Function.SDEI_PE_UNMASK, 0, 0, 0, 0, 0)
    assert firmware.takes(sdei.NORMAL)
    entry = firmware.deliver(sdei.NORMAL, INTERRUPTED)
    assert entry == ((sdei.NORMAL, ARGUMENT, *INTERRUPTED[-2:]), ENTRY)


def test_an_event_that_the_processor_does_not_take_is_not_delivered(firmware):
    with pytest.raises(ValueError, match="SDEI event 804 is not dispatched: events are masked on this PE"):
        firmware.deliver(sdei.NORMAL, INTERRUPTED)
    ready(firmware, sdei.NORMAL)
    firmware.deliver(sdei.NORMAL, INTERRUPTED)
    with pytest.raises(ValueError, match="the event is of normal priority, and another is outstanding"):
        firmware.deliver(sdei.NORMAL, INTERRUPTED)


def test_an_event_that_firmware_does_not_have_is_refused(firmware):
    assert firmware.refusal(1) == "firmware has no such event"
    names = ("REGISTER", "ENABLE", "DISABLE", "UNREGISTER", "GET_INFO")
    found = {firmware.call(Function[f"SDEI_EVENT_{name}"], 1, 0, 0, 0, 0) for name in names}
    assert found == {SdeiResult.INVALID_PARAMETERS}


def test_a_handler_may_ask_for_18_registers_and_only_a_handler_may(firmware):
    ready(firmware, sdei.NORMAL)
    assert firmware.call(Function.SDEI_EVENT_CONTEXT, 0, 0, 0, 0, 0) == SdeiResult.DENIED
    firmware.deliver(sdei.NORMAL, INTERRUPTED)
    assert [firmware.call(Function.SDEI_EVENT_CONTEXT, n, 0, 0, 0, 0) for n in (0, 17)] == [100, 117]
    assert firmware.call(Function.SDEI_EVENT_CONTEXT, 18, 0, 0, 0, 0) == SdeiResult.INVALID_PARAMETERS


def test_a_handler_that_is_done_gives_back_what_it_interrupted(firmware):
    ready(firmware, sdei.NORMAL)
    assert firmware.call(Function.SDEI_EVENT_COMPLETE, 0, 0, 0, 0, 0) == SdeiResult.DENIED
    firmware.deliver(sdei.NORMAL, INTERRUPTED)
    assert firmware.call(Function.SDEI_EVENT_COMPLETE, 0, 0, 0, 0, 0) == sdei.Resume(INTERRUPTED)
    firmware.deliver(sdei.NORMAL, INTERRUPTED)
    answer = firmware.call(Function.SDEI_EVENT_COMPLETE_AND_RESUME, 0x1234, 0, 0, 0, 0)
    assert answer == sdei.Resume(INTERRUPTED, 0x1234)
    assert firmware.call(Function.SDEI_EVENT_COMPLETE_AND_RESUME, 0x1234, 0, 0, 0, 0) == SdeiResult.DENIED


def test_a_critical_event_interrupts_a_normal_one_and_not_the_other_way(firmware):
    ready(firmware, sdei.NORMAL, sdei.CRITICAL)
    firmware.deliver(sdei.NORMAL, INTERRUPTED)
    assert not firmware.takes(sdei.NORMAL)
    assert firmware.takes(sdei.CRITICAL)
    inner = (*INTERRUPTED[:-2], ENTRY, INTERRUPTED[-1])
    firmware.deliver(sdei.CRITICAL, inner)
    assert not firmware.takes(sdei.NORMAL)
    assert not firmware.takes(sdei.CRITICAL)
    assert firmware.call(Function.SDEI_EVENT_COMPLETE, 0, 0, 0, 0, 0) == sdei.Resume(inner)
    assert firmware.call(Function.SDEI_EVENT_COMPLETE, 0, 0, 0, 0, 0) == sdei.Resume(INTERRUPTED)


def test_what_is_registered_cannot_be_registered_again_until_it_is_unregistered(firmware):
    again = (Function.SDEI_EVENT_REGISTER, sdei.NORMAL, ENTRY, ARGUMENT, 0, 0)
    assert [firmware.call(*again), firmware.call(*again)] == [SdeiResult.SUCCESS, SdeiResult.DENIED]
    gone = [firmware.call(Function.SDEI_EVENT_UNREGISTER, sdei.NORMAL, 0, 0, 0, 0) for _ in range(2)]
    assert gone == [SdeiResult.SUCCESS, SdeiResult.DENIED]
    assert firmware.call(*again) == SdeiResult.SUCCESS


def test_an_event_stays_as_it_is_while_its_handler_runs(firmware):
    ready(firmware, sdei.NORMAL)
    firmware.deliver(sdei.NORMAL, INTERRUPTED)
    calls = Function.SDEI_EVENT_UNREGISTER, Function.SDEI_EVENT_DISABLE
    assert {firmware.call(call, sdei.NORMAL, 0, 0, 0, 0) for call in calls} == {SdeiResult.DENIED}
    firmware.call(Function.SDEI_EVENT_COMPLETE, 0, 0, 0, 0, 0)
    assert firmware.call(Function.SDEI_EVENT_UNREGISTER, sdei.NORMAL, 0, 0, 0, 0) == SdeiResult.SUCCESS
    assert firmware.refusal(sdei.NORMAL) == "nobody has registered for it"


def test_what_linux_does_not_call_is_not_supported(firmware):
    ready(firmware, sdei.NORMAL)
    calls = Function.SDEI_EVENT_STATUS, Function.SDEI_EVENT_ROUTING_SET
    assert {firmware.call(call, sdei.NORMAL, 0, 0, 0, 0) for call in calls} == {SdeiResult.NOT_SUPPORTED}


def test_masking_tells_whether_it_made_a_difference(firmware):
    assert firmware.call(Function.SDEI_PE_MASK, 0, 0, 0, 0, 0) == 0
    firmware.call(Function.SDEI_PE_UNMASK, 0, 0, 0, 0, 0)
    assert [firmware.call(Function.SDEI_PE_MASK, 0, 0, 0, 0, 0) for _ in range(2)] == [1, 0]


def test_a_reset_forgets_all_unless_a_handler_runs(firmware):
    ready(firmware, sdei.NORMAL, sdei.CRITICAL)
    assert firmware.call(Function.SDEI_PRIVATE_RESET, 0, 0, 0, 0, 0) == SdeiResult.SUCCESS
    firmware.deliver(sdei.NORMAL, INTERRUPTED)
    assert firmware.call(Function.SDEI_SHARED_RESET, 0, 0, 0, 0, 0) == SdeiResult.DENIED
    firmware.call(Function.SDEI_EVENT_COMPLETE, 0, 0, 0, 0, 0)
    assert firmware.call(Function.SDEI_SHARED_RESET, 0, 0, 0, 0, 0) == SdeiResult.SUCCESS
    assert {firmware.refusal(n) for n in (sdei.NORMAL, sdei.CRITICAL)} == {"nobody has registered for it"}


def test_calls_are_kept_in_words(firmware):
    ready(firmware, sdei.NORMAL)
    firmware.deliver(sdei.NORMAL, INTERRUPTED)
    firmware.call(Function.SDEI_EVENT_CONTEXT, 18, 0, 0, 0, 0)
    firmware.call(Function.SDEI_EVENT_COMPLETE, 0, 0, 0, 0, 0)
    assert firmware.calls == [
        "SDEI_EVENT_REGISTER(0x324, 0xffff800008016724, 0xffff0000784efc00, 0x0, 0x0) = SUCCESS",
        "SDEI_EVENT_ENABLE(0x324) = SUCCESS",
        "SDEI_PE_UNMASK() = SUCCESS",
        "SDEI_EVENT_CONTEXT(0x12) = INVALID_PARAMETERS",
        "SDEI_EVENT_COMPLETE(0x0)",
    ]
