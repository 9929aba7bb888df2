"""Bytes for the benchmarks: what a fleet's firmware would leave, so that lengths repeat and values do not."""

import random
import re
import struct
from pathlib import Path
from typing import NamedTuple

from raslib.formats.arm import ArmProcessor
from raslib.formats.cper import CperRecord, SectionDescriptor
from raslib.formats.memory import PlatformMemory
from raslib.formats.sections import GUIDS
from raslib.records import Record
from raslib.resources import samples
from raslib.views.kernel_log import kernel_log

DIFFERENT = 4000  # records; a larger file repeats them, as making them takes longer than reading them


class Sample(NamedTuple):
    """Records, and the file of all of them."""

    records: list[bytes]
    data: bytes


def memory(rng: random.Random) -> bytes:
    """A platform memory section of 80 bytes with arbitrary validation bits and places."""
    status = rng.choice([1, 4, 5, 6, 16, 26]) << 8 | rng.getrandbits(7) << 16
    places = (rng.randrange(n) for n in (4, 8, 2, 16, 18, 1 << 16, 1 << 10, 64))
    last = rng.randrange(16), rng.getrandbits(8), rng.randrange(4), rng.randrange(64), rng.randrange(64)
    return struct.pack(
        "<4Q8H3QBB3H", rng.getrandbits(22), status, rng.getrandbits(44), ~0xFFF % 2**64, *places, 0, 0, 0, *last
    )


def arm(rng: random.Random, errors: int = 1, contexts: int = 0) -> bytes:
    """An ARM processor section with error information and contexts of the general purpose registers."""
    body = b"".join(struct.pack("<BB", 0, 32) + rng.randbytes(30) for _ in range(errors))
    body += b"".join(struct.pack("<HHI", 0, 4, 256) + rng.randbytes(256) + bytes(8) for _ in range(contexts))
    head = struct.pack(
        "<IHHIB3xQQII", rng.getrandbits(3), errors, contexts, 40 + len(body), 0, 1 << 31, 0x410FD490, 1, 0
    )
    return head + body


def block(rng: random.Random, kind: type[Record], body: bytes) -> bytes:
    """A status block with one entry of revision 3.0."""
    severity, when = rng.randrange(4), bytes((0x12, 0x34, 0x23, 1, 0x19, 0x11, 0x26, 0x20))
    entry = struct.pack("<IHBBI", severity, 0x300, rng.choice([0, 3, 7]), 0, len(body)) + rng.randbytes(16)
    entry = GUIDS[kind].bytes_le + entry + f"DIMM {rng.randrange(32)}".encode().ljust(20, b"\0") + when + body
    return struct.pack("<5I", 1 << 4 | (2 if severity > 1 else 1), 0, 0, len(entry), severity) + entry


def mixed(count: int) -> Sample:
    """Status blocks: half memory, three in ten ARM with one error, two in ten ARM with two and a context."""
    rng = random.Random(1)
    made = []
    for _ in range(DIFFERENT):
        share = rng.random()
        if share < 0.5:
            made.append(block(rng, PlatformMemory, memory(rng)))
        else:
            made.append(block(rng, ArmProcessor, arm(rng) if share < 0.8 else arm(rng, 2, 1)))
    return repeated(made, count)


def of_memory(count: int) -> Sample:
    """Platform memory sections alone, on end."""
    rng = random.Random(2)
    return repeated([memory(rng) for _ in range(DIFFERENT)], count)


def cper(kind: type[Record], count: int) -> Sample:
    """CPER records with one section."""
    rng = random.Random(3)
    make = memory if kind is PlatformMemory else arm
    descriptor = SectionDescriptor(section_type=GUIDS[kind])
    return repeated([CperRecord.of((descriptor, make(rng))).build() for _ in range(DIFFERENT)], count)


def repeated(made: list[bytes], count: int) -> Sample:
    times = -(-count // len(made))
    return Sample(made, b"".join((made * times)[:count]))


def log(path: Path, size: int, others: int) -> tuple[Path, int]:
    """A kernel log of *size* bytes with *others* lines before each event, and how many events it has.

    Each is one of two memory errors or an ARM processor error, with another address.
    """
    rng, count = random.Random(4), 0
    blocks = [samples(f"status_blocks/{name}") for name in ("g_mem", "g_mem73", "g_armmulti")]
    texts = [re.sub("(?<=address: 0x)[0-9a-f]{16}", "{:016x}", kernel_log(block, "6.6")) for block in blocks]
    with path.open("w", encoding="utf-8") as file:
        while file.tell() < size:
            count += 1
            other = f"[{count:6}.000000] usb 1-{count % 9}: new high-speed USB device number {count} using xhci_hcd\n"
            file.write(other * others)
            text = rng.choice(texts)
            filled = text.format(*(rng.getrandbits(40) for _ in range(text.count("{"))))
            file.writelines(f"[{count:6}.000001] {{{count}}}[Hardware Error]: {line}\n" for line in filled.splitlines())
    return path, count
