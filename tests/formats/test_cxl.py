"""CXL sections: who an agent is, logs that may be cut short, events and how their components are named."""

import pytest
from formats import acpi_checks as checks

from raslib.formats.more import cxl, cxl_events
from raslib.records import RecordError

RAS = cxl.CxlRasCapability(
    uncorrectable_status=cxl.CxlUncorrectable(poison_received=True),
    correctable_status=cxl.CxlCorrectable(crc_threshold=True),
    header_log=bytes(range(64)),
)


# --- protocol errors --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agent", cxl.CxlAgent)
def test_only_the_port_of_a_restricted_host_is_found_by_a_register_block(agent):
    data = cxl.CxlProtocol(agent_type=agent).build()
    data = data[:16] + bytes.fromhex("07 1f 10 3412 000000") + data[24:]
    found = checks.lossless(cxl.CxlProtocol, data).agent_address
    if agent is cxl.CxlAgent.RCH_DOWNSTREAM_PORT:
        assert found == cxl.RcrbAddress(rcrb_base=0x1234101F07)
    else:
        assert str(found) == "1234:10:1f.7"


def test_the_address_of_an_unknown_agent_stays_bytes():
    data = cxl.CxlProtocol(agent_type=8, agent_address=b"8 bytes!").build()
    assert checks.lossless(cxl.CxlProtocol, data).agent_address == b"8 bytes!"
    with pytest.raises(RecordError, match="agent_address"):
        cxl.CxlProtocol(agent_type=8, agent_address=b"7 bytes").build()


def test_dvsec_and_log_lie_one_after_another():
    made = cxl.CxlProtocol(dvsec=b"a DVSEC", error_log=RAS)
    data = made.build()
    assert (made.dvsec_length, made.error_log_length) == (7, 88)
    assert data[108:112] == bytes.fromhex("0700 5800")
    assert data[116:123] == b"a DVSEC"
    assert data[123:] == RAS.build()
    assert data[123:127] == (1 << 10).to_bytes(4, "little"), "poison"
    assert checks.lossless(cxl.CxlProtocol, data + b"more").beyond == b"more"


@pytest.mark.parametrize(("size", "whole"), [(0, False), (87, False), (88, True), (100, True)])
def test_a_log_that_is_cut_short_stays_bytes(size, whole):
    data = cxl.CxlProtocol(error_log=bytes(size)).build()
    found = checks.lossless(cxl.CxlProtocol, data).error_log
    assert isinstance(found, cxl.CxlRasCapability) is whole
    if whole:
        assert found.beyond == bytes(size - 88)


def test_agents_keep_their_numbers_and_say_both_editions_names():
    assert [agent.value for agent in cxl.CxlAgent] == list(range(8))
    assert "2.10: CXL 1.1 device" in cxl.CxlAgent.RCD.means
    assert "restricted CXL device" in cxl.CxlAgent.RCD.means


# --- component events -------------------------------------------------------------------------------------------------


def test_an_event_of_dram():
    event = cxl_events.DramEvent(
        flags=cxl_events.EventFlags(severity=cxl_events.EventSeverity.FATAL, permanent=True),
        physical_address=cxl_events.DevicePhysicalAddress(volatile=True, line=0x1000 >> 6),
        memory_event_type=cxl_events.DramEventType.SCRUB_MEDIA_ECC,
        transaction_type=cxl_events.EventTransaction.SCRUB,
        validation_bits=cxl_events.DramValid(row=True, column=True),
        row=0x123456,
        column=0x789A,
    )
    made = cxl_events.CxlDram(validation_bits=cxl_events.ComponentValid(event_log=True), event_log=event)
    data = made.build()
    assert (made.length, len(data)) == (144, 144)
    assert data[32:36] == bytes.fromhex("80 070000"), "length, flags"
    assert data[64:72] == bytes.fromhex("0110000000000000"), "physical address"
    assert data[84:89] == bytes.fromhex("563412 9a78"), "row and column, of 3 and 2 bytes"
    assert checks.lossless(cxl_events.CxlDram, data) == made
    assert {s.path for s in cxl_events.CxlDram.spans(data) if s.valid and "." in s.path} == {
        *("event_log.row", "event_log.column")
    }


def test_types_of_general_media_and_of_dram_are_numbered_differently():
    media = {m.means: m.value for m in cxl_events.MediaEventType}
    dram = {m.means: m.value for m in cxl_events.DramEventType}
    assert set(media) == set(dram)
    assert {word for word in media if media[word] == dram[word]} == {
        "media ECC error",
        "advanced programmable counter of corrected errors expired",
        "violation of the context key identifier",
    }


EVENTS = [cxl_events.GeneralMediaEvent, cxl_events.DramEvent, cxl_events.MemoryModuleEvent]
EVENTS.append(cxl_events.MemorySparingEvent)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_a_component_is_named_as_in_pldm_where_the_event_says_so(kind):
    raw = bytes.fromhex("03 010203040506 78563412 0000000000")
    valid = kind().validation_bits
    own = kind(validation_bits=valid.replace(component_id=True), component_id=raw)
    assert checks.lossless(kind, own.build()).component_id == raw
    told = kind(validation_bits=valid.replace(component_id=True, component_id_format=True), component_id=raw)
    found = checks.lossless(kind, told.build()).component_id
    assert found == cxl_events.PldmComponentId(valid=3, entity_id=bytes(range(1, 7)), resource_id=0x12345678)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_every_event_has_112_bytes_without_its_identifier(kind):
    assert len(kind().build()) == 112
    assert kind().length == 112 + 16


def test_a_device_may_be_cold():
    health = cxl_events.HealthInformation(temperature=-40, life_used=99)
    data = cxl_events.CxlMemoryModule(event_log=cxl_events.MemoryModuleEvent(health=health)).build()
    found = checks.lossless(cxl_events.CxlMemoryModule, data)
    assert found.event_log.health.temperature == -40
    assert found.to_json()["event_log"]["health"]["temperature"] == -40


@pytest.mark.parametrize("size", [0, 1, 111, 112, 150])
def test_an_event_that_is_cut_short_stays_bytes(size):
    data = cxl_events.CxlGeneralMedia(event_log=bytes(size)).build()
    assert int.from_bytes(data[:4], "little") == 32 + size
    found = checks.lossless(cxl_events.CxlGeneralMedia, data).event_log
    assert isinstance(found, bytes) is (size < 112)


@pytest.mark.parametrize("length", [0, 31, 0xFFFF_FFFF])
def test_a_length_that_cannot_be_is_kept(length):
    data = length.to_bytes(4, "little") + cxl_events.CxlDram().build()[4:]
    found = checks.lossless(cxl_events.CxlDram, data)
    assert found.length == length
    assert list(found.as_found()) == ["length"]
    assert (found.event_log == b"") is (length < 32)


def test_switches_and_ports_have_80_bytes_that_only_their_document_explains():
    kinds = (cxl_events.CxlPhysicalSwitch, cxl_events.CxlVirtualSwitch, cxl_events.CxlMldPort)
    for kind in kinds:
        found = kind.parse(kind().build()).event_log
        assert isinstance(found, cxl_events.OtherEvent)
        assert len(found.data) == 80
