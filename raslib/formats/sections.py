"""What a section's GUID says its body is (UEFI 2.10 appendix N.2, section types; vendors' own)."""

from uuid import UUID

from ..records import Choice, Record
from .arm import ArmProcessor
from .memory import PlatformMemory

# name of every section type that documents, Linux, rasdaemon or libcper know
NAMES: dict[UUID, str] = {
    UUID("9876ccad-47b4-4bdb-b65e-16f193c4f3db"): "Processor Generic",
    UUID("dc3ea0b0-a144-4797-b95b-53fa242b6e1d"): "IA32/X64 processor",
    UUID("e429faf1-3cb7-11d4-bca7-0080c73c8881"): "IPF (Itanium)",
    UUID("e19e3d16-bc11-11e4-9caa-c2051d5d46b0"): "ARM processor",
    UUID("a5bc1114-6f64-4ede-b863-3e83ed7c83b1"): "Platform Memory",
    UUID("61ec04fc-48e6-d813-25c9-8daa44750b12"): "Platform Memory 2",
    UUID("d995e954-bbc1-430f-ad91-b44dcb3c6f35"): "PCIe",
    UUID("81212a96-09ed-4996-9471-8d729c8e69ed"): "Firmware Error Record Reference",
    UUID("c5753963-3b84-4095-bf78-eddad3f9c9dd"): "PCI/PCI-X Bus",
    UUID("eb5e4685-ca66-4769-b6a2-26068b001326"): "PCI Component/Device",
    UUID("5b51fef7-c79d-4434-8f1b-aa62de3e2c64"): "DMAr Generic",
    UUID("71761d37-32b2-45cd-a7d0-b0fedd93e8cf"): "Intel VT-d DMAr",
    UUID("036f84e1-7f37-428c-a79e-575fdfaa84ec"): "IOMMU DMAr (AMD)",
    UUID("91335ef6-ebfb-4478-a6a6-88b728cf75d7"): "CCIX PER Log",
    UUID("80b9efb4-52b5-4de3-a777-68784b771048"): "CXL Protocol Error",
    UUID("fbcd0a77-c260-417f-85a9-088b1621eba6"): "CXL evt: General Media",
    UUID("601dcbb3-9c06-4eab-b8af-4e9bfb5c9624"): "CXL evt: DRAM",
    UUID("fe927475-dd59-4339-a586-79bab113b774"): "CXL evt: Memory Module",
    UUID("77cf9271-9c02-470b-9fe4-bc7b75f2da97"): "CXL evt: Physical Switch",
    UUID("40d26425-3396-4c4d-a5da-3d47263af425"): "CXL evt: Virtual Switch",
    UUID("8dc44363-0c96-4710-b7bf-04bb99534c3f"): "CXL evt: MLD Port",
    UUID("5e4706c1-5356-48c6-930b-52f2120a4458"): "FRU Memory Poison (new in UEFI 2.11)",
    UUID("bf32d4d5-b427-4025-8495-8a9e5d4030e4"): "Arm RAS (DEN0085)",
    UUID("6d5244f2-2712-11ec-bea7-cb3fdb95c786"): "NVIDIA (Grace)",
    UUID("9068e568-6ca0-11f0-aeaf-159343591eac"): "NVIDIA events (Vera)",
    UUID("2826cc9f-448c-4c2b-86b6-a95394b7ef33"): "Ampere (as in libcper)",
    UUID("e8ed898d-df16-43cc-8ecc-54f060ef157f"): "Ampere (as in rasdaemon)",
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
    UUID("4f118707-04dd-4055-b5dd-956d34ddfac6"): "Linux pstore dmesg (compressed)",
    UUID("fe08ffbe-95e4-4be7-bc73-4096044a38fc"): "Linux MCE in ERST",
}

# section types whose bytes have a declaration here; all others stay bytes
RECORDS: dict[UUID, type[Record]] = {
    UUID("a5bc1114-6f64-4ede-b863-3e83ed7c83b1"): PlatformMemory,
    UUID("e19e3d16-bc11-11e4-9caa-c2051d5d46b0"): ArmProcessor,
}
GUIDS: dict[type[Record], UUID] = {record: guid for guid, record in RECORDS.items()}

BODY = Choice(lambda c: c.section_type, RECORDS)
