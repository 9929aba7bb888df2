"""Commands about the kit itself: JupyterLab on the notebooks, what works on this machine, completion in a shell."""

import argparse

from .shared import Command


def commands(command: Command) -> None:
    """lab, doctor, completion."""
    made = command("lab", lab)
    made.add_argument("--desk", action="store_true", help="the whole desk, with side bars, instead of one lesson")
    made.add_argument("arguments", nargs=argparse.REMAINDER, help="for JupyterLab")
    made = command("doctor", doctor)
    made.add_argument("--json", action="store_true", help="a line of JSON for each thing that is looked at")
    made = command("completion", completion)
    made.add_argument("shell", choices=("bash", "zsh"))


def lab(args: argparse.Namespace) -> int:
    """JupyterLab on the notebooks.

    In a checkout these are its own; else they are copied below the current folder, where what you changed is kept.

    Example: raslib lab --port=9000
    """
    from ..lab import lab as start

    return start(args.arguments, desk=args.desk)


def doctor(args: argparse.Namespace) -> int:
    """What works on this machine, and how to mend what does not.

    Example: raslib doctor
    """
    from ..doctor import doctor as check

    return check(args.json)


def completion(args: argparse.Namespace) -> int:
    """Lines for a shell, so that the tabulator key completes commands, options and what they take.

    For zsh the line that loads them stands in ~/.zshrc behind `compinit`.

    Example: source <(raslib completion bash)
    """
    from .completion import script

    print(script(args.shell), end="")
    return 0
