"""The program that a guest of the lab's own VMM runs, about fifty instructions: it tells what its vectors see.

What it tells it stores where there is no memory, so that every word is an exit to the VMM.
"""

from . import a64

BASE, SIZE = 0x4000_0000, 0x40_0000  # the guest's memory
VECTORS, REPORT, MAIN = 0x000, 0x800, 0x900  # offsets of code in it
FLAGS = 0x1000  # offset of a page that both sides use: while GO is 0, the guest counts
GO, COUNT = 0, 8
DATA = 0x20_0000  # offset of the page whose error is played
MAGIC = 0x600D_DA7A  # what is there
TOLD = 0x0900_0000  # guest-physical; a word for each of NAMES, from there on
_SEEN = {"ESR_EL1": a64.ESR_EL1, "FAR_EL1": a64.FAR_EL1, "ELR_EL1": a64.ELR_EL1, "DISR_EL1": a64.DISR_EL1}
NAMES = ("ready", "vector", *_SEEN, "data", "finished")


def _tell(name: str, rt: int) -> int:
    return a64.store(rt, 9, 8 * NAMES.index(name))  # X9 has TOLD


def _report() -> list[int]:
    """What an exception has left in the registers, then the end."""
    words = [a64.movz(9, TOLD >> 16, 16), _tell("vector", 10)]
    for name, register in _SEEN.items():
        words += [a64.mrs(0, register), _tell(name, 0)]
    return [*words, _tell("finished", a64.XZR), a64.HERE]


def _main() -> list[int]:
    """Vectors on, SErrors unmasked, ready; count until told to go on; read the data, tell it, and end."""
    setup = [a64.movz(0, BASE >> 16, 16), a64.msr(a64.VBAR_EL1, 0), a64.movz(9, TOLD >> 16, 16)]
    setup += [a64.movz(5, BASE >> 16, 16), a64.add(5, 5, FLAGS >> 12, shifted=True), a64.movz(1, 0)]
    setup += [_tell("ready", a64.XZR), a64.UNMASK_A, a64.ISB]
    count = [a64.add(1, 1, 1), a64.store(1, 5, COUNT), a64.load(4, 5, GO), a64.branch_if_zero(4, -12)]
    data = [a64.movz(2, (BASE + DATA) >> 16, 16), a64.load(3, 2)]
    return [*setup, *count, *data, _tell("data", 3), _tell("finished", a64.XZR), a64.HERE]


def memory() -> dict[int, bytes]:
    """What is in the guest's memory from the start, by offset."""
    entries = range(VECTORS, VECTORS + 16 * 0x80, 0x80)  # each notes which one it is, and all go to the report
    code = {offset: [a64.movz(10, offset), a64.branch(REPORT - offset - 4)] for offset in entries}
    code |= {REPORT: _report(), MAIN: _main()}
    return {at: a64.code(words) for at, words in code.items()} | {DATA: MAGIC.to_bytes(8, "little")}
