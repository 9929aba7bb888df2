"""Physical pages of a kind, for the agent to load: what the guest's kernel says of its memory.

Linux Documentation/admin-guide/mm/pagemap.rst has the flags of /proc/kpageflags. Names such as `command` are the
agent's, in whose module this runs.
"""

from __future__ import annotations

import os
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .agent import PAGE, command

KPF_SLAB, KPF_BUDDY = 7, 10
RAM_PAGES = 0x4_0000, 0x4_0000  # where RAM begins, and how many there are with 1 GiB
ROOM = 64  # pages alike in a row: what is in their middle stays what it is for a while


@command
def find_page(kind: str, number: int) -> int:
    """The address of a page that is "free", the kernel's "text" or of its "slab"; another for each *number*."""
    if kind == "text":
        fd = os.open("/proc/iomem", os.O_RDONLY)
        code = next(line for line in os.read(fd, 65536).decode().splitlines() if "Kernel code" in line)
        os.close(fd)
        return int(code.split("-")[0], 16) + (256 + number) * PAGE
    flag, room = (KPF_SLAB, 0) if kind == "slab" else (KPF_BUDDY, ROOM)
    fd = os.open("/proc/kpageflags", os.O_RDONLY)
    first, pages = RAM_PAGES
    run = 0
    for start in (first + 512 * (i + number) % pages for i in range(8, pages // 512 + 8)):
        for i, (flags,) in enumerate(struct.iter_unpack("<Q", os.pread(fd, 8 * 512, 8 * start))):
            run = run + 1 if flags >> flag & 1 and not flags >> 19 & 1 else 0
            if run > room:
                os.close(fd)
                return (start + i - room // 2) * PAGE
    os.close(fd)
    raise LookupError(f"no {kind} page was found")
