"""What a lesson says in the browser edition where a package is not to be had there."""

import sys

from ..views.theme import Shown


def static_page(name: str) -> Shown:
    """That the lesson *name* needs numpy, and where its page in the static course is, which shows all of it."""
    says = "This lesson asks a million records at once. It needs numpy, which this page does not have."
    href = f"{_site()}{name}.html"
    link = f'<a href="{href}" target="_blank" rel="noopener">Its page in the course</a>'
    return Shown(f"<p>{says} {link} shows every answer; below stands what is asked.</p>", f"{says} See {href}")


def _site() -> str:
    """The address of the static course, which the browser edition stands below; empty where there is none."""
    if "js" not in sys.modules:  # Pyodide's door to the page
        return ""
    return str(sys.modules["js"].location.href).partition("/lab/")[0] + "/"
