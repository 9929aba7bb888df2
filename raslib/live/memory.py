"""RASMEM: a file of ours that the guest has as physical memory, so that a write here is a write there.

QEMU offers it as an NVDIMM whose driver never runs: it is not in the firmware's memory map, so Linux never allocates
from it and maps it uncached, as it would map the memory that firmware keeps for itself.
"""

import mmap
import os
from pathlib import Path


class SharedMemory:
    """Shared memory at a guest-physical address."""

    def __init__(self, path: Path, base: int, size: int) -> None:
        self.base, self.size = base, size
        with path.open("x+b") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)  # a full disk is an error here, not a fault at a write
            else:
                file.write(bytes(size))
            file.flush()
            self._map = mmap.mmap(file.fileno(), size)

    def close(self) -> None:
        self._map.close()

    def _at(self, address: int, size: int) -> slice:
        start = address - self.base
        if not 0 <= start <= start + size <= self.size:
            raise ValueError(f"{size} bytes at {address:#x} are not in the shared memory at {self.base:#x}")
        return slice(start, start + size)

    def read(self, address: int, size: int) -> bytes:
        return self._map[self._at(address, size)]

    def write(self, address: int, data: bytes) -> None:
        self._map[self._at(address, len(data))] = data

    def word(self, address: int, size: int = 8) -> int:
        return int.from_bytes(self.read(address, size), "little")

    def set_word(self, address: int, value: int) -> None:
        self.write(address, value.to_bytes(8, "little"))
