"""What an input that holds nothing of ours looks like, and which command would take it."""

import re

_OTHERS = (  # what machines have besides, in which there is no record
    (r"(?m)^\s*[0-9a-f]+ \|.*\|", "the event log of a BMC (ipmitool sel): sensors and kinds of errors, and no record"),
    (r"(?m)^mc\d+: .*Errors", "counters of EDAC (edac-util): how many errors there were, and no record"),
)
_REGISTER = re.compile(r"\s*(?:0x)?([0-9A-Fa-f]{1,16})\s*")

_UNPACK = "unpack it, and give the folder"
_BEGINS = {
    b"\x7fELF": "an ELF file does: of a dump of a kernel, `crash` prints the log",
    b"KDUMP   ": "a dump of a kernel does: `crash` prints its log",
    b"LPKSHHRH": "a journal does: `journalctl --file NAME -k` prints it",
    b"ElfFile\0": "a Windows event log does: `wevtutil qe NAME /lf:true /f:xml` prints it",
    b"PAGE": "a Windows crash dump does",
    b"PK\3\4": f"a zip archive does: {_UNPACK}",
    b"\x28\xb5\x2f\xfd": "what zstd compresses does: `zstdcat NAME | raslib diagnose -`",
    b"%PDF": "a PDF does: copy the text out of it",
    b"\x89PNG": "a picture does: nothing is read from pictures",
    b"\xff\xd8\xff": "a picture does: nothing is read from pictures",
}


def begins_as(data: bytes) -> str:
    """What well-known bytes of another kind begin with *data* does, and what would help; empty if nothing is known."""
    known = next((what for magic, what in _BEGINS.items() if data.startswith(magic)), "")
    if data[257:262] == b"ustar":
        known = f"a tar archive does: {_UNPACK}"
    return f"it begins as {known}" if known else ""


def refusal(text: str, error: ValueError) -> ValueError:
    """*error* in words that help."""
    if not text.strip():
        return ValueError(f"there is nothing in it: {error}")
    if found := _REGISTER.fullmatch(text):
        return ValueError(f"a number alone: if it is a syndrome, `raslib esr 0x{found[1]}` explains it ({error})")
    if "esr" in text.lower() and (found := re.search(r"0x([0-9a-fA-F]{8,16})\b", text)):
        return ValueError(f"a syndrome: `raslib esr 0x{found[1]}` explains it ({error})")
    return next((ValueError(f"{what} ({error})") for looks, what in _OTHERS if re.search(looks, text)), error)
