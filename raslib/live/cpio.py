"""Archives that a Linux kernel unpacks into its first file system: cpio, form "newc", written by hand.

Linux Documentation/driver-api/early-userspace/buffer-format.rst describes the form. Archives may stand one behind the
other, compressed or not; a later file replaces an earlier one of the same name.
"""

import stat
from collections.abc import Mapping
from typing import NamedTuple


class CpioEntry(NamedTuple):
    """What stands at a path: a file, a link (its data is the target), a folder or a device."""

    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def file(data: bytes, executable: bool = False) -> CpioEntry:
    return CpioEntry(stat.S_IFREG | (0o755 if executable else 0o644), data)


def link(target: str) -> CpioEntry:
    return CpioEntry(stat.S_IFLNK | 0o777, target.encode())


FOLDER = CpioEntry(stat.S_IFDIR | 0o755)
# without /dev/console the first process has no standard streams
CONSOLE = CpioEntry(stat.S_IFCHR | 0o600, device=(5, 1))


def archive(tree: Mapping[str, CpioEntry]) -> bytes:
    """*tree*, path -> node, as an archive; the folders that the paths need are made first."""
    parents = {path.rsplit("/", n)[0] for path in tree for n in range(1, path.count("/") + 1)}
    folders = dict.fromkeys(sorted(parents - set(tree)), FOLDER)
    nodes = [*folders.items(), *tree.items(), ("TRAILER!!!", CpioEntry(0))]
    out = b"".join(_entry(number, path, node) for number, (path, node) in enumerate(nodes, 1))
    return out + bytes(-len(out) % 512)


def _entry(number: int, path: str, node: CpioEntry) -> bytes:
    name = path.encode() + b"\0"
    numbers = (number, node.mode, 0, 0, 1, 0, len(node.data), 0, 0, *node.device, len(name), 0)
    head = b"070701" + "".join(f"{n:08x}" for n in numbers).encode() + name
    return _padded(head) + _padded(node.data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
