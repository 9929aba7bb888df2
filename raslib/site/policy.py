"""The Content-Security-Policy of a page: nothing from elsewhere, no script but its files and what stands in it."""

import base64
import hashlib
import re

from ..views.page import POLICY

_SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)


def policy(html: str) -> str:
    """The policy that lets *html* work: files beside it, and its inline scripts by their hashes."""
    inline = (script for tag, script in _SCRIPT.findall(html) if "src=" not in tag and "application/json" not in tag)
    hashes = "".join(f" 'sha256-{base64.b64encode(hashlib.sha256(t.encode()).digest()).decode()}'" for t in inline)
    ours = POLICY.replace("style-src", "style-src 'self'").replace("img-src", "img-src 'self'")
    ours = ours.replace("form-action 'none'", "form-action 'self'")  # the search's
    return f"default-src 'none'; script-src 'self'{hashes}; {ours}"


def guarded(html: str, said: str = "") -> str:
    """*html* with its policy, or what is *said* instead, as the first thing in its head."""
    meta = f'<meta http-equiv="Content-Security-Policy" content="{said or policy(html)}">'
    return html.replace("<head>", f"<head>\n{meta}", 1)
