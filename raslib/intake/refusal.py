"""What a text that holds nothing of ours looks like, and which command would take it."""

import re

_OTHERS = (  # what machines have besides, in which there is no record
    (r"(?m)^\s*[0-9a-f]+ \|.*\|", "the event log of a BMC (ipmitool sel): sensors and kinds of errors, and no record"),
    (r"(?m)^mc\d+: .*Errors", "counters of EDAC (edac-util): how many errors there were, and no record"),
)
_REGISTER = re.compile(r"\s*(?:0x)?([0-9A-Fa-f]{1,16})\s*")


def refusal(text: str, error: ValueError) -> ValueError:
    """*error* in words that help."""
    if not text.strip():
        return ValueError(f"there is nothing in it: {error}")
    if found := _REGISTER.fullmatch(text):
        return ValueError(f"a number alone: if it is a syndrome, `raslib esr 0x{found[1]}` explains it ({error})")
    if "esr" in text.lower() and (found := re.search(r"0x([0-9a-fA-F]{8,16})\b", text)):
        return ValueError(f"a syndrome: `raslib esr 0x{found[1]}` explains it ({error})")
    return next((ValueError(f"{what} ({error})") for looks, what in _OTHERS if re.search(looks, text)), error)
