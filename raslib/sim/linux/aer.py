"""The driver of AER: what it prints about a device that a PCI Express section names, and what it does about it."""

from collections.abc import Generator, Iterator
from struct import pack, unpack_from
from typing import NamedTuple

from ... import resources
from ..model.choices import Config, Oops, PciDevice, Stance
from ..model.lazy import lazy
from ..model.messages import Claimed
from ..model.outcome import Mark, ended
from ..model.scenario import Scenario
from ..model.trace import Step, StepText
from .estatus import host_lacks, since

# fmt: off
NO_DEVICE = StepText("apei.no-device", 'says "{words}", and drops what was for it',
    "The section names a function that this machine does not have", ("linux.aer_recover_work_func",))
PRINTS = StepText("apei.prints-aer", "says {lines}",
    "They are registers of {device}, but those that the section has a copy of: nobody looks at the device",
    ("linux.pci_print_aer", "linux.pci_print_aer-7.3", "linux.aer_recover_work_func"))
PLAIN_PCI = StepText("apei.plain-pci",
    "oopses: it takes a NULL pointer for the port above {device}",
    "pcie_do_recovery() looks for the port that leads to the device, and a plain PCI device on the root bus has "
    "none: a fault of Linux, by which firmware can stop it. Since 7.3 only if a bit of the status is not masked",
    ("linux.aer_recover_work_func",))
# fmt: on
_WORDS = resources.table(__file__)
RATE_LIMIT = 10  # lines of pr_err_ratelimited() or pr_warn_ratelimited() in 5 s
BYTES = 96  # of the copy of the capability, and in it the places of registers
_STATUS, _MASK, _SEVERITY, _CORRECTABLE_STATUS, _CONTROL, _HEADER, _FLIT = 4, 8, 12, 16, 24, 28, 85
_TIMEOUT, _LOGS_TIMEOUT = 1 << 14, 1 << 12  # a completion timeout; a device that keeps the packet of one


def _mask(*bits: int) -> int:
    return sum(1 << bit for bit in bits)


_ADVISORY = _mask(13)  # a correctable error that stands for an uncorrectable one
_MAY_BE_ADVISORY = _mask(12, 14, 15, 16, 19, 20, 21, 24, 25, 26, 27, 30)
_LOG_HEADER = _mask(12, 15, 16, 18, 19, 20)  # with these the header of a packet is printed; since 6.18 with more
_LOG_HEADER_6_18 = _LOG_HEADER | _mask(21, *range(23, 32))


class AerReport(NamedTuple):
    """What APEI hands to the driver of AER: a device, whether it could correct the error, a copy of its capability."""

    device: str
    correctable: bool  # else non-fatal, or fatal: the same words, and a deeper reset
    capability: bytes  # `struct aer_capability_regs`

    def word(self, at: int) -> int:
        """The register at this byte of the capability."""
        return int.from_bytes(self.capability[at : at + 4], "little")

    @property
    def status(self) -> tuple[int, int]:
        """The status register of its severity, and the mask."""
        at = _CORRECTABLE_STATUS if self.correctable else _STATUS
        return self.word(at), self.word(at + 4)


def aer_recover_work_func(s: Scenario, m: Claimed, report: AerReport, nth: int) -> Generator[Step | Mark, None, bool]:
    """What the driver, in a worker, finds where PCIe section *nth*, from 0, points; whether the worker ends by it."""
    if m.kernel.machine != "host" or host_lacks(s, "host", Config.NO_AER):
        return False
    apei, devices = m.kernel.by("APEI"), dict(m.ram.pci_devices)
    there = devices.get(report.device, PciDevice.NONE) if devices else s.host.pci_device
    if there is PciDevice.NONE:
        new = since(s, "host", "6.18")
        if new and nth >= RATE_LIMIT:
            return False
        yield apei(NO_DEVICE, words=f"{report.device}: no pci_dev found" if new else f"no pci_dev for {report.device}")
        return False
    yield apei(PRINTS, device=report.device, lines=lazy(s, _quoted, report))
    if there is PciDevice.EXPRESS or report.correctable or s.stance is not Stance.AS_BUILT:
        return False
    status, mask = report.status
    if not status & ~mask and since(s, "host", "7.3"):
        return False
    yield apei(PLAIN_PCI, device=report.device)
    yield ended("host", "host_oops" if s.host.oops is Oops.KILLS else "host_panic")
    return True


def _quoted(s: Scenario, report: AerReport) -> str:
    return ", ".join(f'"{line}"' for line in printed(s, report))


def printed(s: Scenario, report: AerReport) -> Iterator[str]:
    """The lines of the host's log about *report*, without the name of the device's driver. pci_print_aer()"""
    correctable, (status, mask) = report.correctable, report.status
    new, before = since(s, "host", "7.3"), "" if since(s, "host", "6.18") else "AER: "
    kind = "" if not new else "cor_" if correctable else "uncor_"
    yield f"{report.device}: {before}aer_{kind}status: {status:#010x}, aer_{kind}mask: {mask:#010x}"
    yield from _bits(report, new)
    if not new:
        release = "7-2" if since(s, "host", "7.2", stable="6.12.118") else "before"
        layer, agent = _first(release, status, correctable)
        yield f"{report.device}: {before}aer_layer={layer}, aer_agent={agent} ID"
    if not correctable:
        yield f"{report.device}: {before}aer_uncor_severity: {report.word(_SEVERITY):#010x}"
        if header := _header(s, report):
            yield f"{report.device}: {header}"
        return
    hidden = report.word(_STATUS) & ~report.word(_MASK) & ~report.word(_SEVERITY) & _MAY_BE_ADVISORY
    if new and hidden and status & ~mask & _ADVISORY:
        capability = report.capability[:_STATUS] + pack("<2I", hidden, 0) + report.capability[_SEVERITY:]
        yield from printed(s, report._replace(correctable=False, capability=capability))


def _first(release: str, status: int, correctable: bool) -> tuple[str, str]:
    """The layer and the agent of all of *status*, as this release names them."""
    kind = "correctable" if correctable else "uncorrectable"
    names = []
    for of, otherwise in (("layers", "Transaction Layer"), ("agents", "Receiver")):
        those = (name for name, bits in _WORDS[of][release].items() if status & _mask(*bits[kind]))
        names.append(next(those, otherwise))
    return names[0], names[1]


def _bits(report: AerReport, new: bool) -> Iterator[str]:
    """A line for each bit that is not masked; *new*: it has agent and layer, as in 7.3."""
    correctable, (status, mask) = report.correctable, report.status
    words = _WORDS["correctable" if correctable else "uncorrectable"]
    for bit in (bit for bit in range(32) if status & ~mask & 1 << bit):
        what, (layer, agent) = words.get(str(bit), "Unknown Error Bit"), ("", "")
        if str(bit) in words and not (correctable and 1 << bit == _ADVISORY):
            layer, agent = _first("7-2", 1 << bit, correctable)
        line = f"  [{bit:2}] {what:<17} | {agent:<11} | {layer:<17}" if new else f"   [{bit:2}] {what:<22}"
        first = report.word(_CONTROL) & 0x1F == bit and not (new and correctable)
        yield f"{report.device}: {line}{' (First)' * first}".rstrip()


def _header(s: Scenario, report: AerReport) -> str:
    """The packet that met an uncorrectable error, if there is one, but for what follows its first words.

    Where Linux keeps whether the link was in flit mode, behind its own room for the log, it finds what the section has
    there: one bit of a byte. pcie_print_tlp_log()
    """
    new, (status, mask) = since(s, "host", "6.18"), report.status
    if since(s, "host", "7.2", stable="6.12.118"):
        status &= ~mask
    timed_out = new and status & _TIMEOUT and report.word(_CONTROL) & _LOGS_TIMEOUT
    if not (status & (_LOG_HEADER_6_18 if new else _LOG_HEADER) or timed_out):
        return ""
    words = unpack_from("<4I", report.capability, _HEADER)
    flit = " (Flit)" if new and report.capability[_FLIT] & 1 else ""
    return f"AER:   TLP Header{flit}: {' '.join(f'{word:#010x}' if new else f'{word:08x}' for word in words)}"
