"""Commands about the live lab: a real arm64 Linux under QEMU takes our error records."""

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from .shared import BadInput, complain


def live(args: argparse.Namespace) -> int:
    """A real arm64 Linux under QEMU: what it does about error records."""
    raise BadInput("needs one of fetch, report, examine, compare, check, record, chain")  # argparse asks for it


@contextmanager
def _complaints() -> Iterator[None]:
    """What goes wrong, and being ended, as one line; what runs is ended and cleaned up."""
    from ..live import LiveError

    def stop(number: int, frame: object) -> None:
        complain("interrupted")
        sys.exit(128 + number)

    with suppress(ValueError):  # signals are the main thread's
        signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except LiveError as e:
        raise BadInput(str(e)) from e


def fetch(args: argparse.Namespace) -> None:
    """Gets the guest's kernel and userland through this machine's own Debian package sources, without privileges.

    Example: raslib live fetch
    """
    from ..live.cache import note
    from ..live.download import fetch as get
    from ..progress import Bar

    with _complaints(), Bar() as bar:
        folder = get(args.into, args.suite, bar, chain=args.chain)
    print(f"{folder}: {note(folder).get('kernel', 'files of your own')}")


def report(args: argparse.Namespace) -> None:
    """Hands a block of one's own to a real kernel, and prints what it does.

    Example: raslib live report block.bin --source sea --victim late
    """
    from ..live import ask
    from ..live import compare as held
    from ..live.cache import guest
    from ..live.recording.session import plain

    block, hest = _block(args.file), _hest(args.hest) if args.hest else None
    with _complaints():
        reaction = ask(
            block, args.source, args.victim or "", repeated=args.repeated, hest=hest, guest=guest(args.kernel)
        )
        beside = None if args.source == "qmp" else held(reaction, args.source, repeated=args.repeated, hest=hest)
    if args.form == "json":
        rows = [row._asdict() for row in beside.rows] if beside else []
        print(json.dumps(plain(reaction) | {"kernel": reaction.kernel, "qemu": reaction.qemu, "compared": rows}))
    else:
        print(reaction, *([beside] if beside else []), sep="\n\n")


def _hest(name: str) -> Any:
    """The HEST that a file holds; what has to be changed for the lab is said."""
    from ..live.recording.layout import adopted
    from .shared import hest

    table = hest(name)
    for note in adopted(table)[1]:
        _log(note)
    return table


def examine(args: argparse.Namespace) -> int:
    """Asks a real kernel questions that nobody has asked; exit status 1 for an answer that nobody can explain.

    Example: raslib live examine --seed 7 --questions 5
    """
    from ..live.cache import guest, write
    from ..live.recording.examination import agreement, invent, load
    from ..live.run import examine as ask_all

    answers = []
    with _complaints():
        if args.replay:
            source: Any = load(args.replay)
        else:
            questions = [invent(args.seed, number) for number in range(args.questions)]
            source = ask_all(questions, guest(args.kernel), _log)
        for answer in source:
            answers.append(answer)
            if answer.differences or answer.trouble:
                print(answer, flush=True)
        if args.record:
            in_order = sorted(answers, key=lambda answer: answer.question.number)
            write(args.record, "".join(f"{json.dumps(answer.plain())}\n" for answer in in_order).encode())
    print(agreement(answers))
    return int(any(answer.unexplained for answer in answers))


def _block(name: str) -> bytes:
    """The status block that a file holds; of a CPER record, its sections as one."""
    from ..formats.cper import CperRecord
    from ..formats.framing import to_status_block
    from ..intake import read
    from .shared import load

    try:
        found = read(load(name))
    except ValueError as e:
        raise BadInput(f"{name}: {e}") from e
    if found.kind == "record":
        return to_status_block(CperRecord.parse(found.data)).build()
    if found.kind != "status-block":
        raise BadInput(f"{name}: firmware reports status blocks and records, not {found.kind}")
    return found.data


def compare(args: argparse.Namespace) -> int:
    """Prints what the simulator predicts beside what a kernel did when recorded; exit status 1 for a new difference.

    Example: raslib live compare sea-corrected
    """
    from ..live import compare as held
    from ..live import recordings

    status = 0
    for name in args.name or recordings(args.release):
        found = held(name, release=args.release)
        print(found, end="\n\n")
        status |= found.unknown is not None
    return status


def check(args: argparse.Namespace) -> int:
    """Does experiments again, and says what differs from the recording; exit status 1 if anything does.

    Example: raslib live check notification
    """
    from ..live import recordings
    from ..live.recording.session import release_of
    from ..live.run import run

    differ = 0
    with _complaints():
        fresh = run(args.name, _log)
    for session in fresh.values():
        recorded = recordings(release_of(session.kernel))
        for name, recording in session.experiments.items():
            before = recorded.get(name)
            lines = list(before.differences(recording)) if before else ["there is no recording"]
            print(f"{name}: {'differs' if lines else 'as recorded'} (Linux {session.kernel}, QEMU {session.qemu})")
            for line in lines:
                print(f"    {line}")
            differ += bool(lines)
    return int(differ > 0)


def record(args: argparse.Namespace) -> None:
    """Does experiments, and keeps what they give as data: all of each machine that is named or has one named.

    Example: raslib live record sea
    """
    from ..live.cache import write
    from ..live.recording.session import as_json, home, release_of
    from ..live.run import chosen, run

    with _complaints():
        fresh = run(chosen(args.name), _log)
    for name, session in fresh.items():
        path = (args.into or home() / release_of(session.kernel)) / f"{name}.json"
        write(path, as_json(session).encode())
        print(f"{path}: {len(session.experiments)} experiments, Linux {session.kernel}, QEMU {session.qemu}")


def chain(args: argparse.Namespace) -> None:
    """Runs a host, a guest in it and a process in the guest, and takes a page of it away: one to five minutes.

    One write to the host's memory; the process gets SIGBUS. Needs `raslib live fetch --chain` once.

    Example: raslib live chain
    """
    from ..live.run import run

    with _complaints():
        print(*run(["chain"], _log)["chain"].experiments.values())


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
