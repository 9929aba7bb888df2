"""A virtual machine in the guest: its program, what its monitor is given, and what is said of what it saw."""

import ast
import itertools
from pathlib import Path

import capstone
import pytest

from raslib.live import a64, vmm
from raslib.sim.kvm.vcpu_events import VcpuEvents

DISASSEMBLER = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)


def listing(offset: int) -> list[str]:
    """The program's code at an offset, as a disassembler reads it."""
    return [f"{i.mnemonic} {i.op_str}".strip() for i in DISASSEMBLER.disasm(vmm.memory()[offset], offset)]


def test_every_vector_notes_which_it_is_and_goes_to_the_report():
    memory = vmm.memory()
    assert [at for at in memory if at < vmm.REPORT] == [n * 0x80 for n in range(16)]
    assert {at: listing(at) for at in memory if at < vmm.REPORT} == {
        at: [f"mov x10, #{at:#x}" if at else "mov x10, #0", "b #0x800"] for at in range(0, 0x800, 0x80)
    }


def test_the_report_tells_the_vector_and_two_registers():
    assert listing(vmm.REPORT) == [
        "mov x9, #0x9000000",
        "str x10, [x9, #8]",
        "mrs x0, esr_el1",
        "str x0, [x9, #0x10]",
        "mrs x0, far_el1",
        "str x0, [x9, #0x18]",
        "str xzr, [x9, #0x28]",
        "b #0x81c",
    ]


def test_the_main_program_waits_until_it_is_told_to_go_on_and_then_reads_its_page():
    assert listing(vmm.MAIN) == [
        "mov x0, #0x40000000",
        "msr vbar_el1, x0",
        "mov x9, #0x9000000",
        "mov x5, #0x40000000",
        "add x5, x5, #1, lsl #12",
        "str xzr, [x9]",
        "msr daifclr, #4",
        "isb",
        "ldr x4, [x5]",
        "cbz x4, #0x920",
        "mov x2, #0x40200000",
        "ldr x3, [x2]",
        "str x3, [x9, #0x20]",
        "str xzr, [x9, #0x28]",
        "b #0x938",
    ]


def test_the_parts_of_the_memory_do_not_overlap_and_fit():
    parts = sorted((at, at + len(data)) for at, data in vmm.memory().items())
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(parts))
    assert parts[-1][1] <= vmm.SIZE
    assert vmm.memory()[vmm.DATA] == vmm.MAGIC.to_bytes(8, "little")


def constant(name: str) -> int:
    """A number that the monitor in the guest has."""
    source = ast.parse(vmm.SOURCE.read_text(encoding="utf-8"))
    scope: dict[str, int] = {}
    for node in source.body:
        if isinstance(node, ast.Assign):
            exec(compile(ast.Module([node], []), vmm.SOURCE.name, "exec"), scope)
    return scope[name]


REGISTERS = {
    "ESR_EL1": a64.ESR_EL1,
    "FAR_EL1": a64.FAR_EL1,
    "VBAR_EL1": a64.VBAR_EL1,
}


@pytest.mark.parametrize("name", REGISTERS)
def test_kvms_number_of_a_system_register_has_the_fields_of_mrs(name):
    """KVM_REG_ARM64, 64 bits, KVM_REG_ARM64_SYSREG, then op0 to op2 (Documentation/virt/kvm/api.rst)."""
    assert constant(name) == 0x6030_0000_0013_0000 | REGISTERS[name]


def test_the_monitors_numbers_are_those_of_the_interface():
    """_IO, _IOR and _IOW of 0xAE with the sizes of the structures (include/uapi/linux/kvm.h)."""
    read, write = 2 << 30, 1 << 30
    assert {name: constant(name) for name in ("KVM_RUN", "KVM_GET_VCPU_EVENTS", "KVM_SET_VCPU_EVENTS", "PC")} == {
        "KVM_RUN": 0xAE80,
        "KVM_GET_VCPU_EVENTS": read | 64 << 16 | 0xAE9F,
        "KVM_SET_VCPU_EVENTS": write | 64 << 16 | 0xAEA0,
        "PC": 0x6030_0000_0010_0040,
    }


def names(path: Path) -> set[str]:
    """What a module defines: functions, classes and constants."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return found - {"TYPE_CHECKING"}


def test_what_the_agent_loads_does_not_take_its_names():
    agent, loaded = (names(vmm.SOURCE.parent / name) for name in ("agent.py", "vmm.py"))
    assert agent
    assert loaded
    assert agent & loaded == set()


# --- in words ---------------------------------------------------------------------------------------------------------


def test_a_request_that_kvm_takes_is_told_with_what_the_vectors_saw():
    asked = VcpuEvents(True, True, False, 0xC0)
    met = {"error": "", "events": tuple(asked), "vector": 0x380, "ESR_EL1": 0xBE00_00C0, "FAR_EL1": 0x1DE7_EC7E}
    assert vmm.answer(asked, met).splitlines() == [
        "KVM_SET_VCPU_EVENTS serror_pending 0x1, serror_has_esr 0x1, ext_dabt_pending 0x0, serror_esr 0xc0: done",
        "KVM_GET_VCPU_EVENTS: serror_pending 0x1, serror_has_esr 0x1, ext_dabt_pending 0x0, serror_esr 0xc0",
        "the virtual machine is at vector 0x380: ESR_EL1 0xbe0000c0",
    ]


def test_a_request_that_kvm_refuses_is_told_with_why():
    met = {"error": "EINVAL", "events": (0, 1, 0, 0), "data": 0x600D_DA7A}
    asked, *rest = vmm.answer(VcpuEvents(1, 1, 0, 1 << 25), met).splitlines()
    assert asked.endswith("ext_dabt_pending 0x0, serror_esr 0x2000000: EINVAL")
    assert rest == [
        "KVM_GET_VCPU_EVENTS: serror_pending 0x0, serror_has_esr 0x1, ext_dabt_pending 0x0, serror_esr 0x0",
        "the virtual machine goes on and reads 0x600dda7a",
    ]


def test_only_a_synchronous_exception_has_an_address():
    abort = {"vector": 0x200, "ESR_EL1": 0x9600_0010, "FAR_EL1": 0x4020_0000}
    assert vmm.answer(None, abort) == "the virtual machine is at vector 0x200: ESR_EL1 0x96000010, FAR_EL1 0x40200000"
