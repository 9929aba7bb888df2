"""The text that Linux logs for a Generic Error Status Block, as its printer of release 7.3 and of earlier ones has it.

Written from what drivers/firmware/efi/cper.c, cper-arm.c, cper-x86.c and cper_cxl.c print, not from their code. Left
out is what the log puts before each line: time stamp and "[Hardware Error]".
"""

import re
from collections.abc import Iterator
from uuid import UUID

from ...formats.arm import Dialect
from ...formats.cper import Severity
from ...formats.ghes import StatusBlock
from ...intake import Found, linux
from ...intake.fields import BLOCK, Values, entries
from ...intake.linux import LINES
from ...records import RecordError
from .body import Body, Wording
from .sections import PRINTERS

NEWEST, BEFORE_TYPE_BITS = "7.3", "5.10"
HARNESS = "harness"


def kernel_log(block: StatusBlock | bytes | Found, kernel: str | None = None, dialect: Dialect | None = None) -> str:
    r"""The lines, each with its newline, that Linux logs for *block*; `refused: -EINVAL` if Linux refuses it.

    *block* is a status block, the bytes of one, or what `intake` found in a log.

    *kernel* is a release from 5.4 on such as "6.1" or, as an update of a stable branch may say what only later releases
    said, "6.1.192" (which Debian names 6.1.0-56-arm64: that is 6.1.0 here). What updates of 5.10, 5.15, 6.1, 6.12 and
    6.18 took over stands in `intake/linux.toml`; of another branch give the *dialect* too. Left out, the release is
    7.3, or 5.10 for the *dialect* of UEFI up to 2.9, which Linux spoke until 6.18. What `intake` found in a log has
    its own.

    *dialect* is how the error type of an ARM section is read: as a number up to UEFI 2.9, as bits since 2.10
    (§N.2.4.4). Given, it holds whatever the release.

    The *kernel* "harness" is the printer of Linux built to run outside the kernel, as the test vectors were made:
    the words of 7.3, and hex dumps as bytes without text and indent, which no log has.

    >>> from raslib import samples
    >>> block = samples("status_blocks/g_mem")
    >>> print(*kernel_log(block).splitlines()[4:7], sep="\n")
      section_type: memory error
       error_status: Storage error in DRAM memory (0x0000000000040400)
      physical_address: 0x0000000040001000
    >>> print(kernel_log(block, "5.10").splitlines()[5])
      error_status: 0x0000000000040400

    A section of a type that the release does not know is a hex dump. A processor's is printed as by a kernel of that
    architecture; to every other its type is unknown (CONFIG_UEFI_CPER_ARM, CONFIG_UEFI_CPER_X86). One that is shorter
    than its printer asks for is named, and said to be too small.

    Raises `RecordError` for bytes that are too short to be a block; ValueError for what is no release, and for what
    `intake` found that is no status block. Source: Linux drivers/firmware/efi/cper.c, cper_estatus_check() and
    cper_estatus_print().
    """
    dump = ""
    if isinstance(block, Found):
        if block.kind != "status-block":
            raise ValueError(f"Linux logs a status block, not a {block.kind}")
        kernel, dump = kernel or (None if dialect else block.kernel), block.dump
        block = block.data
    if kernel == HARNESS:
        kernel, dump = NEWEST, HARNESS
    kernel = kernel or (BEFORE_TYPE_BITS if dialect is Dialect.UEFI_2_9 else NEWEST)
    release = _release(kernel)
    spoken = Dialect.UEFI_2_10 if linux.says("arm_type_bits", release) else Dialect.UEFI_2_9
    wording = Wording(release, dialect or spoken, dump)
    data = block if isinstance(block, bytes) else block.build()
    if len(data) < BLOCK:
        raise RecordError("StatusBlock", "", len(data), f"needs {BLOCK} bytes before its entries")
    return "".join(line + "\n" for line in _block(data, wording))


def _release(kernel: str) -> tuple[int, ...]:
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+)|\.|$)", kernel)
    if not found:
        raise ValueError(f"{kernel!r} is not a release of Linux such as '7.2' or '6.1.192'")
    return tuple(int(number) for number in found.groups() if number)


def _block(data: bytes, wording: Wording) -> Iterator[str]:
    try:
        found = entries(data)
    except RecordError:
        yield linux.REFUSED
        return
    severity = _severity(Values(StatusBlock, data[:BLOCK]))
    if severity == Severity.CORRECTED:
        yield LINES["block"]["harmless"].head
    yield LINES["block"]["event"].write(lambda _: severity)
    for i, entry in enumerate(found):
        body = Body(data[entry.at :], entry.length, _severity(entry.values), wording)
        yield from _entry(entry.values, i, body)


def _severity(values: Values) -> int:
    """Linux keeps 16 bits of it."""
    return values.number("error_severity") & 0xFFFF


def _entry(entry: Values, number: int, body: Body) -> Iterator[str]:
    if entry.number("revision") >> 8 >= 3 and entry.valid("timestamp"):
        yield " " + LINES["time"]["stamp"].write(entry.number)
    yield " " + LINES["entry"]["entry"].write(lambda path: number if path == "index" else body.severity)
    if entry.valid("fru_id"):
        yield f" fru_id: {entry['fru_id']}"
    if entry.valid("fru_text"):
        yield f" fru_text: {_text(entry['fru_text'])}"
    kind = entry["section_type"]
    name = linux.SECTIONS.get(kind)
    if name is None or not body.wording.says(linux.SINCE[name]):
        yield from _unknown(kind, body)
        return
    yield f"  section_type: {name}"
    least, printer = PRINTERS.get(kind, (0, None))  # of CXL component events the name: the rest goes to the CXL driver
    if body.length < least:
        yield LINES["warning"]["short"].head
    elif printer:
        try:
            yield from printer(body)
        except EOFError:
            yield linux.PAST


def _text(text: str | bytes) -> str:
    """Up to the first NUL; a byte that cannot be printed stands as `dmesg` shows it, `\\x1b`."""
    raw = text if isinstance(text, bytes) else text.encode()
    shown = raw.partition(b"\0")[0]
    return "".join(chr(c) if 0x20 <= c < 0x7F else f"\\x{c:02x}" for c in shown)


def _unknown(kind: UUID, body: Body) -> Iterator[str]:
    yield f"  {LINES['data']['unknown_type'].head}{kind}"
    yield "  " + LINES["data"]["unknown_length"].write(lambda _: body.length)
    yield from body.dump(0, body.length, text=True)
