"""What a lesson says in the browser edition where a package is not to be had there."""

import sys

from ..views.theme import Shown


def static_page(name: str) -> Shown:
    """That the lesson *name* needs numpy, and where its page in the static course is, which shows all of it."""
    says = "This lesson asks a million records at once. It needs numpy, which this page does not have."
    js = sys.modules.get("js")  # Pyodide's door to the page, which stands below the static course
    site = str(js.location.href).partition("/lab/")[0] + "/" if js else ""
    href = f"{site}{name}.html"
    link = f'<a href="{href}" target="_blank" rel="noopener">Its page in the course</a>'
    return Shown(f"<p>{says} {link} shows every answer; below stands what is asked.</p>", f"{says} See {href}")
