"""Sections of Ampere's and HiSilicon's SoCs, as far as public code reads them."""

from typing import Any

from construct import Int8ul, Int16ul, Int32ul, Int64ul

from ...records import Coded, OpenRecord, Record, Register, bits, field, flags, named, raw, rest, u8, u16, u32, u64
from ..parts import FittingChoice
from ..pcie_config import CorrectableErrors, RootErrorCommand, RootErrorStatus, UncorrectableErrors


class VendorSeverity(Coded):
    """How bad it is, with the numbers of a section descriptor."""

    RECOVERABLE = 0, "uncorrected, but not fatal"
    FATAL = 1, "the system cannot go on"
    CORRECTED = 2, "hardware or firmware corrected it"
    NONE = 3, "none, or informational"


# --- Ampere -----------------------------------------------------------------------------------------------------------


class Ampere(Record, ref="libcper, EFI_AMPERE_ERROR_DATA", guid="2826cc9f-448c-4c2b-86b6-a95394b7ef33",
             title="Ampere"):  # fmt: skip
    """An error of an Ampere SoC, under the type that libcper knows."""

    # fmt: off
    type:        int = u16("the vendor's own")
    subtype:     int = u16("the vendor's own")
    instance:    int = u32("which of several such blocks")
    data:      bytes = rest("the vendor's own")
    # fmt: on


class AmpereBlock(Coded):
    """Which block of an Altra failed."""

    CPU = 0, "core"
    MCU = 1, "memory controller"
    MESH = 2, "mesh"
    LINK_2P_QS = 3, "link between two sockets (QS)"
    LINK_2P_MQ = 4, "link between two sockets (MQ)"
    GIC = 5, "interrupt controller"
    SMMU = 6, "SMMU"
    PCIE_AER = 7, "PCI Express, advanced error reporting"
    PCIE_RASDP = 8, "PCI Express, data path protection"
    OCM = 9, "on-chip memory"
    SMPRO = 10, "system management processor"
    PMPRO = 11, "power management processor"
    ATF_FIRMWARE = 12, "firmware of EL3"
    SMPRO_FIRMWARE = 13, "firmware of the system management processor"
    PMPRO_FIRMWARE = 14, "firmware of the power management processor"
    BERT = 63, "an error of an earlier boot"


class AmpereKind(Register, ref="rasdaemon, Ampere payloads", width=8):
    block: int = bits(5, 0, "which block", kind=AmpereBlock)
    payload: int = bits(7, 6, "which of the four layouts follows")


class AmpereInstance(Register, ref="rasdaemon, Ampere payloads", width=16):
    number: int = bits(13, 0, "which of several such blocks")
    socket: int = bits(15, 14, "which socket")


class AmpereErrorRecord(Record, ref="rasdaemon, Ampere payload 0"):
    """The registers of an error record of the Arm RAS architecture."""

    # fmt: off
    err_status: int = u32("ERR<n>STATUS, its lower half")
    err_addr:   int = u64("ERR<n>ADDR, where")
    err_misc0:  int = u64("ERR<n>MISC0")
    err_misc1:  int = u64("ERR<n>MISC1")
    err_misc2:  int = u64("ERR<n>MISC2")
    err_misc3:  int = u64("ERR<n>MISC3")
    # fmt: on


class AmperePcieAer(Record, ref="rasdaemon, Ampere payload 1"):
    """Registers of advanced error reporting."""

    # fmt: off
    uncorrectable_status:   UncorrectableErrors = flags(Int32ul, UncorrectableErrors, "which happened")
    uncorrectable_mask:     UncorrectableErrors = flags(Int32ul, UncorrectableErrors, "which are not reported")
    uncorrectable_severity: UncorrectableErrors = flags(Int32ul, UncorrectableErrors, "which are fatal")
    correctable_status:       CorrectableErrors = flags(Int32ul, CorrectableErrors, "which happened")
    correctable_mask:         CorrectableErrors = flags(Int32ul, CorrectableErrors, "which are not reported")
    root_error_command:        RootErrorCommand = flags(Int32ul, RootErrorCommand, "which messages interrupt")
    root_error_status:          RootErrorStatus = flags(Int32ul, RootErrorStatus, "which messages came")
    correctable_source_id:                  int = u16("who sent the first ERR_COR")
    uncorrectable_source_id:                int = u16("who sent the first of the others")
    reserved:                             bytes = raw(12)
    # fmt: on


class AmperePcieRasdp(Record, ref="rasdaemon, Ampere payload 2"):
    """What the data path of PCI Express recorded."""

    # fmt: off
    corrected_register:   int = u32("report register of corrected errors")
    corrected_location:   int = u32("where in the data path")
    corrected_address:    int = u32("address")
    uncorrected_register: int = u32("report register of uncorrected errors")
    uncorrected_location: int = u32("where in the data path")
    uncorrected_address:  int = u32("address")
    reserved:           bytes = raw(20)
    # fmt: on


class AmpereFirmware(Record, ref="rasdaemon, Ampere payload 3",
                     listed={"data0": u32("word"), **{f"data{n}": u64("word") for n in range(1, 6)}}):  # fmt: skip
    """What firmware has to say; the words are its own."""


AMPERE_PAYLOADS = dict(enumerate([AmpereErrorRecord, AmperePcieAer, AmperePcieRasdp, AmpereFirmware]))
_PAYLOAD = FittingChoice(lambda c: c.kind.payload, AMPERE_PAYLOADS)


class AmpereRas(OpenRecord, ref="rasdaemon, Ampere payloads", guid="e8ed898d-df16-43cc-8ecc-54f060ef157f",
                title="Ampere RAS"):  # fmt: skip
    """An error of an Ampere SoC, under the type that rasdaemon knows and a real Altra sends."""

    # fmt: off
    kind:         AmpereKind = flags(Int8ul, AmpereKind, "which block, and which layout")
    subtype:             int = u8("the block's own")
    instance: AmpereInstance = flags(Int16ul, AmpereInstance, "which of several such blocks")
    payload:             Any = field(_PAYLOAD, "what is known", AmpereErrorRecord())
    # fmt: on


# --- HiSilicon --------------------------------------------------------------------------------------------------------


class HisiSubModule(Coded):
    """Which layer of the controller failed."""

    AP = 0, "application layer"
    TL = 1, "transaction layer"
    MAC = 2, "MAC layer"
    DL = 3, "data link layer"
    SDI = 4, "SDI layer"


_MISC = [f"err_misc_{n}" for n in range(33)]
_KNOWN = "version soc_id socket_id nimbus_id sub_module_id core_id port_id error_type severity"


class HisiPcieValid(Register, ref="Linux, struct hisi_pcie_error_data", valid=" ".join([_KNOWN, *_MISC])):
    """Which fields to believe."""


class _HisiHead(Record, ref="Linux, struct hisi_pcie_error_data"):
    # fmt: off
    validation_bits: HisiPcieValid = flags(Int64ul, HisiPcieValid, "which fields to believe")
    version:         int = u8("of this structure", valid="version")
    soc_id:          int = u8("which SoC", valid="soc_id")
    socket_id:       int = u8("which socket", valid="socket_id")
    nimbus_id:       int = u8("which I/O die", valid="nimbus_id")
    sub_module_id:   int = named(Int8ul, HisiSubModule, "which layer", valid="sub_module_id")
    core_id:         int = u8("which controller", valid="core_id")
    port_id:         int = u8("which port", valid="port_id")
    severity:        int = named(Int8ul, VendorSeverity, "how bad it is", valid="severity")
    error_type:      int = u16("the controller's own", valid="error_type")
    reserved:      bytes = raw(2)
    # fmt: on


class HisiPcie(_HisiHead, ref="Linux, struct hisi_pcie_error_data", guid="b2889fc9-e7d7-4f9d-a867-af42e98be772",
               title="HiSilicon PCIe local",
               listed={name: u32("register of the controller", valid=name) for name in _MISC}):  # fmt: skip
    """An error of a PCI Express controller of a HiSilicon SoC."""

    beyond: bytes = rest()
