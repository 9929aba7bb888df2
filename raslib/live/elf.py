"""Which shared libraries a program needs, as its ELF file says (gABI, chapter 5; 64 bits, little-endian)."""

import struct
from collections.abc import Iterator

_PT_LOAD, _PT_DYNAMIC, _DT_NULL, _DT_NEEDED, _DT_STRTAB = 1, 2, 0, 1, 5


def needed(data: bytes) -> tuple[str, ...]:
    """The names of the libraries that *data* is linked with; none if it is linked statically.

    Raises ValueError if it is no ELF file of 64 bits, or is cut short.
    """
    if data[:6] != b"\x7fELF\2\1":
        raise ValueError("no little-endian ELF file of 64 bits")
    try:
        loads = [(address, offset, size) for kind, offset, address, size in _segments(data) if kind == _PT_LOAD]
        found = [part for part in _segments(data) if part[0] == _PT_DYNAMIC]
        if not found:
            return ()
        entries = list(_dynamic(data, found[0][1]))
        strings = next(value for tag, value in entries if tag == _DT_STRTAB)
        at = next(strings - a + offset for a, offset, size in loads if a <= strings < a + size)
        return tuple(_text(data, at + value) for tag, value in entries if tag == _DT_NEEDED)
    except (struct.error, StopIteration) as e:
        raise ValueError("an ELF file that is cut short") from e


def _segments(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Type, offset in the file, address and size in the file of each program header."""
    (table,), (size, count) = struct.unpack_from("<Q", data, 32), struct.unpack_from("<HH", data, 54)
    for n in range(count):
        kind, offset, address, length = struct.unpack_from("<I4xQQ8xQ", data, table + n * size)
        yield kind, offset, address, length


def _dynamic(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Tags of the dynamic section and their values."""
    while True:
        tag, value = struct.unpack_from("<QQ", data, at)
        if tag == _DT_NULL:
            return
        yield tag, value
        at += 16


def _text(data: bytes, at: int) -> str:
    return data[at : data.index(b"\0", at)].decode()
