"""Rules for the sections in `formats.more`: Arm RAS and poisoned memory."""

from collections.abc import Iterator

from ..formats.errnode import ErrAddr, ErrStatus, Serr
from ..formats.more.arm_ras import ErrorDescriptor
from ..formats.more.poison import FruMemoryPoison
from .finding import Broken, error, note, warning


def checksum_holds(section: FruMemoryPoison) -> Iterator[Broken]:
    right = section.counted["checksum"](section)
    if section.checksum != right:
        says = f"checksum is {section.checksum:#x}, {right:#x} would make the section sum to 0"
        cite = "Linux 7.1 drivers/ras/amd/fmpm.c: fmp_is_valid()"
        yield error("checksum", says, "Linux drops the record", cite)


def registers_hold_an_error(record: ErrorDescriptor) -> Iterator[Broken]:
    """Of one error record, as its status register says."""
    status = ErrStatus.parse(record.err_status)
    where = ErrAddr.parse(record.err_addr)
    if not status.V:
        says = "V is 0 in ERR<n>STATUS: nothing is recorded"
        yield warning("err_status", says, "all the other registers of the record mean nothing", ErrStatus.ref)
    elif not isinstance(status.SERR, Serr):
        yield note("err_status", f"SERR {status.SERR:#x} is reserved", "readers cannot tell what failed", ErrStatus.ref)
    if status.V and status.AV and (where.AI or where.VA):
        says = f"{'AI' if where.AI else 'VA'} is 1 in ERR<n>ADDR"
        why = "the address may be wrong, or is virtual: no page may be taken out of use by it"
        yield note("err_addr", says, why, ErrAddr.ref)
    if status.V and not status.AV and record.err_addr:
        says = "AV is 0 in ERR<n>STATUS, but ERR<n>ADDR is not 0"
        yield note("err_addr", says, "readers do not look at it", ErrStatus.ref)
