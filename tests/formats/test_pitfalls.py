"""Twenty-three places where a reader of these formats is likely to go wrong, each held by one test.

Where a longer test of the same stands elsewhere, the one here is its shortest form; it can fail all the same.
"""

import datetime

import pytest
from formats import acpi_checks as checks

from raslib.formats import arm, pcie
from raslib.formats.acpi import GenericAddress
from raslib.formats.aest import NodeV1
from raslib.formats.arm import ArmProcessor, Dialect, ErrorInformation, Kind, read_type, type_byte
from raslib.formats.bert import Bert, BootErrorRegion
from raslib.formats.cper import CperRecord, RecordHeader, SectionDescriptor, Severity, Timestamp, rank
from raslib.formats.einj import Einj, TriggerTable
from raslib.formats.errnode import (
    Ce,
    ErrAddr,
    ErrorRecord,
    ErrorState,
    ErrPfgCtl,
    ErrStatus,
    PfgCe,
    RasVersion,
)
from raslib.formats.erst import Erst
from raslib.formats.esr import Aet, DataAbortIss, Disr, Esr, Fsc, SErrorIss, Set, Vsesr, iss_layout
from raslib.formats.framing import block_of
from raslib.formats.ghes import DataEntry, StatusBlock
from raslib.formats.hest import GenericSource, GenericSourceV2, Hest, Notify, SelfSized, SourceType
from raslib.formats.memory import MemoryValid, PlatformMemory
from raslib.formats.more import arm_ras, ccix, cxl, cxl_events, pci, poison, x86
from raslib.formats.more.memory2 import Memory2Valid, PlatformMemory2
from raslib.records import RecordError
from raslib.sim.cpu import errstatus
from raslib.sim.linux.apei import refused
from raslib.sim.model.messages import Kernel
from raslib.sim.model.platform import host_table, source_of
from raslib.sim.model.scenario import Scenario
from raslib.views import text
from raslib.views.fields import record_view
from raslib.views.kernel_log import kernel_log


def offsets(kind):
    return {name: offset for name, offset, _ in checks.layout(kind)}


def test_pitfall_01_one_type_byte_has_several_readings_and_every_view_names_its_own():
    """Pitfall 1: editions of UEFI and shipping firmware disagree about the byte that says what an ARM error was of."""
    assert [read_type(2, dialect).kinds for dialect in Dialect] == [(Kind.BUS,), (Kind.CACHE,), (Kind.TLB,)]
    infos = (ErrorInformation(type=2), ErrorInformation(type=0x10))
    section = ArmProcessor(error_information=infos)
    data = section.build()
    for dialect in Dialect:
        view = record_view(ArmProcessor, data, dialect=dialect)
        assert f"by {dialect.value}" in text.tree(view)
        assert f"by {dialect.value}" in text.hexdump(view)
        assert any(f"by {dialect.value}" in field["text"] for field in view["fields"])
    assert "cache error, by uefi-2.10 (uefi-2.9: bus error; uefi-2.11: TLB error)" in text.tree(
        record_view(ArmProcessor, data)
    )


def test_pitfall_02_bit_26_is_corrected_on_arm_and_uncorrected_on_x86():
    """Pitfall 2: the same bit of two words that look alike says the opposite."""
    assert arm.CacheError.parse(1 << 26) == arm.CacheError(corrected=True)
    assert x86.CacheCheck.parse(1 << 26) == x86.CacheCheck(uncorrected=True)


def test_pitfall_03_severities_are_not_in_order_of_their_numbers():
    """Pitfall 3: 0 is recoverable, 1 fatal, 2 corrected; a maximum of numbers would hide a fatal error."""
    assert sorted(Severity, key=rank) == [3, 2, 0, 1]
    assert Severity(0) is Severity.RECOVERABLE
    entries = [DataEntry(error_severity=severity) for severity in (2, 1, 0, 3)]
    assert block_of(*entries).error_severity == Severity.FATAL
    assert rank(7) > rank(Severity.FATAL), "Linux takes an unknown one for the worst"


def test_pitfall_04_a_data_entry_is_not_a_section_descriptor():
    """Pitfall 4: another order, flags of 8 bits, and 64 or 72 bytes by the major revision."""
    entry, descriptor = offsets(DataEntry), offsets(SectionDescriptor)
    assert (entry["section_type"], descriptor["section_type"]) == (0, 16)
    assert (entry["error_severity"], descriptor["error_severity"]) == (16, 48)
    assert (DataEntry().flags.width, SectionDescriptor().flags.width) == (8, 32)
    sizes = {revision: len(DataEntry(revision=revision).build()) for revision in (0x0201, 0x02FF, 0x0300, 0x0301)}
    assert sizes == {0x0201: 64, 0x02FF: 64, 0x0300: 72, 0x0301: 72}


def test_pitfall_05_hest_points_at_a_pointer_bert_at_the_errors_and_an_acknowledge_shifts_both_masks():
    """Pitfall 5: reading at the error status address gives an address, not a block."""
    source, table = ({row.name: row.doc for row in kind.table()} for kind in (GenericSourceV2, Bert))
    assert "register that holds" in source["error_status_address"]
    assert "of the region itself" in table["boot_error_region"]
    block = block_of(DataEntry(section=PlatformMemory()))
    assert BootErrorRegion.parse(block.build() + bytes(20)).blocks == (block,)
    shifted = GenericSourceV2(
        read_ack_register=GenericAddress(register_bit_offset=4), read_ack_preserve=0b1110, read_ack_write=0b0001
    )
    assert shifted.read_ack.after(0xFFF) == 0b1110_0000 | 0b0001_0000
    assert shifted.read_ack.after(0) == 0b0001_0000


def test_pitfall_06_entries_tile_the_data_length_and_their_count_is_not_believed():
    """Pitfall 6: QEMU writes a count of 0 over one entry; a length that is one byte short is refused."""
    block = block_of(DataEntry(section=PlatformMemory()), DataEntry(section=PlatformMemory()))
    for count in (0, 1, 1023):
        said = block.replace(block_status=block.block_status.replace(entry_count=count))
        assert len(StatusBlock.parse(said.build()).entries) == 2
    short = bytearray(block.build())
    short[12] -= 1
    with pytest.raises(RecordError):
        StatusBlock.parse(bytes(short))


def test_pitfall_07_nothing_is_padded():
    """Pitfall 7: fields lie where no compiler would put them."""
    found = {
        "signature_end": offsets(RecordHeader)["signature_end"],
        "persistence_information": offsets(RecordHeader)["persistence_information"],
        "multiple_error": offsets(ErrorInformation)["multiple_error"],
        "segment": offsets(pcie.Pcie)["device_id"] + offsets(pcie.DeviceId)["segment"],
        "aest length": offsets(NodeV1)["length"],
        "address": offsets(GenericAddress)["address"],
        **{kind.__name__: offsets(kind)["validation_bits"] for kind in (ccix.CcixPer, cxl_events.CxlDram)},
        "poison": offsets(poison.FruMemoryPoison)["validation_bits"],
    }
    assert found == {
        **{"signature_end": 6, "persistence_information": 108, "multiple_error": 5, "segment": 33, "aest length": 1},
        **{"address": 4, "CcixPer": 4, "CxlDram": 4, "poison": 4},
    }


def test_pitfall_08_contexts_start_at_multiples_of_16_and_misc_registers_take_10_bytes():
    """Pitfall 8: the padding counts among the bytes that the section's length covers."""
    misc = arm.Misc(registers=(arm.MiscRegister(value=1), arm.MiscRegister(value=2)))
    contexts = (
        arm.ContextInformation(register_context_type=8, registers=misc),
        arm.ContextInformation(register_context_type=3, registers=bytes(8)),
    )
    section = ArmProcessor(error_information=(ErrorInformation(),), context_information=contexts)
    assert (contexts[0].register_array_size, len(contexts[0].padding)) == (20, 4)
    assert section.section_length == 40 + 32 + (8 + 20 + 4) + (8 + 8) == len(section.build())
    assert ArmProcessor.parse(section.build()).context_information[0].registers == misc


def test_pitfall_09_a_row_or_bank_has_two_forms_and_memory_2_counts_its_bits_anew():
    """Pitfall 9: bits 8 and 18, and 6 and 19 or 20, exclude each other; from bit 10 on Memory 2 has another order."""
    assert (MemoryValid(row=True).build(), MemoryValid(extended_row=True).build()) == (1 << 8, 1 << 18)
    assert (MemoryValid(bank_group=True).build(), MemoryValid(bank_address=True).build()) == (1 << 19, 1 << 20)
    one, two = ({low: name for name, low, *_ in kind.layout} for kind in (MemoryValid, Memory2Valid))
    assert min(bit for bit in one if one[bit] != two[bit]) == 10
    entry = DataEntry(
        section=PlatformMemory(validation_bits=MemoryValid(bank_group=True, bank_address=True), bank=1282)
    )
    assert "bank_group:5 bank_address:2" in kernel_log(block_of(entry))


def test_pitfall_10_the_function_stands_before_the_device_and_segments_differ_in_size():
    """Pitfall 10: two bytes, not aligned, in a PCI Express section; one byte, behind the bus, in a PCI component."""
    device = pcie.DeviceId.parse(bytes.fromhex("f41a 0010 000406 07 1f 3412 10 11 2800 00"))
    assert (device.function, device.device, device.segment, device.bus) == (7, 0x1F, 0x1234, 0x10)
    component = pci.IdInfo.parse(bytes.fromhex("f41a 0010 000406 07 1f 10 34 1200000000"))
    assert (component.function, component.device, component.bus, component.segment) == (7, 0x1F, 0x10, 0x34)
    assert str(cxl.AgentAddress.parse(bytes.fromhex("07 1f 10 3412 000000"))) == "1234:10:1f.7"


def test_pitfall_11_a_type_without_a_size_ends_the_table_and_from_12_on_a_length_stands_where_an_id_was():
    """Pitfall 11: guessing the size of an unknown source gives sources that do not exist."""
    odd, good = bytes([3, 0]) + bytes(62), GenericSource(source_id=1)
    assert Hest.parse(Hest(error_sources=(odd, good)).build()).error_sources == (odd + good.build(),)
    told = Hest(revision=2, error_sources=(SelfSized(type=12, data=bytes(60)), good))
    assert Hest.parse(told.build()).error_sources == told.error_sources
    assert Hest.parse(told.replace(revision=1).build()).error_sources == (told.error_sources[0].build() + good.build(),)
    assert sorted(SourceType) == list(SourceType), "the order that a table has since revision 2"


def test_pitfall_12_the_checksum_covers_length_bytes_and_follows_every_edit():
    """Pitfall 12: bytes behind the table do not count; a table that is edited by hand no longer sums to zero."""
    table = Hest(error_sources=(GenericSource(),))
    assert sum(table.replace(beyond=b"more").build()[:-4]) % 256 == 0
    edited = table.edited("error_sources[0].notification.vector", 7)
    assert sum(edited.build()) % 256 == 0
    assert edited.checksum == (table.checksum - 7) % 256


def test_pitfall_13_the_header_size_is_12_or_48_and_a_trigger_table_may_be_empty():
    """Pitfall 13: the entries begin at byte 48 whatever it says, and nothing to trigger is no fault."""
    for kind, field in ((Erst, "serialization_header_size"), (Einj, "injection_header_size")):
        for size in (12, 48):
            data = kind(**{field: size}).build()
            assert getattr(kind.parse(data), field) == size
            assert offsets(kind)["entries"] == 48 == len(data)
    assert TriggerTable.parse(TriggerTable().build()) == TriggerTable(table_size=16, entry_count=0)


def test_pitfall_14_time_stamps_are_decimal_digits_around_a_byte_that_is_none():
    """Pitfall 14: the fourth byte is a flag, and the century comes last."""
    when = datetime.datetime(2017, 12, 6, 12, 34, 56)
    assert Timestamp.of(when).build() == bytes.fromhex("56 34 12 01 06 12 17 20")
    assert Timestamp.of(when, precise=False).build()[3] == 0
    assert Timestamp.parse(bytes.fromhex("5a 34 12 81 06 12 17 20")).build()[0] == 0x5A, "what is no digit stays"


def test_pitfall_15_aet_and_set_have_other_codes_for_the_same_states():
    """Pitfall 15: no SET says unrecoverable; SET and FnV count with DFSC 0x10 alone; 0x11 in an abort is not of RAS."""
    assert {state: (Aet[state].value, Set[state].value) for state in ("UC", "UEO", "UER")} == {
        "UC": (0, 2),
        "UEO": (2, 3),
        "UER": (3, 0),
    }
    assert "UEU" not in Set.__members__
    assert DataAbortIss.parse(0x10).DFSC is Fsc.EXTERNAL_ABORT
    assert 0x11 not in list(Fsc)
    documented = {name: doc for name, *_, doc, _ in DataAbortIss.layout}
    assert "with FEAT_RAS and DFSC 0x10" in documented["SET"]
    assert "valid with DFSC 0x10" in documented["FnV"]


def test_pitfall_16_disr_is_not_a_syndrome_register():
    """Pitfall 16: no class, no IESB, A at bit 31; IDS makes everything below it the maker's own."""
    assert Disr.parse(0x8000_0C11) == Disr(A=1, AET=Aet.UER, DFSC=0x11)
    assert Disr.parse(1 << 13).reserved == 1 << 13 != SErrorIss.parse(1 << 13).reserved
    frame = Esr.parse(0xBF00_0002)
    assert iss_layout(frame).__name__ == "SErrorImplementationDefinedIss"
    assert iss_layout(frame.replace(ISS=2)) is SErrorIss


def test_pitfall_17_a_guests_serror_has_25_bits():
    """Pitfall 17: KVM refuses any bit of serror_esr above 24."""
    assert SErrorIss.width == 25
    assert [bit for bit in range(64) if not Vsesr.parse(1 << bit).reserved] == list(range(25))


def test_pitfall_18_half_a_clear_is_no_clear_since_v1p1():
    """Pitfall 18: in v1 each bit is guarded for itself; later the whole write is dropped."""
    held = ErrStatus(V=1, UE=1, AV=1, OF=1)
    half = ErrStatus(V=1, UE=1, AV=1)
    assert errstatus.clear(RasVersion.V1P1, held, half) == held
    assert errstatus.clear(RasVersion.V1P1, held, errstatus.clearing(held)).build() == 0
    v1 = errstatus.clear(RasVersion.V1, ErrStatus(V=1, UE=1, AV=1, MV=1), ErrStatus(V=1, UE=1, AV=1))
    assert v1 == ErrStatus(MV=1), "what was not written stays, the rest is gone"


def test_pitfall_19_what_overwrites_what_differs_between_v1_and_v1p1():
    """Pitfall 19: a worse error after a corrected one sets OF from v1.1 on, and leaves it in v1."""
    rules = [errstatus.overwrite_rule(v, ErrorState.CE, ErrorState.UC) for v in (RasVersion.V1, RasVersion.V1P1)]
    assert rules == [errstatus.OverwriteRule.W, errstatus.OverwriteRule.WO]
    lesser = [errstatus.overwrite_rule(v, ErrorState.UC, ErrorState.CE) for v in (RasVersion.V1, RasVersion.V1P1)]
    assert lesser == [errstatus.OverwriteRule.CK, errstatus.OverwriteRule.CO]


def test_pitfall_20_injection_swaps_two_codes():
    """Pitfall 20: CE 1 is transient where it is read and unspecific where it is injected."""
    assert (Ce.TRANSIENT, Ce.UNSPECIFIED, Ce.PERSISTENT) == (1, 2, 3)
    assert (PfgCe.UNSPECIFIED, PfgCe.TRANSIENT, PfgCe.PERSISTENT) == (1, 2, 3)
    assert ErrPfgCtl.parse(1 << 6).CE is PfgCe.UNSPECIFIED


def test_pitfall_21_an_address_that_may_be_wrong_or_is_virtual_is_no_page():
    """Pitfall 21: with AI or VA nothing may be taken out of use."""
    held = ErrorRecord(STATUS=ErrStatus(V=1, UE=1, AV=1), ADDR=ErrAddr(PADDR=0x1234_5678))
    assert errstatus.physical_page(held) == 0x1234_5000
    for flag in ("AI", "VA"):
        assert errstatus.physical_page(held.replace(ADDR=held.ADDR.replace(**{flag: 1}))) is None


def test_pitfall_22_linux_refuses_some_notifications_and_has_no_words_for_memory_2():
    """Pitfall 22: what the table may say and what Linux 7.2 does about it are two things."""
    scenario = Scenario()
    sources = {
        notify: source_of(host_table(Notify.SEA, True))._replace(notify=notify, poll_interval=1) for notify in Notify
    }
    ignored = {notify for notify, source in sources.items() if refused(scenario, Kernel("host", "EL2"), source)}
    assert {Notify.SEI, Notify.CMCI, Notify.MCE, Notify.LOCAL} <= ignored
    assert not ignored & {Notify.EXTERNAL, Notify.SCI, Notify.GPIO, Notify.SEA, Notify.GSIV}
    said = kernel_log(block_of(DataEntry(section=PlatformMemory2())))
    assert "section type: unknown, 61ec04fc-48e6-d813-25c9-8daa44750b12" in said


def test_pitfall_23_third_parties_are_no_measure():
    """Pitfall 23: where others are known to be wrong, what we do is what the document says."""
    assert Aet(6) is Aet.CE, "a decoder of others has 0x110, and fails"
    counted = ArmProcessor(
        error_information=(
            ErrorInformation(type=2, multiple_error=5, validation_bits=arm.ErrorInformationValid(multiple_error=True)),
        )
    )
    entry = DataEntry(section=counted)
    assert entry.section.error_information[0].multiple_error == 5
    assert "num errors: 6" in kernel_log(block_of(entry)), "Linux says one more than the field"
    assert read_type(type_byte(Kind.CACHE, dialect=Dialect.UEFI_2_10), Dialect.UEFI_2_11).kinds == (Kind.TLB,)
    assert arm_ras.TYPES[arm_ras.TypeFormat.GIC_IIDR] is arm_ras.IidrType, "libcper reads these as PIDR"
    assert CperRecord.of().header.revision == 0x0101, "libcper's examples have 0"
