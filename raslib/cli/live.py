"""Commands about the live lab: a real arm64 Linux under QEMU takes our error records."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .shared import BadInput, Command, add

_SOURCES = ("polled", "polled-v1", "external", "sci", "gpio", "gsiv", "sea")


def commands(command: Command) -> None:
    """live, and below it list, fetch, report, compare, check, record, chain."""
    parts = command("live", live).add_subparsers(required=True, metavar="WHAT")

    def part(name: str, run: Any) -> argparse.ArgumentParser:
        return add(parts, name, run)

    made = part("list", list_)
    made = part("fetch", fetch)
    made.add_argument("--into", type=Path, metavar="FOLDER", help="default: RASLIB_LIVE_DIR, else the cache folder")
    made.add_argument("--suite", help="a configured release to prefer, for example bookworm-backports")
    made.add_argument("--chain", action="store_true", help="also QEMU for the guest, which `raslib live chain` runs")
    made = part("report", report)
    made.add_argument("file", metavar="FILE", help="a status block or CPER record, as `raslib decode` takes it")
    made.add_argument("--source", choices=_SOURCES, default="polled", help="by what the kernel is notified")
    made.add_argument("--victim", choices=("late", "early"), help="move memory errors to a page of a process")
    made.add_argument("--as", dest="form", choices=("text", "json"), default="text")
    made.add_argument("--kernel", type=Path, metavar="VMLINUZ", help="another kernel than the one that was fetched")
    made = part("compare", compare)
    made.add_argument("name", nargs="*", metavar="NAME", help="recorded experiments (default: all)")
    for name, run in (("check", check), ("record", record)):
        made = part(name, run)
        made.add_argument("name", nargs="*", metavar="NAME", help="experiments or machines (default: all)")
    made.add_argument("--into", type=Path, metavar="FOLDER", help="default: data/live of this checkout")
    part("chain", chain)


def live(args: argparse.Namespace) -> int:
    """A real arm64 Linux under QEMU: what it does about error records."""
    raise BadInput("needs one of list, fetch, report, compare, check, record, chain")  # argparse asks for it


@contextmanager
def _complaints() -> Iterator[None]:
    from ..live import LiveError

    try:
        yield
    except LiveError as e:
        raise BadInput(str(e)) from e


def list_(args: argparse.Namespace) -> int:
    """Names the experiments, each with its machine and the kernel it is recorded from."""
    from ..live.recording.experiments import BOOTS, EXPERIMENTS
    from ..live.recording.session import sessions

    recorded = sessions()
    for boot in BOOTS.values():
        session = recorded.get(boot.name)
        by = f"recorded from Linux {session.kernel}, QEMU {session.qemu}" if session else "not recorded"
        print(f"{boot.name}: {boot.title} ({by})")
        for experiment in EXPERIMENTS.values():
            if experiment.boot == boot.name:
                print(f"  {experiment.name:<22} {experiment.title}")
    return 0


def fetch(args: argparse.Namespace) -> int:
    """Gets the guest's kernel and userland through this machine's own Debian package sources, without privileges."""
    from ..live import chain_fetch
    from ..live.cache import note
    from ..live.download import fetch as get
    from ..progress import Bar

    with _complaints(), Bar() as bar:
        folder = get(args.into, args.suite, bar)
        if args.chain:
            chain_fetch.fetch(args.into, args.suite, bar)
    print(f"{folder}: {note(folder).get('kernel', 'files of your own')}")
    return 0


def report(args: argparse.Namespace) -> int:
    """Hands a block of one's own to a real kernel, and prints what it does."""
    from ..live import ask
    from ..live.cache import guest
    from ..live.recording.session import plain

    block = _block(args.file)
    with _complaints():
        reaction = ask(block, args.source, args.victim or "", guest=guest(args.kernel))
    print(json.dumps(plain(reaction)) if args.form == "json" else reaction)
    return 0


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
    """Prints what the simulator predicts beside what a kernel did when recorded; exit status 1 for a new difference."""
    from ..live import compare as held
    from ..live import recordings

    status = 0
    for name in args.name or recordings():
        try:
            found = held(name)
        except ValueError as e:
            raise BadInput(str(e)) from e
        print(found, end="\n\n")
        status |= found.unknown is not None
    return status


def check(args: argparse.Namespace) -> int:
    """Does experiments again, and says what differs from the recording; exit status 1 if anything does."""
    from ..live import recordings
    from ..live.run import run

    recorded, differ = recordings(), 0
    with _complaints():
        fresh = run(args.name, _log)
    for session in fresh.values():
        for name, recording in session.experiments.items():
            before = recorded.get(name)
            lines = list(before.differences(recording)) if before else ["there is no recording"]
            print(f"{name}: {'differs' if lines else 'as recorded'} (Linux {session.kernel}, QEMU {session.qemu})")
            for line in lines:
                print(f"    {line}")
            differ += bool(lines)
    return int(differ > 0)


def record(args: argparse.Namespace) -> int:
    """Does experiments, and keeps what they give as data: all of each machine that is named or has one named."""
    from ..live.recording.session import home
    from ..live.run import chosen, run, save

    with _complaints():
        fresh = run(chosen(args.name), _log)
    for name, session in fresh.items():
        path = (args.into or home()) / f"{name}.json"
        save(path, session)
        print(f"{path}: {len(session.experiments)} experiments, Linux {session.kernel}, QEMU {session.qemu}")
    return 0


def chain(args: argparse.Namespace) -> int:
    """Runs a host, a guest in it and a process in the guest, and takes a page of it away: one to five minutes.

    One write to the host's memory; the process gets SIGBUS. Needs `raslib live fetch --chain` once.
    """
    from ..live.chain import NestedGuest
    from ..live.recording.experiments import BOOTS
    from ..live.run import machine

    with _complaints(), machine(BOOTS["chain"], set()) as (host, _):
        _log(f"the host is up in {host.boot_seconds:.0f} s; its guest boots")
        guest = NestedGuest(host, _log).boot()
        _log(f"the guest is up in {guest.boot_seconds:.0f} s")
        print(guest.strike())
    return 0


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
