"""Sections of NVIDIA's SoCs, as far as public code reads them."""

from typing import Any

from construct import Int8ul, Int16ul, Int32ul

from ...records import Coded, OpenRecord, Record, field, named, raw, rest, text, u8, u16, u32, u64
from ...wire import AtMost, Choice, Sized, Times, UntilEnd, size
from ..parts import FittingChoice
from .vendor import VendorSeverity


class AddressValue(Record, ref="libcper, EFI_NVIDIA_REGISTER_DATA"):
    address: int = u64("of a register")
    value: int = u64("what was in it")


class Nvidia(OpenRecord, ref="libcper, EFI_NVIDIA_ERROR_DATA", guid="6d5244f2-2712-11ec-bea7-cb3fdb95c786",
             title="NVIDIA"):  # fmt: skip
    """An error of a block of an NVIDIA SoC, Grace for example, with its registers."""

    # fmt: off
    signature:       str = text(16, "which block")
    error_type:      int = u16("the block's own")
    error_instance:  int = u16("which of several such blocks")
    severity:        int = named(Int8ul, VendorSeverity, "how bad it is")
    socket:          int = u8("which socket")
    register_count:  int = field(Int8ul, "how many registers", count=lambda r: len(r.registers))
    reserved:      bytes = raw(1)
    instance_base:   int = u64("address of the block")
    registers:       Any = field(Times(lambda c: c.register_count, AddressValue.con), "registers of the block", ())
    # fmt: on


class NvidiaDevice(Coded):
    """What reports an event."""

    CPU = 0, "CPU"
    GPU = 1, "GPU"
    DPU = 2, "data processing unit"
    NIC = 3, "network adapter"
    SWITCH = 4, "switch"
    BMC = 5, "baseboard management controller"


class NvidiaCpuInfo(OpenRecord, ref="libcper, EFI_NVIDIA_CPU_EVENT_INFO"):
    """Which CPU an event is of."""

    # fmt: off
    socket:        int = u8("which socket")
    architecture:  int = u32("chip and revision")
    ecid:        bytes = raw(16, "identity of the chip")
    instance_base: int = u64("address of the block")
    # fmt: on


class NvidiaGpuInfo(OpenRecord, ref="libcper, EFI_NVIDIA_GPU_EVENT_INFO"):
    """Which GPU an event is of. The middle bytes mean something since version 2.0 of the information."""

    # fmt: off
    originator:      int = u8("who reports it")
    module:          int = u8("which module; before version 2.0 reserved")
    chiplet:         int = u8("which chiplet; before version 2.0 reserved")
    mig_attribution: int = u8("GPU instance in 7:4, compute instance in 3:0, 0xFF none; before version 2.0 reserved")
    scope:           int = u8("whom it concerns; before version 2.0 reserved")
    pdi:             int = u64("identity of the device")
    # fmt: on


class NvidiaFormat(Coded):
    """How the data of a context is laid out."""

    OPAQUE = 0, "the device's own"
    PAIRS_64 = 1, "keys and values of 64 bits"
    PAIRS_32 = 2, "keys and values of 32 bits"
    VALUES_64 = 3, "values of 64 bits"
    VALUES_32 = 4, "values of 32 bits"
    GPU_METADATA = 0x8000, "GPU initialization metadata"
    GPU_XID = 0x8001, "GPU event with an Xid"
    GPU_RECOMMENDED_ACTIONS = 0x8002, "what to do about the GPU"


class Pair64(Record, ref="libcper, EFI_NVIDIA_EVENT_CTX_DATA_TYPE_1"):
    key: int = u64("what the value is")
    value: int = u64("value")


class Pair32(Record, ref="libcper, EFI_NVIDIA_EVENT_CTX_DATA_TYPE_2"):
    key: int = u32("what the value is")
    value: int = u32("value")


class Value64(Record, ref="libcper, EFI_NVIDIA_EVENT_CTX_DATA_TYPE_3"):
    value: int = u64("value")


class Value32(Record, ref="libcper, EFI_NVIDIA_EVENT_CTX_DATA_TYPE_4"):
    value: int = u32("value")


class _List(Record, ref="libcper"):
    """As many items as there are bytes for."""

    def __init_subclass__(cls, item: type[Record]) -> None:
        items = field(UntilEnd(item.con, least=size(item())), "one after another", ())
        beyond = rest("bytes that make no whole item")
        super().__init_subclass__(ref=item.ref, listed={"items": items, "beyond": beyond})


class Pair64List(_List, item=Pair64):
    """A list of `Pair64`."""


class Pair32List(_List, item=Pair32):
    """A list of `Pair32`."""


class Value64List(_List, item=Value64):
    """A list of `Value64`."""


class Value32List(_List, item=Value32):
    """A list of `Value32`."""


NVIDIA_DATA: dict[int, type[Record]] = {  # of the other formats the data stay bytes
    NvidiaFormat.PAIRS_64: Pair64List,
    NvidiaFormat.PAIRS_32: Pair32List,
    NvidiaFormat.VALUES_64: Value64List,
    NvidiaFormat.VALUES_32: Value32List,
}


class NvidiaContext(Record, ref="libcper, EFI_NVIDIA_EVENT_CTX_HEADER"):
    """Data that belong to an event, padded to a multiple of 16 bytes."""

    # fmt: off
    context_size:        int = field(Int32ul, "bytes of this structure",
                                     count=lambda r: 16 + (size(r.data) + 15) // 16 * 16)
    version:             int = u16("of this structure")
    reserved:          bytes = raw(2)
    data_format:         int = named(Int16ul, NvidiaFormat, "how the data is laid out")
    data_format_version: int = u16("of that layout")
    data_size:           int = field(Int32ul, "bytes of data", count=lambda r: size(r.data))
    data:                Any = field(Sized(lambda c: c.data_size, Choice(lambda c: c.data_format, NVIDIA_DATA)),
                                     "the data", b"")
    padding:           bytes = field(AtMost(lambda c: max(0, c.context_size - 16 - c.data_size)),
                                     "bytes up to `context_size`", count=lambda r: bytes(-size(r.data) % 16))
    # fmt: on


_INFO = FittingChoice(lambda c: c.source_device, {NvidiaDevice.CPU: NvidiaCpuInfo, NvidiaDevice.GPU: NvidiaGpuInfo})


class NvidiaEvent(OpenRecord, ref="libcper, EFI_NVIDIA_EVENT_HEADER", guid="9068e568-6ca0-11f0-aeaf-159343591eac",
                  title="NVIDIA Event"):  # fmt: skip
    """An event of a chip of NVIDIA's, Vera for example, with data that only its maker can name."""

    # fmt: off
    event_version:  int = u8("of this structure", 1)
    context_count:  int = field(Int8ul, "how many contexts", count=lambda r: len(r.contexts))
    source_device:  int = named(Int8ul, NvidiaDevice, "what reports it")
    reserved:     bytes = raw(1)
    event_type:     int = u16("the device's own")
    event_subtype:  int = u16("the device's own")
    trace_id:       int = u64("alike in events that belong together")
    signature:      str = text(16, "which block")
    info_version:   int = u16("of the information about the device: major in 15:8, minor in 7:0")
    info_size:      int = field(Int8ul, "bytes of that information, these three included",
                                count=lambda r: 3 + size(r.info))
    info:           Any = field(Sized(lambda c: max(0, c.info_size - 3), _INFO), "which device", b"")
    contexts:       Any = field(Times(lambda c: c.context_count, NvidiaContext.con), "data, by context", ())
    # fmt: on
