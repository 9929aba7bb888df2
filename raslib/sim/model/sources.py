"""Where it is written: every document and function that a step or a choice rests on, each named once.

`citations.toml` has them by document, and by project and release. A key is a word for whose it is (arm, acpi, uefi,
mail, tf-a, linux, qemu), a dot, and a word for what it is; where an older or newer release does otherwise, a second key
ends with that release. Steps name keys, so that what a document is called is written in one place.
"""

from functools import cache
from typing import NamedTuple

from ... import resources


class Document(NamedTuple):
    """A place in a document.

    name: the document, with its number and release: `ACPI 6.5`
    section: of it, and what is to be found there
    url: where it can be read, if anybody can read it
    """

    name: str
    section: str
    url: str = ""

    @property
    def label(self) -> str:
        """The document and the place in it, in a line."""
        return f"{self.name} {self.section}"

    def view(self) -> dict[str, str]:
        """Plain values for the views: the label, and where it can be read, if it can."""
        return {"label": self.label} | ({"url": self.url} if self.url else {})


class Code(NamedTuple):
    """A function as it was read, in one release of a project.

    project, version: `Linux`, `7.1`; "main of 2026-08" is in no release yet
    file: from the top of its sources; may be two that belong together
    function: or several, with their parentheses; or a table or a label
    """

    project: str
    version: str
    file: str
    function: str

    @property
    def label(self) -> str:
        """Project, release, file and function, in a line."""
        return f"{self.project} {self.version} {self.file}: {self.function}"

    def view(self) -> dict[str, str]:
        """Plain values for the views: the label."""
        return {"label": self.label}


@cache
def citations() -> dict[str, Document | Code]:
    """Every document and function that is cited, by its key."""
    urls, documents, code = resources.table(__file__, "citations.toml").values()
    found: dict[str, Document | Code] = {}
    for name, sections in documents.items():
        found |= {key: Document(name, section, urls.get(name, "")) for key, section in sections.items()}
    for release, places in code.items():
        found |= {key: Code(*release.split(" ", 1), *place.split(": ", 1)) for key, place in places.items()}
    return found


def label(key: str) -> str:
    """The citation *key* in a line."""
    return citations()[key].label
