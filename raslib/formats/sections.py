"""What a section's GUID says its body is (UEFI 2.10 appendix N.2, section types; vendors' own)."""

from uuid import UUID

from ..records import Choice, Record
from .arm import ArmProcessor
from .arm_ras import ArmRas
from .ccix import CcixPer
from .cxl import CxlProtocol
from .cxl_events import CxlDram, CxlGeneralMedia, CxlMemoryModule, CxlMldPort, CxlPhysicalSwitch, CxlVirtualSwitch
from .dmar import DmarGeneric, DmarIommu, DmarVtd
from .firmware import FirmwareReference
from .memory import PlatformMemory
from .memory2 import PlatformMemory2
from .nvidia import Nvidia, NvidiaEvent
from .pci import PciBus, PciComponent
from .pcie import Pcie
from .poison import FruMemoryPoison
from .processor import GenericProcessor
from .vendor import Ampere, AmpereRas, HisiPcie
from .x86 import X86Processor

# Name of every section type that documents, Linux, rasdaemon or libcper know, and of Windows' that our samples have.
# UEFI and Linux print the last group of the IPF type with nine bytes, which no GUID has; this is libcper's reading.
# Two types are Ampere's: the first is in libcper, the second in rasdaemon and in the log of a real Altra.
NAMES: dict[UUID, str] = {
    UUID("9876ccad-47b4-4bdb-b65e-16f193c4f3db"): "Processor Generic",
    UUID("dc3ea0b0-a144-4797-b95b-53fa242b6e1d"): "IA32/X64 Processor",
    UUID("e429faf1-3cb7-11d4-bca7-0080c73c8881"): "IPF Processor",
    UUID("e19e3d16-bc11-11e4-9caa-c2051d5d46b0"): "ARM Processor",
    UUID("a5bc1114-6f64-4ede-b863-3e83ed7c83b1"): "Platform Memory",
    UUID("61ec04fc-48e6-d813-25c9-8daa44750b12"): "Platform Memory 2",
    UUID("d995e954-bbc1-430f-ad91-b44dcb3c6f35"): "PCIe",
    UUID("81212a96-09ed-4996-9471-8d729c8e69ed"): "Firmware Error Record Reference",
    UUID("c5753963-3b84-4095-bf78-eddad3f9c9dd"): "PCI/PCI-X Bus",
    UUID("eb5e4685-ca66-4769-b6a2-26068b001326"): "PCI Component/Device",
    UUID("5b51fef7-c79d-4434-8f1b-aa62de3e2c64"): "DMAr Generic",
    UUID("71761d37-32b2-45cd-a7d0-b0fedd93e8cf"): "Intel VT for Directed I/O specific DMAr",
    UUID("036f84e1-7f37-428c-a79e-575fdfaa84ec"): "IOMMU specific DMAr",
    UUID("91335ef6-ebfb-4478-a6a6-88b728cf75d7"): "CCIX PER Log",
    UUID("80b9efb4-52b5-4de3-a777-68784b771048"): "CXL Protocol Error",
    UUID("fbcd0a77-c260-417f-85a9-088b1621eba6"): "CXL General Media Event",
    UUID("601dcbb3-9c06-4eab-b8af-4e9bfb5c9624"): "CXL DRAM Event",
    UUID("fe927475-dd59-4339-a586-79bab113b774"): "CXL Memory Module Event",
    UUID("77cf9271-9c02-470b-9fe4-bc7b75f2da97"): "CXL Physical Switch Event",
    UUID("40d26425-3396-4c4d-a5da-3d47263af425"): "CXL Virtual Switch Event",
    UUID("8dc44363-0c96-4710-b7bf-04bb99534c3f"): "CXL MLD Port Event",
    UUID("5e4706c1-5356-48c6-930b-52f2120a4458"): "FRU Memory Poison",
    UUID("bf32d4d5-b427-4025-8495-8a9e5d4030e4"): "Arm RAS",
    UUID("6d5244f2-2712-11ec-bea7-cb3fdb95c786"): "NVIDIA",
    UUID("9068e568-6ca0-11f0-aeaf-159343591eac"): "NVIDIA Event",
    UUID("2826cc9f-448c-4c2b-86b6-a95394b7ef33"): "Ampere",
    UUID("e8ed898d-df16-43cc-8ecc-54f060ef157f"): "Ampere RAS",
    UUID("1f8161e1-55d6-41e6-bd10-7afd1dc5f7c5"): "HiSilicon OEM type 1",
    UUID("45534ea6-ce23-4115-8535-e07ab3aef91d"): "HiSilicon OEM type 2",
    UUID("b2889fc9-e7d7-4f9d-a867-af42e98be772"): "HiSilicon PCIe local",
    UUID("c8b328a8-9917-4af6-9a13-2e08ab2e7586"): "HiSilicon common",
    UUID("a6980811-16ea-4e4d-b936-fb00a23ff29c"): "Alibaba Yitian DDR",
    UUID("82d78ba3-fa14-407a-ba0e-f3ba8170013c"): "JaguarMicro 1",
    UUID("f9723053-2558-49b1-b58a-1c1a82492a62"): "JaguarMicro 2",
    UUID("2d31de54-3037-4f24-a283-f69ca1ec0b9a"): "JaguarMicro 3",
    UUID("dac80d69-0a72-4eba-8114-148ee344af06"): "JaguarMicro 4",
    UUID("746f06fe-405e-451f-8d09-02e802ed984a"): "JaguarMicro 5",
    UUID("c197e04e-d545-4a70-9c17-a5549419eb12"): "Linux pstore dmesg",
    UUID("4f118707-04dd-4055-b5dd-956d34ddfac6"): "Linux pstore dmesg, compressed",
    UUID("fe08ffbe-95e4-4be7-bc73-4096044a38fc"): "Linux machine check",
    UUID("8a1e1d01-42f9-4557-9c33-565e5cc3f7e8"): "Windows XPF MCA",
    UUID("ec49534b-30e7-4358-972f-eca6958fae3b"): "Windows DPC Capability",
    UUID("c34832a1-02c3-4c52-a9f1-9f1d5d7723fc"): "Windows Recovery Info",
}

# section types whose bytes have a declaration here; all others stay bytes
RECORDS: dict[UUID, type[Record]] = {
    UUID("9876ccad-47b4-4bdb-b65e-16f193c4f3db"): GenericProcessor,
    UUID("dc3ea0b0-a144-4797-b95b-53fa242b6e1d"): X86Processor,
    UUID("e19e3d16-bc11-11e4-9caa-c2051d5d46b0"): ArmProcessor,
    UUID("a5bc1114-6f64-4ede-b863-3e83ed7c83b1"): PlatformMemory,
    UUID("61ec04fc-48e6-d813-25c9-8daa44750b12"): PlatformMemory2,
    UUID("d995e954-bbc1-430f-ad91-b44dcb3c6f35"): Pcie,
    UUID("81212a96-09ed-4996-9471-8d729c8e69ed"): FirmwareReference,
    UUID("c5753963-3b84-4095-bf78-eddad3f9c9dd"): PciBus,
    UUID("eb5e4685-ca66-4769-b6a2-26068b001326"): PciComponent,
    UUID("5b51fef7-c79d-4434-8f1b-aa62de3e2c64"): DmarGeneric,
    UUID("71761d37-32b2-45cd-a7d0-b0fedd93e8cf"): DmarVtd,
    UUID("036f84e1-7f37-428c-a79e-575fdfaa84ec"): DmarIommu,
    UUID("91335ef6-ebfb-4478-a6a6-88b728cf75d7"): CcixPer,
    UUID("80b9efb4-52b5-4de3-a777-68784b771048"): CxlProtocol,
    UUID("fbcd0a77-c260-417f-85a9-088b1621eba6"): CxlGeneralMedia,
    UUID("601dcbb3-9c06-4eab-b8af-4e9bfb5c9624"): CxlDram,
    UUID("fe927475-dd59-4339-a586-79bab113b774"): CxlMemoryModule,
    UUID("77cf9271-9c02-470b-9fe4-bc7b75f2da97"): CxlPhysicalSwitch,
    UUID("40d26425-3396-4c4d-a5da-3d47263af425"): CxlVirtualSwitch,
    UUID("8dc44363-0c96-4710-b7bf-04bb99534c3f"): CxlMldPort,
    UUID("5e4706c1-5356-48c6-930b-52f2120a4458"): FruMemoryPoison,
    UUID("bf32d4d5-b427-4025-8495-8a9e5d4030e4"): ArmRas,
    UUID("6d5244f2-2712-11ec-bea7-cb3fdb95c786"): Nvidia,
    UUID("9068e568-6ca0-11f0-aeaf-159343591eac"): NvidiaEvent,
    UUID("2826cc9f-448c-4c2b-86b6-a95394b7ef33"): Ampere,
    UUID("e8ed898d-df16-43cc-8ecc-54f060ef157f"): AmpereRas,
    UUID("b2889fc9-e7d7-4f9d-a867-af42e98be772"): HisiPcie,
}
GUIDS: dict[type[Record], UUID] = {record: guid for guid, record in RECORDS.items()}

BODY = Choice(lambda c: c.section_type, RECORDS)
