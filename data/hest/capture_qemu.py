"""Captures the HEST that QEMU's arm64 `virt` machine with `ras=on` gives its guest, and the memory that it points at.

The guest is the UEFI firmware alone: it loads QEMU's tables, patches addresses and checksums, and installs copies,
which is what an operating system would find. Guest memory is read over QMP. Needs QEMU, its firmware, nothing else.

    python data/hest/capture_qemu.py    writes data/hest/qemu-7.2.hex and data/memory/qemu-7.2-hardware-errors.hex
"""

import argparse
import datetime
import json
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

RAM = 0x4000_0000  # where the virt machine's memory begins
MEBIBYTES = 128
ACPI_20 = uuid.UUID("8868e871-e4f1-11d3-bc22-0080c73c8881").bytes_le

# Sizes and names, in order. ACPI 6.5 §5.2.6 (header), §18.3.2 (HEST), §18.3.2.8 (GHESv2), §5.2.3.2 (generic address).
HEADER = (
    (4, "signature"),
    (4, "length"),
    (1, "revision"),
    (1, "checksum"),
    (6, "OEM ID"),
    (8, "OEM table ID"),
    (4, "OEM revision"),
    (4, "creator ID"),
    (4, "creator revision"),
)
GHES_V2 = (
    (2, "type: 10, generic hardware error source version 2"),
    (2, "source id"),
    (2, "related source id"),
    (1, "flags"),
    (1, "enabled"),
    (4, "number of records to preallocate"),
    (4, "max sections per record"),
    (4, "max raw data length"),
    (4, "error status address: space, bit width, bit offset, access size"),
    (8, "error status address: address (the firmware's choice, it may move)"),
    (28, "notification structure"),
    (4, "error status block length"),
    (4, "read ack register: space, bit width, bit offset, access size"),
    (8, "read ack register: address (the firmware's choice, it may move)"),
    (8, "read ack preserve"),
    (8, "read ack write"),
)
SOURCE = sum(size for size, _ in GHES_V2)
STATUS_ADDRESS, BLOCK_LENGTH = 24, 60  # offsets within a source


class Capture(NamedTuple):
    """What was found: the table, where it lay, and QEMU's `etc/hardware_errors` with the address of its first byte."""

    version: str
    command: str
    hest: bytes
    hest_at: int
    errors: bytes
    errors_at: int


class Guest:
    """A running QEMU and its QMP connection; ended with the `with` block, whatever happens in it."""

    def __init__(self, qemu: str, machine: str, firmware: str, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.command = [qemu, "-M", f"{machine},ras=on", "-cpu", "cortex-a57", "-m", str(MEBIBYTES), "-bios", firmware]
        self.folder = tempfile.TemporaryDirectory(prefix="qemu-")
        self.home = Path(self.folder.name)
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Guest":
        # Sockets and files in a folder of our own: nothing listens on the network, and the guest has no network card.
        io = ["-nodefaults", "-display", "none", "-serial", f"file:{self.home / 'serial'}"]
        qmp = ["-qmp", f"unix:{self.home / 'qmp'},server=on,wait=off"]
        try:
            with (self.home / "stderr").open("wb") as stderr:
                self.process = subprocess.Popen(
                    [*self.command, *io, *qmp], stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr
                )
            self.link = self.connect()
            self.replies = self.link.makefile("r", encoding="utf-8")
            self.replies.readline()  # QMP greets first
            self.ask("qmp_capabilities")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.folder.cleanup()

    def check(self) -> None:
        """Raise TimeoutError, with the guest's last words, if the time is over or QEMU has ended."""
        assert self.process is not None
        ended = self.process.poll()
        if ended is None and time.monotonic() < self.until:
            return
        what = "no HEST within the time allowed" if ended is None else f"QEMU ended with status {ended}"
        last = [f"  {name}: {line}" for name in ("serial", "stderr") for line in self.said(name)[-8:]]
        raise TimeoutError("\n".join([what, *(last or ["  and the guest said nothing"])]))

    def said(self, name: str) -> list[str]:
        path = self.home / name
        return path.read_text(encoding="utf-8", errors="replace").split("\n") if path.exists() else []

    def connect(self) -> socket.socket:
        while True:
            link = socket.socket(socket.AF_UNIX)
            link.settimeout(max(1.0, self.until - time.monotonic()))
            try:
                link.connect(str(self.home / "qmp"))
            except OSError:
                link.close()
                self.check()
                time.sleep(0.05)
            else:
                return link

    def ask(self, command: str, **arguments: object) -> object:
        """Send one QMP command and give its answer; events in between are passed over."""
        self.link.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while line := self.replies.readline():
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
        self.check()
        raise RuntimeError(f"{command}: QEMU closed the connection")

    def memory(self) -> bytes:
        """All of the guest's memory, as it is now."""
        path = self.home / "memory"
        self.ask("pmemsave", val=RAM, size=MEBIBYTES << 20, filename=str(path))
        return path.read_bytes()


def words(form: str, data: bytes) -> Iterator[tuple[Any, ...]]:
    """As struct.iter_unpack, but without a broken last element: memory that is still being filled may hold anything."""
    return struct.iter_unpack(form, data[: len(data) // struct.calcsize(form) * struct.calcsize(form)])


def sums_to_zero(data: bytes) -> bool:
    return bool(data) and sum(data) % 256 == 0


def table_at(memory: bytes, address: int) -> bytes:
    """The ACPI table at a guest address, or nothing if there is none or its checksum is wrong."""
    start = address - RAM
    if not 0 <= start <= len(memory) - 36:
        return b""
    (length,) = struct.unpack_from("<I", memory, start + 4)
    table = memory[start : start + length] if length <= 1 << 20 else b""
    return table if sums_to_zero(table) else b""


def tables(memory: bytes) -> Iterator[tuple[int, bytes]]:
    """Every ACPI table with its address, found as an operating system finds it.

    From the EFI system table to its configuration table (UEFI 2.10 §4.3, §4.6), to the RSDP and the XSDT (ACPI 6.5
    §5.2.5.3, §5.2.8). Searching for the RSDP alone would also find QEMU's own copy, before the firmware installs it.
    """
    at = -1
    while (at := memory.find(b"IBI SYST", at + 1, -120)) >= 0:
        count, start = struct.unpack_from("<QQ", memory, at + 104)
        entries = memory[start - RAM : start - RAM + 24 * count] if start >= RAM and count < 100 else b""
        for guid, address in words("<16sQ", entries):
            rsdp = memory[address - RAM : address - RAM + 36] if guid == ACPI_20 and address >= RAM else b""
            if rsdp.startswith(b"RSD PTR ") and sums_to_zero(rsdp):
                xsdt = table_at(memory, struct.unpack_from("<Q", rsdp, 24)[0])
                for (table,) in words("<Q", xsdt[36:]):
                    yield table, table_at(memory, table)


def capture(qemu: str, machine: str, firmware: str, seconds: float) -> Capture:
    """Boot the firmware until the tables that it installed hold a HEST; TimeoutError tells why there was none."""
    version = subprocess.run([qemu, "--version"], capture_output=True, text=True, check=True, timeout=seconds).stdout
    with Guest(qemu, machine, firmware, seconds) as guest:
        while True:
            memory = guest.memory()
            found = [(address, table) for address, table in tables(memory) if table[:4] == b"HEST"]
            if found:
                break
            guest.check()
            time.sleep(0.2)
    (at, hest) = found[0]
    sources = [hest[start : start + SOURCE] for start in range(40, len(hest), SOURCE)]
    (errors_at,) = struct.unpack_from("<Q", sources[0], STATUS_ADDRESS)
    # QEMU lays the addresses of the blocks first, then the acknowledge registers, then the blocks (hw/acpi/ghes.c).
    size = sum(16 + struct.unpack_from("<I", source, BLOCK_LENGTH)[0] for source in sources)
    errors = memory[errors_at - RAM : errors_at - RAM + size]
    command = ["qemu-system-aarch64", *guest.command[1:-1], Path(firmware).name]
    return Capture(version.splitlines()[0], " ".join(command), hest, at, errors, errors_at)


def rows(data: bytes, layout: list[tuple[int, str]]) -> str:
    """Commented hex of *data*; a field longer than 16 bytes takes several lines, equal lines are not folded."""
    lines, at = [], 0
    for size, name in layout:
        for start in range(at, at + size, 16):
            piece = data[start : min(start + 16, at + size)]
            lines.append(f"{piece.hex(' '):<48}# {start:3}  {name if start == at else ''}".rstrip())
        at += size
    return "\n".join(lines) + "\n"


def origin(found: Capture, what: str, at: int) -> str:
    today = datetime.datetime.now(datetime.UTC).date()
    first = f"{found.version}, {what}, captured {today} by capture_qemu.py"
    return "".join(f"# {line}\n" for line in (first, found.command, f"at guest address {at:#x}"))


def texts(found: Capture) -> tuple[str, str]:
    """The two files' text: the table, and the memory that it points at."""
    count = (len(found.hest) - 40) // SOURCE
    table = [*HEADER, (4, "error source count"), *GHES_V2 * count]
    memory = [(8, f"address of block {i} (it may move)") for i in range(count)]
    memory += [(8, f"read ack register {i}: 1, the guest has acknowledged") for i in range(count)]
    block = (len(found.errors) - 16 * count) // count
    memory += [(block, f"error status block {i}: empty, no error yet") for i in range(count)]
    return (
        origin(found, "HEST as UEFI installed it", found.hest_at) + rows(found.hest, table),
        origin(found, "etc/hardware_errors after boot", found.errors_at) + rows(found.errors, memory),
    )


def main() -> int:
    data = Path(__file__).parents[1]
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--qemu", default="qemu-system-aarch64", help="the program (default: the one on the PATH)")
    options.add_argument("--machine", default="virt-7.2", help="a versioned virt machine (default: virt-7.2)")
    options.add_argument("--firmware", default="/usr/share/qemu-efi-aarch64/QEMU_EFI.fd", help="UEFI for that machine")
    options.add_argument("--into", type=Path, default=data, help="folder to write below (default: data)")
    options.add_argument("--seconds", type=float, default=60, help="give up after this long (default: 60)")
    args = options.parse_args()
    # A plain kill of this script must end QEMU too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        found = capture(args.qemu, args.machine, args.firmware, args.seconds)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        print(error, file=sys.stderr)
        return 1
    name = args.machine.replace("virt", "qemu")
    files = (f"hest/{name}.hex", f"memory/{name}-hardware-errors.hex")
    for path, text in zip(files, texts(found), strict=True):
        (args.into / path).parent.mkdir(parents=True, exist_ok=True)
        (args.into / path).write_text(text, encoding="utf-8")
        print(f"{path}: {text.splitlines()[0].removeprefix('# ')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
