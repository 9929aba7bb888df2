"""The few A64 instructions that the lab writes or looks for (Arm ARM DDI 0487, chapter C6), and registers by number."""

import struct
from collections.abc import Iterable

from . import LiveError


def system_register(op0: int, op1: int, crn: int, crm: int, op2: int) -> int:
    """A register as MRS and MSR name it: their bits 20 to 5, and the lower half of KVM's number of the register."""
    return op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2


# fmt: off
SPSR_EL1 = system_register(3, 0,  4, 0, 0)
ELR_EL1  = system_register(3, 0,  4, 0, 1)
ESR_EL1  = system_register(3, 0,  5, 2, 0)
FAR_EL1  = system_register(3, 0,  6, 0, 0)
VBAR_EL1 = system_register(3, 0, 12, 0, 0)

NOP        = 0xD503_201F
ISB        = 0xD503_3FDF
HVC        = 0xD400_0002  # hvc #0
SMC        = 0xD400_0003  # smc #0
UNMASK_A   = 0xD503_44FF  # msr daifclr, #4
HERE       = 0x1400_0000  # b .
XZR = SP   = 31
# fmt: on

# PSTATE as the debugger's stub shows it: SPSR_ELx's layout
EL1T, EL1H, EL2H = 0x4, 0x5, 0x9
MODE, IRQ_MASKED, SERROR_MASKED = 0xF, 1 << 7, 1 << 8
DAIF = 0xF << 6  # debug exceptions, SErrors, IRQs and FIQs are masked
_BTYPE, _IL, _SS, _UAO = 3 << 10, 1 << 20, 1 << 21, 1 << 23

# offsets of vectors from VBAR_ELx (Arm ARM D1.3.1.5): from the same level with its own stack pointer, and from a lower
CURRENT_SERROR, LOWER_SYNC, LOWER_IRQ, LOWER_SERROR = 0x380, 0x400, 0x480, 0x580


def taken(pstate: int) -> int:
    """PSTATE after an exception was taken to the level it was at: all is masked (Arm ARM, AArch64.TakeException())."""
    return pstate & ~(_BTYPE | _IL | _SS | _UAO) | DAIF


def mrs(rt: int, register: int) -> int:
    return 0xD520_0000 | (register & 0xFFFF) << 5 | rt


def msr(register: int, rt: int) -> int:
    return 0xD500_0000 | (register & 0xFFFF) << 5 | rt


def movz(rd: int, value: int, shift: int = 0) -> int:
    """All of the register becomes *value*, 16 bits, shifted by 0, 16, 32 or 48."""
    return 0xD280_0000 | shift // 16 << 21 | value << 5 | rd


def add(rd: int, rn: int, value: int, shifted: bool = False) -> int:
    """add xd, xn, #value, which may be shifted by 12."""
    return 0x9100_0000 | shifted << 22 | value << 10 | rn << 5 | rd


def load(rt: int, rn: int, offset: int = 0) -> int:
    """ldr xt, [xn, #offset]; the offset is a multiple of 8."""
    return 0xF940_0000 | offset // 8 << 10 | rn << 5 | rt


def store(rt: int, rn: int, offset: int = 0) -> int:
    """str xt, [xn, #offset]; the offset is a multiple of 8."""
    return 0xF900_0000 | offset // 8 << 10 | rn << 5 | rt


def branch(distance: int) -> int:
    """To an address *distance* bytes from this instruction's."""
    return 0x1400_0000 | distance // 4 & 0x3FF_FFFF


def branch_if_zero(rt: int, distance: int) -> int:
    return 0xB400_0000 | (distance // 4 & 0x7_FFFF) << 5 | rt


def code(words: Iterable[int]) -> bytes:
    """Instructions as they lie in memory."""
    return b"".join(word.to_bytes(4, "little") for word in words)


# --- in a kernel's image ----------------------------------------------------------------------------------------------

TEXT = 0x1_0000  # offset at which the code begins (Linux arch/arm64/kernel/vmlinux.lds.S)


def calls(image: bytes) -> frozenset[int]:
    """Offsets of calls: HVC or SMC #0, then the load of where the results are to go.

    Linux arch/arm64/kernel/smccc-call.S: __arm_smccc_hvc(), __arm_smccc_smc(). Raises `LiveError` if *image* is not
    an uncompressed arm64 image, or has no such place.
    """
    if image[56:60] != b"ARM\x64":
        raise LiveError("the kernel is not an uncompressed arm64 image: its calls to firmware cannot be found")
    if found := pairs(image, load(4, SP)):
        return found
    raise LiveError("there is nothing in the kernel's image that looks like a call to firmware")


def pairs(image: bytes, second: int) -> frozenset[int]:
    """Offsets of HVC or SMC #0 with the instruction *second* behind it.

    That is a branch to itself where an SDEI handler leaves, by a call that does not return (Linux
    arch/arm64/kernel/entry.S: __sdei_asm_handler()).
    """
    found = set()
    for first in (HVC, SMC):
        pattern, at = struct.pack("<II", first, second), -1
        while (at := image.find(pattern, at + 1)) >= 0:
            if at % 4 == 0:
                found.add(at)
    return frozenset(found)


def offset_of(image: bytes, code: bytes) -> int | None:
    """Where *code* stands in the image; None if it does not, or more than once."""
    at = image.find(code)
    return at if at >= 0 and image.find(code, at + 1) < 0 else None
