"""Asks a real kernel about an error status block of somebody's own, by a notification of choice, or many of a seed."""

import base64
import json
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..formats.hest import Hest
from ..sim.linux.estatus import read_estatus
from . import LiveError, cache, qemu
from .console import Log
from .machine import Machine
from .perform import pace
from .qemu import Setup
from .recording.examination import KernelAnswer
from .recording.question import LONGEST, PLAIN, SOURCES, KernelQuestion, own_question
from .recording.reaction import NORMAL, PLACES, Reaction, Victim, moved, places_of
from .recording.steps import Boot
from .run import machine

QMP_SECONDS = 20  # for an answer of QEMU
# seconds after which Linux takes a record for a new one (drivers/acpi/apei/ghes.c: ghes_estatus_cached())
CACHED = 10.5
QUIET = 0.5  # seconds without a line after which a kernel has done what it does about an error


def ask(
    block: bytes,
    source: str = "polled",
    victim: str = "",
    *,
    page: str = "",
    repeated: bool = False,
    hest: Hest | None = None,
    guest: cache.Guest | None = None,
) -> Reaction:
    """What a kernel makes of *block*, put into a *source*, a key of `question.SOURCES`.

    With *victim*, "late" or "early", the memory errors of the block, as far as it can be read, are moved to a page of a
    process, so that there is somebody to lose it; with *page* ("free", "text" or "slab") to such a page. *repeated*:
    the kernel has the same record a moment before. With *hest* the machine has that table, its registers moved into the
    lab's memory (see `adopted`), and the block goes to its first source that notifies like *source*. Raises ValueError
    for a block that is longer than any may be, and for a table without such a source. The source "qmp" is QEMU itself,
    with a table of its own, if it is new enough.
    """
    question = own_question(block, source, victim, page, repeated)
    if source == "qmp":
        return _by_qmp(question, guest)
    table, source_id = question.reported_by(hest)
    boot = Boot("asked", "a question of one's own", table, firmware=question.firmware)
    with machine(boot, guest) as (m, _):
        if source == "external":
            m.bind(source_id)
        return replace(put(m, source_id, question), title=f"{len(block)} bytes, by {source}")


def _by_qmp(question: KernelQuestion, guest: cache.Guest | None) -> Reaction:
    """The reaction to what QEMU itself reports, on a machine that has QEMU's HEST.

    QEMU is then the firmware of the guest, as it is on a host that has told it of an error. The command is marked as
    unstable (qapi/acpi-hest.json): QEMU 11.1.3 has it, 7.2 does not. Raises `LiveError` with QEMU's words if it
    refuses, as it does where the guest has not acknowledged the last block.
    """
    program = qemu.program()
    with Machine(None, Setup(ras=True), guest=guest, emulator=program) as m:
        page, pages, block = _placed(m, question)
        cper = base64.b64encode(block).decode()
        reaction = m.observe(lambda: execute(m.qmp, "inject-ghes-v2-error", cper=cper), page)
    return replace(reaction, title=f"{len(block)} bytes, by qmp", block=block, pages=pages)


def execute(path: Path, command: str, **arguments: Any) -> Any:
    """What QEMU answers to a *command* of QMP at the socket *path*. Raises `LiveError` for an error, or if it ends."""
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(QMP_SECONDS)
            link.connect(str(path))
            with link.makefile("r", encoding="utf-8") as lines:
                lines.readline()  # the greeting
                for one, given in (("qmp_capabilities", {}), (command, arguments)):
                    link.sendall(json.dumps({"execute": one, "arguments": given}).encode() + b"\n")
                    answer = next(said for said in map(json.loads, lines) if "event" not in said)
                    if "error" in answer:
                        raise LiveError(f"QEMU answers to {one}: {answer['error']['desc']}")
    except (OSError, StopIteration, json.JSONDecodeError) as e:  # the last is half a line
        raise LiveError(f"QEMU does not answer to {command}: {str(e) or 'it has ended'}") from e
    return answer["return"]


def put(m: Machine, source_id: int, question: KernelQuestion) -> Reaction:
    """The reaction to *question* of a running machine."""
    page, pages, block = _placed(m, question)
    if question.repeated:
        pace(m, block)
        m.report(source_id, block, quiet=QUIET)
    else:
        pace(m, block, 1)
    return replace(m.report(source_id, block, page, quiet=QUIET), pages=pages)


def find_pages(m: Machine, question: KernelQuestion) -> dict[str, int]:
    """Pages of the guest for those that the block names, but the victim's; others for each number of a question."""
    names = [name for name in places_of(question.block) if name != "victim"]
    return {name: m.ask("find_page", kind=name, number=question.number) for name in names}


def _placed(m: Machine, question: KernelQuestion) -> tuple[Victim | None, dict[str, int], bytes]:
    """The victim and the other pages that *question* needs in the machine, and its block with their addresses."""
    page = m.victim(question.victim == "early") if question.victim else None
    pages = find_pages(m, question)
    places = {PLACES[name]: address for name, address in pages.items()}
    places |= {NORMAL.pa: page.pa} if page else {}
    return page, pages, moved(question.block, places)


# --- questions that were made by a seed -------------------------------------------------------------------------------


def examine(
    questions: Iterable[KernelQuestion], guest: cache.Guest | None = None, log: Log = lambda line: None
) -> Iterator[KernelAnswer]:
    """Ask a real kernel *questions*, many in one boot, and give each answer as it comes.

    After a panic, an oops or a dead guest comes a fresh boot for the rest. What ended a guest without an answer is
    asked once more, on the fresh one: a loaded machine may be to blame. *log* gets a line for each boot, and for what
    ended the last.
    """
    twice: set[int] = set()
    left: dict[str, list[KernelQuestion]] = {}
    for one in questions:
        left.setdefault(one.firmware, []).append(one)
    for firmware, waiting in left.items():
        table, _ = waiting[0].reported_by()
        boot = Boot("examination", "questions made by a seed", table, firmware=firmware)
        while waiting:
            log(f"{len(waiting)} questions left")
            with machine(boot, guest, log) as (m, _):
                if not firmware:
                    m.bind(PLAIN["external"].source_id)
                yield from _one_boot(m, waiting, twice, log)


def _one_boot(m: Machine, waiting: list[KernelQuestion], twice: set[int], log: Log) -> Iterator[KernelAnswer]:
    """Ask until nothing is left or the machine is not what it was; what was asked is taken from *waiting*."""
    forgotten = dict[bytes, float]()  # when the kernel has forgotten a record: two may be alike that have no entries
    while waiting:
        one = waiting.pop(0)
        record = one.block[: read_estatus(one.block, LONGEST).length]
        try:
            time.sleep(max(0, forgotten.get(record, 0) - time.monotonic()))
            reaction = put(m, SOURCES[one.source].source_id, one)
        except LiveError as e:
            log(f"{one.seed}.{one.number} has ended the guest: {str(e).splitlines()[0]}")
            if one.number in twice:
                yield KernelAnswer(one, trouble=str(e))
            else:
                twice.add(one.number)
                waiting.insert(0, one)
            return
        forgotten[record] = time.monotonic() + CACHED
        yield KernelAnswer(one, reaction)
        if reaction.panicked or reaction.oops:
            log(f"{one.seed}.{one.number}: {reaction.oops or 'the kernel panicked'}")
            return
