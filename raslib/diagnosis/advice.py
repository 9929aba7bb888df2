"""What somebody on call would do next: the page, the part, the firmware, the configuration."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..formats.arm import ArmProcessor
from ..formats.cper import Severity
from ..formats.memory import PlatformMemory
from ..formats.pcie import Pcie
from ..sim.model.choices import SectionKind
from ..sim.model.sources import label
from .agree import Examined
from .gather import Incident

OUT_OF_USE = {"mm.by-consumer", "mm.by-kick", "mm.by-worker", "mm.drops", "mm.free", "mm.huge", "mm.already"}
_LOCATION = ("node", "card", "module", "rank_number", "bank", "device", "row", "column")
_NOT_SHOWN = "the record does not name it; the BMC's log may"


class Sentence(NamedTuple):
    """One sentence: what it is about, a key of `report.HEADS`; its text; the line, document or function behind it."""

    about: str
    text: str
    source: str = ""


def what_to_do(cases: Sequence[Examined]) -> Iterator[Sentence]:
    """What to do, the most urgent first; nothing twice."""
    found: dict[str, Sentence] = {}
    for case in cases:
        for sentence in (*_page(case), *_part(case.event), *_kernel(case)):
            found.setdefault(sentence.text, sentence)
    yield from found.values()
    if cases and cases[0].agreeing.witnesses:
        token = cases[0].agreeing.witnesses[0].scenario.token() or "-"
        yield Sentence("next", "see which other choices would have ended it otherwise", f"raslib near {token}")
        yield Sentence("next", "have it happen again on a real kernel in QEMU", f"raslib reproduce {token} --as live")


def _page(case: Examined) -> Iterator[Sentence]:
    """What became of the page, or is to become of it."""
    if not case.event.addresses:
        return
    page, count = max(case.event.addresses.items(), key=lambda pair: pair[1])
    if case.keys & OUT_OF_USE:
        text = f"page {page:#x} is out of use until the next boot (HardwareCorrupted in /proc/meminfo)"
        yield Sentence("next", text, label("linux.memory_failure"))
    elif case.keys & {"mm.fails", "apei.bad-address"}:
        text = f"page {page:#x} stays in use: restart without it (memmap=, or firmware's list of bad pages)"
        yield Sentence("next", text, label("linux.memory_failure"))
    elif case.event.severity is Severity.CORRECTED:
        again = f"{count} times in one page" if count > 1 else "once"
        move = f"echo {page:#x} > /sys/devices/system/memory/soft_offline_page"
        text = f"corrected, {again}: nothing is lost. To move the page: {move}"
        yield Sentence("next", text, case.event.where())


def _part(event: Incident) -> Iterator[Sentence]:
    """Which part to look at, as the record or the driver of EDAC names it."""
    labels = [str(v) for one in event.observations for k, v in one.values if k == "label" and "unknown" not in str(v)]
    for entry in event.block.entries if event.block else ():
        section: Any = entry.section
        fru = str(entry.fru_text).strip("\0 ") if entry.validation_bits.fru_text else ""
        if isinstance(section, PlatformMemory):
            names = [n for n in _LOCATION if getattr(section.validation_bits, n, False)]
            place = ", ".join(f"{n.removesuffix('_number')} {getattr(section, n)}" for n in names)
            name = "; ".join(dict.fromkeys(filter(None, [fru, *labels[:1], place]))) or _NOT_SHOWN
            yield Sentence("next", f"look at the memory module: {name}", event.where())
        elif isinstance(section, ArmProcessor):
            core = f" with MPIDR {section.mpidr_el1:#x}" if section.validation_bits.mpidr else ""
            text = f"look at the core{core}; a cache that met poisoned memory is not the part that failed"
            yield Sentence("next", text, event.where())
        elif isinstance(section, Pcie):
            text = f"look at the PCIe function, its slot and driver: lspci -vvv -s {section.device_id}"
            yield Sentence("next", text, event.where())
        else:
            yield Sentence("next", f"ask the maker what the section says: {entry.section_type}", event.where())


def _kernel(case: Examined) -> Iterator[Sentence]:
    """What firmware or configuration could be asked to do better."""
    kinds = {value for c in case.constraints for choices in c.ways for value in choices.get("cper.section", ())}
    if "apei.unhandled-core" in case.keys or kinds == {SectionKind.BUS}:
        text = "the processor's section names no page: ask firmware for a memory section with the address"
        yield Sentence("next", text, label("linux.ghes_handle_memory_failure"))
    if "firmware.unhandled" in case.keys:
        text = "EL3 has no handler that knows the error: firmware has to be built to report it"
        yield Sentence("next", text, label("tf-a.plat_ea_handler"))
