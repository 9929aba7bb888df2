"""Records for the tests of `raslib.bulk`: random ones of every kind, well formed or with bytes changed."""

import random
from collections.abc import Sequence
from uuid import UUID

from formats.strategies import generate

from raslib.formats.arm import ArmProcessor
from raslib.formats.hest import SOURCES, SourceType
from raslib.formats.memory import PlatformMemory
from raslib.formats.sections import GUIDS, RECORDS
from raslib.records import Record

Kinds = Sequence[type[Record]]
USUAL: Kinds = (PlatformMemory, ArmProcessor)
ALL: Kinds = tuple(dict.fromkeys(RECORDS.values()))


def error_information(rng: random.Random, length: int = 32) -> bytes:
    return bytes([0, length]) + rng.randbytes(length - 2)


def context(rng: random.Random, padding: str = "zero") -> bytes:
    kind, size = rng.choice([(4, 256), (4, 256), (0, 64), (5, 136), (8, 30), (7, 80), (1, 92), (9, 40), (4, 100)])
    pad = -(8 + size) % 16 if padding != "none" else 0
    filled = bytes(pad) if padding == "zero" else rng.randbytes(pad)
    return bytes(2) + kind.to_bytes(2, "little") + size.to_bytes(4, "little") + rng.randbytes(size) + filled


def arm(rng: random.Random) -> bytes:
    """As firmware writes it, now and then without the padding of contexts, or with a wrong length."""
    padding = rng.choice(["zero"] * 8 + ["none", "any"])
    infos = [error_information(rng, rng.choice([32] * 9 + [40])) for _ in range(rng.choice([0, 1, 1, 1, 2, 3]))]
    contexts = [context(rng, padding) for _ in range(rng.choice([0, 0, 1, 2]))]
    vendor = rng.randbytes(rng.choice([0, 0, 0, 5, 16]))
    payload = b"".join([*infos, *contexts, vendor])
    length = 40 + len(payload) - rng.choice([0] * 9 + [4])
    counts = len(infos).to_bytes(2, "little") + len(contexts).to_bytes(2, "little")
    return rng.randbytes(4) + counts + length.to_bytes(4, "little") + rng.randbytes(28) + payload


def section(rng: random.Random, kinds: Kinds, others: bool = True) -> tuple[UUID, bytes]:
    """The GUID and the bytes of a section: of one of *kinds*, or of none that is known if there may be *others*."""
    kind = rng.choice([*kinds, None] if others else kinds)
    if kind is None:
        return UUID(int=rng.getrandbits(2) + 1), rng.randbytes(rng.randrange(40))
    if kind is ArmProcessor and rng.randrange(4):
        return GUIDS[kind], arm(rng)
    if kind is PlatformMemory:
        return GUIDS[kind], rng.randbytes(rng.choice([80] * 8 + [73, 76, 81, 96]))
    return GUIDS[kind], generate(kind, rng.getrandbits(32))


def entry(rng: random.Random, guid: UUID, body: bytes) -> bytes:
    revision = rng.choice([0x201, 0x300, 0x300])
    head = guid.bytes_le + rng.choice([rng.randrange(4), rng.getrandbits(32)]).to_bytes(4, "little")
    head += revision.to_bytes(2, "little") + rng.randbytes(2) + len(body).to_bytes(4, "little")
    head += rng.randbytes(16) + rng.choice([b"DIMM 3".ljust(20, b"\0"), rng.randbytes(20)])
    return head + (rng.choice([bytes(8), rng.randbytes(8)]) if revision >= 0x300 else b"") + body


def status_block(rng: random.Random, kinds: Kinds = USUAL) -> bytes:
    entries = b"".join(entry(rng, *section(rng, kinds)) for _ in range(rng.choice([0, 1, 1, 1, 2, 3])))
    raw = rng.randbytes(rng.choice([0, 0, 0, 7]))
    gap = rng.randbytes(rng.choice([0, 4]) if raw else 0)
    at = 20 + len(entries) + len(gap) if raw else rng.choice([0, 20])
    numbers = rng.getrandbits(32), at, len(raw), len(entries), rng.randrange(5)
    return b"".join(n.to_bytes(4, "little") for n in numbers) + entries + gap + raw


def cper_record(rng: random.Random, kinds: Kinds = USUAL) -> bytes:
    """Now and then with holes between the bodies, or with one descriptor before another whose body comes first."""
    made = [section(rng, kinds) for _ in range(rng.choice([0, 1, 1, 2, 3]))]
    offset, descriptors, bodies = 128 + 72 * len(made), [], b""
    for guid, body in made:
        hole = rng.randbytes(rng.choice([0] * 9 + [4]))
        offset += len(hole)
        place = offset.to_bytes(4, "little") + len(body).to_bytes(4, "little")
        descriptors.append(place + rng.randbytes(8) + guid.bytes_le + rng.randbytes(40))
        bodies += hole + body
        offset += len(body)
    if not rng.randrange(20):
        descriptors.reverse()
    tail = rng.randbytes(rng.choice([0] * 9 + [3]))
    head = b"CPER" + rng.randbytes(6) + len(made).to_bytes(2, "little") + rng.randbytes(8)
    head += (offset + len(tail)).to_bytes(4, "little") + rng.randbytes(104)
    return head + b"".join(descriptors) + bodies + tail


def hest(rng: random.Random) -> bytes:
    """Of one revision or another, with sources of all types and in any order; now and then with one that ends it."""
    revision = rng.choice([0, 1, 1, 2, 2, 3])
    kinds = [(code, kind) for code, kind in SOURCES.items() for _ in range(3 if code >= SourceType.GENERIC else 1)]
    sources: list[bytes] = []
    for _ in range(rng.choice([0, 1, 2, 3, 5])):
        code, kind = rng.choice(kinds)
        sources.append(code.to_bytes(2, "little") + generate(kind, rng.getrandbits(32))[2:])
    for _ in range(rng.choice([0, 0, 1, 2])):
        length = rng.choice([4, 4, 9, 20])
        words = rng.choice([12, 12, 13, 0xFFFF]), length + rng.choice([0] * 9 + [1])
        own = b"".join(word.to_bytes(2, "little") for word in words) + rng.randbytes(length - 4)
        sources.insert(rng.randrange(len(sources) + 1), own)
    if not rng.randrange(10):
        sources.insert(rng.randrange(len(sources) + 1), rng.choice([b"\5\0", b"\3\0abc", b"\7"]))
    body = rng.getrandbits(2).to_bytes(4, "little") + b"".join(sources)
    head = b"HEST" + (36 + len(body)).to_bytes(4, "little") + bytes([revision]) + rng.randbytes(27)
    return head + body + rng.randbytes(rng.choice([0, 0, 0, 5]))


def changed(rng: random.Random, data: bytes) -> bytes:
    """The record with a byte or two changed, or cut short, or longer."""
    match rng.randrange(5):
        case 0:
            return data[: rng.randrange(len(data) + 1)]
        case 1:
            return data + rng.randbytes(rng.randrange(1, 9))
    out = bytearray(data)
    for _ in range(rng.randrange(1, 3) if out else 0):
        out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)
