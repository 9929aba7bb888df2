"""Archives in cpio's form "newc", read: a second opinion on what `raslib.live.cpio` writes."""

from collections.abc import Iterator

from raslib.live.cpio import CpioEntry

HEADER = 6 + 13 * 8  # "070701", thirteen numbers of eight hex digits


def entries(data: bytes) -> Iterator[tuple[str, CpioEntry]]:
    """What an archive holds. Raises ValueError, with the offset, for bytes that are none."""
    at = 0
    while True:
        if data[at : at + 6] != b"070701":
            raise ValueError(f"no cpio header at byte {at}")
        numbers = [int(data[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        mode, size, device, length = numbers[1], numbers[6], (numbers[9], numbers[10]), numbers[11]
        name = data[at + HEADER : at + HEADER + length - 1].decode()
        if name == "TRAILER!!!":
            return
        start = at + HEADER + length
        start += -start % 4
        yield name, CpioEntry(mode, data[start : start + size], device)
        at = start + size + -size % 4
