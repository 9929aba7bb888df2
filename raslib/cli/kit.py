"""Commands about the kit itself: JupyterLab on the notebooks, and what works on this machine."""

import argparse

from .shared import Command


def commands(command: Command) -> None:
    """lab, doctor."""
    made = command("lab", lab)
    made.add_argument("arguments", nargs=argparse.REMAINDER, help="for JupyterLab")
    made = command("doctor", doctor)
    made.add_argument("--json", action="store_true")


def lab(args: argparse.Namespace) -> int:
    """JupyterLab on the notebooks."""
    from ..lab import lab as start

    return start(args.arguments)


def doctor(args: argparse.Namespace) -> int:
    """What works on this machine, and how to mend what does not."""
    from ..doctor import doctor as check

    return check(["--json"] if args.json else [])
