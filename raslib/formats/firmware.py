"""References to records that firmware keeps itself (UEFI 2.10 §N.2.10)."""

from uuid import UUID

from construct import Int8ul

from ..records import Coded, Record, guid, named, raw, rest, u8, u64


class FirmwareRecordType(Coded):
    """Whose format the record has that is referred to."""

    IPF_SAL = 0, "Itanium SAL error record"
    SOC_TYPE_1 = 1, "SOC firmware error record type 1: reserved, for legacy CrashLog"
    SOC_TYPE_2 = 2, "SOC firmware error record type 2: what it is, its GUID says"


class FirmwareReference(Record, ref="UEFI 2.10 §N.2.10, Firmware Error Record Reference",
                        guid="81212a96-09ed-4996-9471-8d729c8e69ed"):  # fmt: skip
    """Names a record that firmware has (`struct cper_sec_fw_err_rec_ref`); that record itself may follow.

    The revision says which fields there are. 0 has the number, and ends after 16 bytes; up to UEFI 2.6 its byte was
    reserved, and in the table it still is: "offset 1, length 7". 1 has neither number nor GUID, and Linux takes what
    follows at byte 8 for the record. 2 has the GUID, and the number is to be 0.
    """

    # fmt: off
    record_type:           int = named(Int8ul, FirmwareRecordType, "whose format the record has", 2)
    revision:              int = u8("which of the fields below there are", 2)
    reserved:            bytes = raw(6)
    record_id:      int | None = u64("key of the record, in revision 0", where=lambda r: r.revision != 1)
    record_id_guid: UUID | None = guid("kind of record, from revision 2 on", where=lambda r: r.revision >= 2)
    beyond:              bytes = rest("the firmware's own record")
    # fmt: on
