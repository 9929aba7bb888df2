"""The command that makes of a scenario something that runs elsewhere."""

import argparse

from .shared import BadInput, Command, hest, limited, put, scenario

FORMS = ("qmp", "einj", "acpi", "kvm", "live")


def commands(command: Command) -> None:
    """reproduce."""
    made = command("reproduce", reproduce)
    made.add_argument("scenario", nargs="*", metavar="SCENARIO", help="a token, or AXIS=VALUE ...; - is the default")
    made.add_argument("--as", dest="form", choices=FORMS, required=True, help="what is to run it")
    made.add_argument("--hest", metavar="FILE", help="the host's HEST, in any form")
    made.add_argument("-o", dest="output", metavar="FILE", help="where to write it; default: standard output")
    limited(made)


def reproduce(args: argparse.Namespace) -> int:
    """A scenario as a file that does it again, with what it needs and what is expected to happen.

    A QMP script in Python, a shell script for the kernel's EINJ files, one that makes ACPI tables for a guest of QEMU,
    a C program for KVM, or an experiment of the lab. What a form cannot do is refused, and the reason given.

    Example: raslib reproduce begin=qmp cper.severity=FATAL --as qmp -o inject.py
    """
    from ..reproductions import reproduce as reproduced

    s = scenario(" ".join(args.scenario) or "-")
    table = hest(args.hest, args.limit) if args.hest else None
    try:
        text = str(reproduced(s, args.form, hest=table))
    except ValueError as e:
        raise BadInput(f"no {args.form}: {e}") from e
    return put(text, args.output)
