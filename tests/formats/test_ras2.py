"""RAS2, RASF and AGDI: a header each, and which channel, event or interrupt."""

import pytest
from formats import acpi_checks as checks

from raslib.formats.agdi import Agdi, AgdiFlags
from raslib.formats.ras2 import Channel, Feature, Ras2
from raslib.formats.rasf import Rasf
from raslib.intake import kind_of
from raslib.records import RecordError


def test_a_channel_of_ras2_has_eight_bytes_and_is_counted():
    """The bytes of a table with a channel for memory of proximity domain 1, and one of the vendor."""
    channels = (Channel(channel_id=2, feature_type=Feature.MEMORY, instance=1), Channel(feature_type=0x80, instance=7))
    table = Ras2(channels=channels)
    assert table.build()[36:] == bytes.fromhex("0000 0200  02 0000 00 01000000  00 0000 80 07000000")
    assert checks.lossless(Ras2, table.build()) == table
    assert (table.length, sum(table.build()) % 256) == (56, 0)
    assert list(Ras2(channels=channels, channel_count=3).as_found()) == ["channel_count"]


def test_channels_that_are_counted_and_not_there_are_an_error():
    with pytest.raises(RecordError, match=r"Ras2.channels.* at byte 40"):
        Ras2.parse(Ras2(channel_count=1).build())


def test_rasf_names_one_channel():
    assert checks.layout(Rasf)[9:] == [("channel_id", 36, 12), ("beyond", 48, None)]
    assert checks.lossless(Rasf, Rasf(channel_id=bytes(range(12))).build()).channel_id == bytes(range(12))


def test_agdi_is_signalled_by_an_event_or_an_interrupt():
    table = Agdi(flags=AgdiFlags(interrupt=True), sdei_event=804, gsiv=77)
    assert table.build()[36:] == bytes.fromhex("01 000000 24030000 4d000000")
    assert checks.lossless(Agdi, table.build()) == table


@pytest.mark.parametrize("table", [Ras2(channels=(Channel(),)), Rasf(), Agdi()], ids=lambda t: t.signature)
def test_they_are_known_by_their_signatures(table):
    assert kind_of(table.build()) == table.signature.lower()


@pytest.mark.parametrize("path", checks.shared("samples/truth"))
def test_the_table_of_a_sample_comes_back(path):
    if path.name == "ras2.aml":
        assert checks.lossless(Ras2, path.read_bytes()).channels == (Channel(),)
