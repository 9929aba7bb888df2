"""References to records that firmware keeps itself (UEFI 2.10 §N.2.10)."""

from typing import Any
from uuid import UUID

from construct import Bytes, Int8ul, Int64ul

from ..records import Coded, Guid, Record, When, field, named, raw, rest, u8


class FirmwareRecordType(Coded):
    """Whose format the record has that is referred to."""

    IPF_SAL = 0, "Itanium SAL error record"
    SOC_TYPE_1 = 1, "SOC firmware error record type 1: reserved, for legacy CrashLog"
    SOC_TYPE_2 = 2, "SOC firmware error record type 2: what it is, its GUID says"


def _numbered(reference: Any) -> bool:
    return bool(reference.revision != 1)


def _named(reference: Any) -> bool:
    return bool(reference.revision >= 2)


class FirmwareReference(Record, ref="UEFI 2.10 §N.2.10, Firmware Error Record Reference"):
    """Names a record that firmware has (`struct cper_sec_fw_err_rec_ref`); that record itself may follow.

    The revision says which fields there are. 0 has the number, and ends after 16 bytes; up to UEFI 2.6 its byte was
    reserved, and in the table it still is: "offset 1, length 7". 1 has neither number nor GUID, and Linux takes what
    follows at byte 8 for the record. 2 has the GUID, and the number is to be 0.
    """

    # fmt: off
    record_type:             int = named(Int8ul, FirmwareRecordType, "whose format the record has",
                                         FirmwareRecordType.SOC_TYPE_2)
    revision:                int = u8("which of the fields below there are", 2)
    reserved:              bytes = raw(6)
    record_id:        int | None = field(When(_numbered, Int64ul), "key of the record, in revision 0",
                                         fill=lambda r: 0 if _numbered(r) else None)
    record_id_guid:  UUID | None = field(When(_named, Guid(Bytes(16))), "kind of record, from revision 2 on",
                                         fill=lambda r: UUID(int=0) if _named(r) else None)
    beyond:                bytes = rest("the firmware's own record")
    # fmt: on
