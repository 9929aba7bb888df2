"""Errors of cache coherent interconnects (UEFI 2.10 §N.2.12)."""

from construct import Int32ul, Int64ul

from ...records import AtMost, Record, Register, field, flags, raw, rest, u8


class CcixValid(Register, ref="UEFI 2.10 §N.2.12, Validation Bits", valid="source_id port_id per_log"):
    """Which fields to believe."""


class CcixPer(Record, ref="UEFI 2.10 §N.2.12, CCIX PER Log Error Section", guid="91335ef6-ebfb-4478-a6a6-88b728cf75d7",
              title="CCIX PER Log"):  # fmt: skip
    """What a CCIX component logged of an error. The validation bits are not aligned."""

    # fmt: off
    length:              int = field(Int32ul, "bytes of this structure", count=lambda r: 16 + len(r.per_log))
    validation_bits: CcixValid = flags(Int64ul, CcixValid, "which fields to believe")
    source_id:           int = u8("agent of an HA, SA or RA, of 6 bits; else device", valid="source_id")
    port_id:             int = u8("port, of 5 bits", valid="port_id")
    reserved:          bytes = raw(2)
    per_log:           bytes = field(AtMost(lambda c: max(0, c.length - 16)),
                                     "log, words as §7.3.2 of the CCIX base specification has them", b"",
                                     valid="per_log")
    beyond:            bytes = rest("bytes past `length`")
    # fmt: on
