"""Commands about the kit: JupyterLab, what works here, completion in a shell, and the course as a site for a team."""

import argparse
from pathlib import Path

from .shared import BadInput


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


def completion(args: argparse.Namespace) -> None:
    """Lines for a shell, so that the tabulator key completes commands, options and what they take.

    For zsh the line that loads them stands in ~/.zshrc behind `compinit`.

    Example: source <(raslib completion bash)
    """
    from .completion import script

    print(script(args.shell), end="")


def site(args: argparse.Namespace) -> None:
    """The course as a static site: every lesson with its live views, which need no Python and no network.

    It works from any web server and from a disk. Needs the packages of the extra `site`. With --lab a browser can also
    run the lessons, from a web server.

    Example: raslib site -o public
    """
    try:
        from ..site.build import build
        from ..site.links import broken

        build(Path(args.output), list(filter(None, args.only.split(","))), args.lab, list(map(Path, args.wheel)))
    except ImportError as e:
        raise BadInput(f"{e.name} is not installed: pip install 'raslib[site]'") from e
    for link in broken(Path(args.output)):
        print(link)


def session(args: argparse.Namespace) -> int:
    """Serves the course to a team till it is interrupted: a site, or with --hub a JupyterHub.

    Prints the link, the token of the scenario that all begin with, and both as a QR code. Listens on this machine
    alone, unless --bind names another address.

    Example: raslib session build/site --bind 0.0.0.0 --choose host.notify=GSIV
    """
    from ..sim.model.scenario import Scenario

    scenario = Scenario.of(*args.choose)
    if args.hub:
        from ..site.hub import start

        return start(args.bind, args.port, scenario.token())
    from ..site.serve import announcement, audience, link, server

    if not (Path(args.site) / "index.html").is_file():
        raise BadInput(f"{args.site} has no site: raslib site -o {args.site} makes one")
    try:
        serving = server(Path(args.site), args.bind, args.port)
    except OSError as e:
        raise BadInput(f"nobody can listen at {args.bind}: {e.strerror}") from e
    with serving:
        url = link(args.bind, serving.server_port)
        print(*announcement(url, scenario.token(), scenario.chosen(), audience(args.bind)), sep="\n", flush=True)
        serving.serve_forever()
    return 0
