"""Commands about the course without an installation: it is built as a static site."""

import argparse
from pathlib import Path

from .shared import BadInput, Command


def commands(command: Command) -> None:
    """site."""
    made = command("site", site)
    made.add_argument("-o", "--output", required=True, metavar="DIR", help="an empty folder, or an older site")
    made.add_argument("--only", default="", metavar="NN,NN", help="these lessons alone, by their numbers")


def site(args: argparse.Namespace) -> int:
    """The course as a static site: every lesson with its live views, which need no Python and no network.

    It works from any web server and from a disk. Needs the packages of the extra `site`.

    Example: raslib site -o public
    """
    try:
        from ..site.build import build
        from ..site.links import broken

        build(Path(args.output), filter(None, args.only.split(",")))
    except ImportError as e:
        raise BadInput(f"{e.name} is not installed: pip install 'raslib[site]'") from e
    for link in broken(Path(args.output)):
        print(link)
    return 0
