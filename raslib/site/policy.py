"""The Content-Security-Policy of a page: nothing from elsewhere, no script but its files and what stands in it."""

import base64
import hashlib
import re

from ..views.page import POLICY

_SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)


def policy(html: str) -> str:
    """The policy that lets *html* work: files beside it, and its inline scripts by their hashes."""
    inline = (text for attributes, text in _SCRIPT.findall(html) if _runs(attributes))
    hashes = "".join(f" 'sha256-{base64.b64encode(hashlib.sha256(t.encode()).digest()).decode()}'" for t in inline)
    ours = POLICY.replace("style-src", "style-src 'self'").replace("img-src", "img-src 'self'")
    ours = ours.replace("form-action 'none'", "form-action 'self'")  # the search's
    return f"default-src 'none'; script-src 'self'{hashes}; {ours}"


def _runs(attributes: str) -> bool:
    return "src=" not in attributes and "application/json" not in attributes


def guarded(html: str) -> str:
    """*html* with its policy as the first thing in its head. Raises ValueError if it has no head."""
    head, found, rest = html.partition("<head>")
    if not found:
        raise ValueError("a page without a head")
    return f'{head}<head>\n<meta http-equiv="Content-Security-Policy" content="{policy(html)}">{rest}'
