"""Vendors' sections: layouts that a field of their own chooses, lists, and inputs that hang others."""

import time

import pytest
from formats import acpi_checks as checks
from formats import strategies

from raslib.formats.more import nvidia, vendor
from raslib.records import RecordError

# --- NVIDIA -----------------------------------------------------------------------------------------------------------


def test_an_nvidia_section_lists_registers():
    made = nvidia.Nvidia(
        signature="CCPLEXSCF",
        severity=vendor.VendorSeverity.CORRECTED,
        registers=(nvidia.AddressValue(address=0x10, value=2), nvidia.AddressValue()),
    )
    data = made.build()
    assert (data[20], data[22], len(data)) == (2, 2, 64)
    assert data[32:48] == bytes.fromhex("1000000000000000 0200000000000000")
    assert checks.lossless(nvidia.Nvidia, data) == made


FORMATS = [
    (1, nvidia.Pair64(key=1, value=2), 16),
    (2, nvidia.Pair32(key=1, value=2), 8),
    (3, nvidia.Value64(value=2), 8),
    (4, nvidia.Value32(value=2), 4),
]


@pytest.mark.parametrize(("form", "item", "size"), FORMATS)
def test_data_is_listed_as_its_format_says(form, item, size):
    kind = nvidia.NVIDIA_DATA[form]
    context = nvidia.NvidiaContext(data_format=form, data=kind(items=(item,) * 3, beyond=b"odd"))
    assert context.data_size == 3 * size + 3
    assert context.context_size % 16 == 0
    assert len(context.build()) == context.context_size
    assert checks.lossless(nvidia.NvidiaContext, context.build()) == context


@pytest.mark.parametrize("form", [0, 5, 0x8000, 0x8001, 0x8002])
def test_data_of_other_formats_stays_bytes(form):
    context = nvidia.NvidiaContext(data_format=form, data=b"its own")
    assert checks.lossless(nvidia.NvidiaContext, context.build()).data == b"its own"


def test_the_source_device_says_what_is_known_of_it():
    cpu = nvidia.NvidiaCpuInfo(socket=1, instance_base=0x1234)
    made = nvidia.NvidiaEvent(source_device=nvidia.NvidiaDevice.CPU, info=cpu)
    assert (made.info_size, len(made.build())) == (32, 64)
    assert checks.lossless(nvidia.NvidiaEvent, made.build()).info == cpu
    gpu = nvidia.NvidiaGpuInfo(pdi=5, mig_attribution=0xFF)
    made = nvidia.NvidiaEvent(source_device=nvidia.NvidiaDevice.GPU, info=gpu)
    assert (made.info_size, len(made.build())) == (16, 48)
    assert checks.lossless(nvidia.NvidiaEvent, made.build()).info == gpu


@pytest.mark.parametrize(("device", "size"), [(0, 28), (1, 12), (2, 29), (9, 0)])
def test_information_that_is_short_or_of_an_unknown_device_stays_bytes(device, size):
    made = nvidia.NvidiaEvent(source_device=device, info=bytes(size))
    assert checks.lossless(nvidia.NvidiaEvent, made.build()).info == bytes(size)


def test_a_size_smaller_than_its_own_field_is_kept():
    data = bytearray(nvidia.NvidiaEvent().build())
    data[34] = 0
    found = checks.lossless(nvidia.NvidiaEvent, bytes(data))
    assert (found.info_size, found.info) == (0, b"")
    assert list(found.as_found()) == ["info_size"]


def test_no_mutation_of_an_event_takes_long():
    for seed in range(40):
        data = bytearray(strategies.generate(nvidia.NvidiaEvent, seed))
        for at in range(0, len(data), 7):
            data[at] ^= 0xFF
            start = time.perf_counter()
            error = nvidia.NvidiaEvent.explain(bytes(data)).error
            assert time.perf_counter() - start < 1
            assert error is None or isinstance(error, RecordError)


# --- Ampere -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", range(4))
def test_two_bits_say_how_an_ampere_payload_is_laid_out(payload):
    data = bytes([payload << 6 | vendor.AmpereBlock.PCIE_AER, 1, 0x34, 0x92]) + bytes(range(44))
    found = checks.lossless(vendor.AmpereRas, data + b"more")
    assert type(found.payload) is vendor.AMPERE_PAYLOADS[payload]
    assert found.kind.block is vendor.AmpereBlock.PCIE_AER
    assert (found.instance.socket, found.instance.number) == (2, 0x1234)
    assert found.beyond == b"more"


def test_a_payload_of_another_kind_does_not_come_back_as_it_went():
    """The kind decides, not the record that was put there: both are 44 bytes."""
    data = vendor.AmpereRas(payload=vendor.AmpereFirmware(data0=1)).build()
    assert vendor.AmpereRas.parse(data).payload == vendor.AmpereErrorRecord(err_status=1)


@pytest.mark.parametrize("size", [0, 12, 43])
def test_a_payload_too_short_for_its_layout_stays_bytes(size):
    found = checks.lossless(vendor.AmpereRas, bytes([5, 0, 0, 0]) + bytes(size))
    assert (found.payload, found.beyond) == (bytes(size), b"")


def test_an_ampere_section_of_the_other_type_keeps_what_nobody_reads():
    found = checks.lossless(vendor.Ampere, bytes.fromhex("0100 0200 03000000") + b"opaque")
    assert (found.type, found.subtype, found.instance, found.data) == (1, 2, 3, b"opaque")


# --- HiSilicon --------------------------------------------------------------------------------------------------------


def test_each_of_33_registers_has_its_validation_bit():
    valid = {low: name for name, low, *_ in vendor.HisiPcieValid.layout}
    assert [valid[bit] for bit in range(9, 42)] == [f"err_misc_{n}" for n in range(33)]
    assert set(valid) == set(range(42))


def test_a_severity_of_0_is_recoverable():
    found = vendor.HisiPcie.parse(vendor.HisiPcie().build())
    assert found.severity is vendor.VendorSeverity.RECOVERABLE
    assert found.sub_module_id is vendor.HisiSubModule.AP
