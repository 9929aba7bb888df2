"""Where an arm64 kernel calls firmware, found in the bytes of its image."""

import struct

from . import LiveError, a64

TEXT = 0x1_0000  # offset at which the code begins (Linux arch/arm64/kernel/vmlinux.lds.S)
_MAGIC = b"ARM\x64"  # at offset 56 (Linux Documentation/arch/arm64/booting.rst)


def calls(image: bytes) -> frozenset[int]:
    """Offsets of calls: HVC or SMC #0, then the load of where the results are to go.

    Linux arch/arm64/kernel/smccc-call.S: __arm_smccc_hvc(), __arm_smccc_smc(). Raises `LiveError` if *image* is not
    an uncompressed arm64 image, or has no such place.
    """
    if image[56:60] != _MAGIC:
        raise LiveError("the kernel is not an uncompressed arm64 image: its calls to firmware cannot be found")
    if found := _pairs(image, a64.load(4, a64.SP)):
        return found
    raise LiveError("there is nothing in the kernel's image that looks like a call to firmware")


def exits(image: bytes) -> frozenset[int]:
    """Offsets at which an SDEI handler leaves: HVC or SMC #0, which does not return, then a branch to itself.

    Linux arch/arm64/kernel/entry.S: __sdei_asm_handler().
    """
    return _pairs(image, a64.HERE)


def _pairs(image: bytes, second: int) -> frozenset[int]:
    found = set()
    for first in (a64.HVC, a64.SMC):
        pattern, at = struct.pack("<II", first, second), -1
        while (at := image.find(pattern, at + 1)) >= 0:
            if at % 4 == 0:
                found.add(at)
    return frozenset(found)


def offset_of(image: bytes, code: bytes) -> int | None:
    """Where *code* stands in the image; None if it does not, or more than once."""
    at = image.find(code) if code else -1
    return at if at >= 0 and image.find(code, at + 1) < 0 else None
