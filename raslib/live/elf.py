"""Which shared libraries a program needs, as its ELF file says (gABI, chapter 5; 64 bits, little-endian)."""

import struct

_PT_LOAD, _PT_DYNAMIC, _DT_NULL, _DT_NEEDED, _DT_STRTAB = 1, 2, 0, 1, 5


def needed(data: bytes) -> tuple[str, ...]:
    """The names of the libraries that *data* is linked with; none if it is linked statically.

    Raises ValueError if it is no ELF file of 64 bits, or is cut short.
    """
    if data[:6] != b"\x7fELF\2\1":
        raise ValueError("no little-endian ELF file of 64 bits")
    try:
        (table,), (size, count) = struct.unpack_from("<Q", data, 32), struct.unpack_from("<HH", data, 54)
        headers = [struct.unpack_from("<I4xQQ8xQ", data, table + n * size) for n in range(count)]
        found = [part for part in headers if part[0] == _PT_DYNAMIC]
        if not found:
            return ()
        _, offset, _, length = found[0]
        tags = list(struct.iter_unpack("<QQ", data[offset : offset + length]))
        entries = tags[: tags.index((_DT_NULL, 0))]
        strings = next(value for tag, value in entries if tag == _DT_STRTAB)
        at = next(strings - a + o for kind, o, a, n in headers if kind == _PT_LOAD and a <= strings < a + n)
        names = [at + value for tag, value in entries if tag == _DT_NEEDED]
        return tuple(data[name : data.index(b"\0", name)].decode() for name in names)
    except (struct.error, StopIteration, ValueError) as e:
        raise ValueError("an ELF file that is cut short") from e
