"""Serves a site to browsers: with the types and cache headers that its parts need, to this machine unless told."""

import errno
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

HERE = "127.0.0.1"
TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".whl": "application/zip"}
_LASTING = re.compile(r"\.[0-9a-f]{7,}\.\w+$")  # a name that changes with its file


class Handler(SimpleHTTPRequestHandler):
    """Files below a folder. What the browser has it asks for once more, if its name does not change with it."""

    protocol_version = "HTTP/1.1"
    extensions_map = SimpleHTTPRequestHandler.extensions_map | TYPES

    def end_headers(self) -> None:
        parts = urlsplit(self.path)
        lasting = parts.query.startswith("v=") or _LASTING.search(parts.path)
        self.send_header("Cache-Control", "max-age=31536000, immutable" if lasting else "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def list_directory(self, path: object) -> None:
        """A folder without a page of its own is not shown."""
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Who looks at what is nobody's business."""


def server(site: Path, address: str = HERE, port: int = 8000) -> ThreadingHTTPServer:
    """A server of the folder *site*, which `serve_forever` runs; of a *port* that is taken, the next free one.

    Raises `OSError` if the address is none of this machine's, or twenty ports are taken.
    """
    for one in range(port, port + 20):
        try:
            return ThreadingHTTPServer((address, one), partial(Handler, directory=str(site)))
        except OSError as e:
            if one == port + 19 or e.errno != errno.EADDRINUSE:
                raise
    raise AssertionError("one of the above")


def link(address: str, port: int) -> str:
    """What others type to reach a server that listens there."""
    return f"http://{_own() if address in ('0.0.0.0', '') else address}:{port}/"


def _own() -> str:
    """The address of this machine by which others reach it, as far as it can tell without asking anybody."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # an address for documents; nothing is sent
        return str(probe.getsockname()[0])
    return socket.gethostname()


def announcement(url: str, token: str, choices: Mapping[str, str], audience: str) -> Iterator[str]:
    """What a lead reads aloud, line by line: the link, a QR code, and the *token* of a scenario.

    With its *choices*, axis -> word, a page of the course opens; a hub has no such page.
    """
    page = f"what-if.html#choices={','.join(map('='.join, choices.items()))}" if choices else ""
    yield f"The course: {url}"
    if token:
        yield f"Everybody on the same scenario: {token}"
    if page:
        yield f"  {url}{page}"
    yield audience
    yield from code(url + page)


def code(url: str) -> Iterator[str]:
    """A QR code as lines of text; none without the package segno."""
    if not find_spec("segno"):
        return
    import segno

    drawn = StringIO()
    segno.make(url, micro=False).terminal(out=drawn, compact=True)
    yield from drawn.getvalue().splitlines()


def audience(address: str) -> str:
    """Who can open it, in a sentence."""
    if address in (HERE, "localhost", "::1"):
        return "Only this machine can open it; --bind 0.0.0.0 lets everybody who reaches this machine."
    return f"Everybody who reaches {address} can open it, without a password."
