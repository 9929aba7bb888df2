"""Pretends to be QEMU with a guest in it, as far as `raslib.live.machine` can tell: for tests without either.

Its "kernel" consumes a block when an interrupt is made pending, and logs what block it was. What it is to do wrong
stands in the environment variable PRETEND: `refuse` ends at once, `lame` never says a word, `silent` never says
hello, `deaf` ignores interrupts, `plain` has no APEI, `panic` panics over a block, `poor` has no memory for a process.
"""

import ast
import mmap
import os
import re
import socket
import sys
import time
from pathlib import Path

HOW = os.environ.get("PRETEND", "")
VA, PA = 0xFFFF_9000_0000, 0x4_2000


def channel(name: str) -> socket.socket:
    number = next(re.search(r"fd=(.*)", a)[1] for a in sys.argv if a.startswith(f"socket,id={name},"))
    return socket.socket(fileno=int(number))


def main() -> None:
    if "--version" in sys.argv:
        print("QEMU emulator version 0.1.2 (pretended)")
        return
    if pid := os.environ.get("PRETEND_PID"):
        Path(pid).write_text(str(os.getpid()))
    if HOW == "refuse":
        sys.exit("no such machine")
    if HOW == "lame":
        time.sleep(60)
    console, agent = channel("console"), channel("agent")
    lines = iter(range(1, 1000))

    def log(text: str) -> None:
        console.sendall(f"[    0.{next(lines):06}] {text}\r\n".encode())

    def tell(event: str, **value: object) -> None:
        agent.sendall(f"{(0, event, value)!r}\n".encode())

    console.sendall(b"UEFI firmware, as it were\r\n")
    log("Booting")
    if HOW != "plain":
        log("HEST: Table parsing has been initialized.")
    if HOW == "silent":
        time.sleep(60)
    path = next(re.search(r"mem-path=([^,]*)", a)[1] for a in sys.argv if "mem-path=" in a)
    with Path(path).open("r+b") as file:
        memory = mmap.mmap(file.fileno(), 0)
    tell("hello", release="6.1.0", version="#1 SMP Debian 6.1.9-2 (pretended)")
    alive = False
    for line in agent.makefile("r"):
        number, command, given = ast.literal_eval(line)
        answer, how = None, "done"
        if command == "peek":
            answer = int.from_bytes(memory[given["address"] - 0x8000_0000 :][:4], "little")
        elif command == "mark":
            log(given["text"])
        elif command == "victim" and HOW == "poor":
            answer = 42
            tell("trouble", pid=43, said="not asked for")
            tell("trouble", pid=42, said="MemoryError()")
        elif command == "victim":
            answer, alive = 42, True
            tell("victim", pid=42, va=VA, pa=PA)
        elif command == "order" and alive:
            answer, alive = True, False
            tell("signal", pid=42, code=4, address=VA, lsb=12, pa=0)
            tell("ended", pid=42, status=0)
        elif command == "poke" and HOW != "deaf":
            for source, at in enumerate(range(0x1000, 0x10000, 0x1000)):
                if any(memory[at : at + 4]):
                    log(f"{{1}}[Hardware Error]: block_status {memory[at : at + 4].hex()}")
                    if HOW == "panic":
                        log("Kernel panic - not syncing: GHES: Fatal hardware error")
                        return
                    memory[at : at + 4] = bytes(4)
                    memory[16 * source + 8 : 16 * source + 16] = (1).to_bytes(8, "little")
        elif command == "find_page":
            answer = 0x4_3000
        elif command == "shell":
            answer = (0, "said\n") if given["line"] == "say" else (127, "not found\n")
        elif command == "load":
            how, answer = "failed", "SyntaxError: no"
        agent.sendall(f"{(number, how, answer)!r}\n".encode())


main()
