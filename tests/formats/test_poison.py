"""FRU memory poison: the list, and the checksum over it."""

from formats import acpi_checks as checks
from hypothesis import given
from hypothesis import strategies as st

from raslib.formats.more.poison import FruMemoryPoison, PoisonDescriptor, PoisonValid

PLACE = PoisonDescriptor(timestamp=1_700_000_000, hardware_identifier=0x9600450F00, address=0x12340)


def sums_to_zero(data: bytes) -> bool:
    return (int.from_bytes(data[:4], "little") + sum(data[4:])) % (1 << 32) == 0


def test_two_places():
    made = FruMemoryPoison(
        validation_bits=PoisonValid(identifier=True, entry_count=True, entries=True), identifier=7, entries=(PLACE,) * 2
    )
    data = made.build()
    assert (made.entry_count, len(data)) == (2, 40 + 2 * 32)
    assert data[40:72] == data[72:] == PLACE.build()
    assert data[28:36] == (7).to_bytes(8, "little")
    assert checks.lossless(FruMemoryPoison, data) == made


@given(st.lists(st.builds(PoisonDescriptor, address=checks.words), max_size=3), st.binary(max_size=8))
def test_the_checksum_makes_it_sum_to_zero(entries, beyond):
    assert sums_to_zero(FruMemoryPoison(entries=tuple(entries), beyond=beyond).build())


def test_the_checksum_follows_an_edit():
    made = FruMemoryPoison(entries=(PLACE,))
    assert sums_to_zero(made.replace(identifier=0xFFFF_FFFF_FFFF_FFFF).build())
    assert sums_to_zero(FruMemoryPoison.from_json({**made.to_json(), "identifier": "0x1"}).build())


def test_a_wrong_checksum_is_kept_and_found():
    data = bytes(4) + FruMemoryPoison(entries=(PLACE,)).build()[4:]
    found = checks.lossless(FruMemoryPoison, data)
    assert found.checksum == 0
    assert list(found.as_found()) == ["checksum"]


def test_room_that_linux_leaves_for_more_places_is_kept():
    data = FruMemoryPoison(entries=(PLACE,)).build() + bytes(32 * 7)
    found = checks.lossless(FruMemoryPoison, data)
    assert (found.entry_count, len(found.beyond)) == (1, 224)
    assert list(found.as_found()) == [], "zeros add nothing"
