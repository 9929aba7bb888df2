"""QEMU's debugger's stub: registers, memory and breakpoints of a machine, by GDB's remote serial protocol.

Debugging with GDB, appendix E "GDB Remote Serial Protocol", describes the packets. The machine stops when the stub is
connected to. Addresses are virtual, as the stopped processor sees them.
"""

import re
import select
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import LiveError

SP, PC, PSTATE = 31, 32, 33  # after X0 to X30, in the order of the feature org.gnu.gdb.aarch64.core
REGISTERS = struct.Struct("<33QI")
SECONDS = 30  # for an answer; usually there within a millisecond
_CHUNK = 0xFF0  # of a feature in one packet


class Closed(LiveError):
    """The machine has ended, and the stub with it; or the stub says nothing any more."""


# --- packets ----------------------------------------------------------------------------------------------------------


def frame(payload: str) -> bytes:
    """A packet that says *payload*: a dollar sign, the text, and a sum of its bytes."""
    data = payload.encode("latin-1")
    return b"$%b#%02x" % (data, sum(data) & 0xFF)


def unframe(received: bytes) -> tuple[str | None, bytes]:
    """The first whole packet's payload, escapes undone, and what follows it; None if there is no whole packet yet.

    Acknowledgements before it are passed over, and so is its sum: nothing is damaged on a Unix socket.
    """
    start = received.find(b"$")
    end = received.find(b"#", start)
    if start < 0 or end < 0 or len(received) < end + 3:
        return None, received
    data = received[start + 1 : end]
    unescaped = re.sub(rb"}(.)", lambda found: bytes([found[1][0] ^ 0x20]), data, flags=re.DOTALL)
    return unescaped.decode("latin-1"), received[end + 3 :]


def pack(registers: Sequence[int]) -> str:
    """Registers as packets have them: hexadecimal bytes, the lowest first."""
    return REGISTERS.pack(*registers).hex()


def unpack(text: str) -> list[int]:
    """The reverse of `pack`; registers beyond those of the core are left out."""
    data = bytes.fromhex(text)
    if len(data) < REGISTERS.size:
        raise LiveError(f"the debugger's stub gave {len(data) // 8} registers, not {PSTATE + 1}")
    return list(REGISTERS.unpack_from(data))


# --- the stub ---------------------------------------------------------------------------------------------------------


@contextmanager
def _closed() -> Iterator[None]:
    """Raise `Closed` for a connection that fails."""
    try:
        yield
    except OSError as e:
        raise Closed("the machine has ended") from e


class Stub:
    """A connection to the stub of a machine with one processor."""

    def __init__(self, path: Path) -> None:
        self._received, self._numbers = b"", dict[str, int]()
        self._link = socket.socket(socket.AF_UNIX)
        with _closed():
            self._link.connect(str(path))
        self._send("qSupported:multiprocess-;xmlRegisters=aarch64")
        while not self._packet(SECONDS).startswith("PacketSize="):
            pass  # QEMU may tell of the stop that the connection caused, which nobody asked for
        self._feature("target.xml")  # once this was read, QEMU knows what the numbers of registers mean

    def close(self) -> None:
        self._link.close()

    def _send(self, payload: str) -> None:
        self._write(frame(payload))

    def _write(self, data: bytes) -> None:
        with _closed():
            self._link.sendall(data)

    def _packet(self, seconds: float) -> str:
        payload = self._next(seconds)
        if payload is None:
            raise Closed(f"the debugger's stub has not answered within {seconds:g} seconds")
        return payload

    def _next(self, seconds: float) -> str | None:
        """The next packet's payload; None if it is not there within *seconds*."""
        deadline = time.monotonic() + seconds
        while True:
            payload, self._received = unframe(self._received)
            if payload is not None:
                self._write(b"+")
                return payload
            if not select.select([self._link], [], [], max(0.0, deadline - time.monotonic()))[0]:
                return None
            with _closed():
                more = self._link.recv(65536)
            if not more:
                raise Closed("the machine has ended")
            self._received += more

    def ask(self, request: str) -> str:
        """The answer to a request. Raises `LiveError` if it is an error, or if the stub does not know the request."""
        self._send(request)
        answer = self._packet(SECONDS)
        if not answer or re.fullmatch(r"E[0-9a-f]{2}", answer):
            raise LiveError(f"the debugger's stub refuses {request!r}: {answer or 'it does not know it'}")
        return answer

    # --- a stopped machine --------------------------------------------------------------------------------------------

    def registers(self) -> list[int]:
        """X0 to X30, SP, PC and PSTATE."""
        return unpack(self.ask("g"))

    def set_registers(self, registers: Sequence[int]) -> None:
        """Set all of them. PSTATE's Exception level must stay: QEMU would not take note of another."""
        self.ask("G" + pack(registers))

    def system_register(self, name: str) -> int:
        """The value of a system register, by its name. Raises `LiveError` if QEMU does not show it."""
        if not self._numbers:
            listed = self._feature("system-registers.xml")
            self._numbers = {
                found[1]: int(found[2]) for found in re.finditer(r'<reg name="(\w+)"[^>]* regnum="(\d+)"', listed)
            }
        if name not in self._numbers:
            raise LiveError(f"this QEMU does not show {name} to a debugger")
        return int.from_bytes(bytes.fromhex(self.ask(f"p{self._numbers[name]:x}")), "little")

    def _feature(self, name: str) -> str:
        """A part of the description of registers, which comes in pieces."""
        found, more = "", True
        while more:
            piece = self.ask(f"qXfer:features:read:{name}:{len(found):x},{_CHUNK:x}")
            found, more = found + piece[1:], piece.startswith("m")
        return found

    def read(self, address: int, size: int) -> bytes:
        """Memory. Raises `LiveError` if nothing is mapped there."""
        return bytes.fromhex(self.ask(f"m{address:x},{size:x}"))

    def write(self, address: int, data: bytes) -> None:
        """Write memory, even what the machine may only read."""
        self.ask(f"M{address:x},{len(data):x}:{data.hex()}")

    def breakpoint(self, address: int, on: bool = True) -> None:
        """Stop at an instruction, or no longer. The machine's memory is not changed for it."""
        self.ask(f"{'Z' if on else 'z'}0,{address:x},4")

    # --- a running machine --------------------------------------------------------------------------------------------

    def go(self) -> None:
        """Let the machine run; nothing but `wait` and `interrupt` makes sense before it stops again."""
        self._send("c")

    def step(self) -> None:
        """Let the machine execute one instruction."""
        self._send("s")
        self._stopped()

    def interrupt(self) -> None:
        """Stop the machine wherever it is, and wait until it has stopped.

        If it has just stopped by itself, QEMU passes over our word, and that stop is the one we see.
        """
        self._write(b"\x03")
        self._stopped()

    def _stopped(self) -> None:
        """Wait until the machine has stopped: what it says of that would be taken for the next answer."""
        if not self.wait(SECONDS):
            raise Closed(f"the machine has not stopped within {SECONDS} seconds")

    def wait(self, seconds: float) -> bool:
        """Wait until the machine stops; False if *seconds* have passed."""
        while (payload := self._next(seconds)) is not None:
            if payload[:1] in ("T", "S"):
                return True
        return False

    def run_to(self, address: int) -> None:
        """Let the machine run to an instruction. Raises `LiveError` if it stops elsewhere or not in time."""
        self.breakpoint(address)
        self.go()
        if not self.wait(SECONDS):
            self.interrupt()
        self.breakpoint(address, False)
        if (at := self.registers()[PC]) != address:
            raise LiveError(f"the machine did not come to {address:#x}, but is at {at:#x}")
