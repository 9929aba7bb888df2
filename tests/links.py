"""Links of a site that lead nowhere: to no file of it, or to no place in one."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlparse

from raslib.site.build import LAB


def broken(site: Path) -> list[str]:
    """A line for each link within the folder *site* that leads nowhere: the page, and what it links to."""
    pages = sorted(p for p in site.rglob("*.html") if p.relative_to(site).parts[0] != LAB)
    return [f"{page.relative_to(site)}: {link}" for page in pages for link in links(page) if not _leads(page, link)]


def links(page: Path) -> Iterator[str]:
    """What a page links to or loads of its own site, each once."""
    html = re.sub(r"(<script\b[^>]*>).*?</script>", r"\1", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in sorted(set(re.findall(r'\b(?:href|src)="([^"]*)"', html))):
        if not urlparse(unescape(link)).scheme and not link.startswith("//"):
            yield unescape(link)


def _leads(page: Path, link: str) -> bool:
    parts = urlparse(link)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.exists():
        return False
    return not parts.fragment or target.suffix != ".html" or unquote(parts.fragment) in _places(target)


@cache
def _places(page: Path) -> set[str]:
    return {unescape(each) for each in re.findall(r'\bid="([^"]+)"', page.read_text(encoding="utf-8"))}
