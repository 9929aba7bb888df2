"""The CXL protocol error section from the lines of a log."""

from ..formats.more.cxl import CxlAgent, CxlProtocol, CxlRasCapability, RcrbAddress
from ..formats.pcie_config import PcieCapability
from . import linux_cxl as words
from .draft import Draft, DumpedBytes, Log, length
from .fields import fixed, whole
from .parts import Section

CAPABILITY = whole(PcieCapability)


class Cxl(Section):
    """A dump belongs to what was named last; the first is that of the PCI Express capability, which has no name."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.draft = Draft(CxlProtocol(), (words.AGENT, *words.DEVICE, words.SERIAL), log)
        self.port = Draft(CxlProtocol(agent_address=RcrbAddress()), (words.RCRB,), log)
        self.registers = Draft(CxlRasCapability(), words.REGISTERS, log)
        self.capability, self.dvsec, self.header = DumpedBytes(log), DumpedBytes(log), DumpedBytes(log)
        self.dump = self.capability
        self.log_length: int | None = None  # if there is a log

    def take(self, number: int, text: str) -> bool:
        if (found := words.DVSEC_LENGTH.read(text)) is not None:
            self.dvsec.length = length(number, found[-1].value)
            self.draft.give(number, "validation_bits.dvsec", 1)
        elif (found := words.LOG_LENGTH.read(text)) is not None:
            self.log_length = length(number, found[-1].value)
            self.draft.give(number, "validation_bits.error_log", 1)
        elif text == words.DVSEC:
            self.dump = self.dvsec
        elif text == words.HEADER_LOG:
            self.dump = self.header
        elif text != words.LOG:
            drafts = (self.draft, self.port, self.registers)
            return self.dump.take(number, text) or any(draft.take(number, text) for draft in drafts)
        return True

    def body(self) -> bytes:
        record = self.draft.whole()
        valid = record.validation_bits.replace(capability=bool(self.capability.data))
        agent, address = record.agent_type, record.agent_address
        if self.port.given:  # only that agent has such an address
            agent, address = CxlAgent.RCH_DOWNSTREAM_PORT, self.port.whole().agent_address
            valid = valid.replace(agent_address=True)
        room = fixed(CxlRasCapability, "beyond") - fixed(CxlRasCapability, "header_log")
        log = self.registers.whole().replace(header_log=self.header.data[:room].ljust(room, b"\0"))
        capability = PcieCapability.parse(self.capability.data[:CAPABILITY].ljust(CAPABILITY, b"\0"))
        record = record.replace(validation_bits=valid, agent_type=agent, agent_address=address, capability=capability)
        record = record.replace(dvsec=self.dvsec.whole(), error_log=b"" if self.log_length is None else log)
        data: bytes = record.replace(error_log_length=self.log_length).build()
        return data

    def given(self) -> set[str]:
        registers = {f"error_log.{path}" for path in {*self.registers.given, "header_log"}}
        flags = {f"validation_bits.{flag}" for flag in ("capability", "agent_address", "dvsec", "error_log")}
        return self.draft.paths() | {*self.port.given, "capability", "dvsec"} | registers | flags
