"""Lines as evidence: what each of them says of the choices of a scenario, and which step of a walk it shows.

A `Constraint` is one thing that was seen, with its place. What a line shows is the text of a step (`StepText.key`), so
that the simulator's stages alone say when that step is taken. `signs.toml` has the lines.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

from .. import resources
from ..formats import arm
from ..formats.cores import by_midr
from ..formats.cper import Severity
from ..formats.esr import Esr, ExceptionClass
from ..formats.ghes import DataEntry
from ..formats.hest import GenericSource, GenericSourceV2, Hest
from ..formats.memory import PlatformMemory
from ..formats.pcie import Pcie
from ..intake import Observation
from ..sim.cpu import syndromes
from ..sim.el3.firmware import SEVERITY_OF
from ..sim.linux.memory_failure import logged
from ..sim.model.choices import (
    Access,
    Category,
    Config,
    Corruption,
    Ghes,
    Linux,
    Page,
    ReportedBy,
    Running,
    SectionKind,
)
from ..sim.model.scenario import AXES, Scenario
from .gather import Fact, Gathered, Incident

Ways = tuple[Mapping[str, frozenset[Any]], ...]


WHOLE = "the log goes on from boot to after the error: what it lacks counts against a scenario"


class Constraint(NamedTuple):
    """One thing that was seen.

    says: in words, to follow "it was seen that"
    where: file and line, or "given"
    ways: choices by axis, of which all of one way must hold; empty: any
    keys: texts of steps of the host, of which one must be taken
    whom: process or QEMU, if one of *keys* must set a signal for it
    never: words of the outcome that the host cannot have ended with
    """

    says: str
    where: str
    ways: Ways = ()
    keys: frozenset[str] = frozenset()
    whom: str = ""
    never: frozenset[str] = frozenset()


def way(**axes: Any) -> dict[str, frozenset[Any]]:
    """Choices that are allowed, by axis with its dot as two underscores: one value, or several in a set."""
    allowed = {name.replace("__", "."): value for name, value in axes.items()}
    return {name: frozenset(v if isinstance(v, set | frozenset) else {v}) for name, v in allowed.items()}


class Sign(NamedTuple):
    """A line that a kernel or firmware prints in a step: what it looks like, and the keys of the steps' texts."""

    pattern: re.Pattern[str]
    keys: frozenset[str]
    says: str


_SIGNS, _SHOWN, LOOK = resources.table(__file__, "signs.toml").values()
SIGNS = tuple(Sign(re.compile(row.pop("pattern")), frozenset(row.pop("keys")), **row) for row in _SIGNS)
# what a log may show of an event, and the keys of the steps that print it
SHOWN: dict[str, frozenset[str]] = {what: frozenset(keys) for what, keys in _SHOWN.items()}
PRINTED = frozenset({"apei.reads", "apei.reads-at-once", "apei.fatal"})
AGAIN = frozenset({"mm.meets-again", "mm.touched", "kvm.stage-2-fault", "mm.kernel-touches"})
TAKEN = frozenset({"hardware.sea", "hardware.serror", "hardware.own-el3", "mm.kernel-touches"})
_ABORTS = {ExceptionClass.DATA_ABORT_LOWER: "lower", ExceptionClass.INSTRUCTION_ABORT_LOWER: "lower"}
_ABORTS |= {ExceptionClass.DATA_ABORT_SAME: "same", ExceptionClass.INSTRUCTION_ABORT_SAME: "same"}
_MET = {0: way(cpu__running={Running.USER, Running.THREAD})}  # whose code, by PSTATE.M: EL0t, EL1h, EL2h
_MET |= {5: way(cpu__running=Running.KERNEL, host__vhe=False)}
_MET |= {9: way(cpu__running={Running.KERNEL, Running.HYP}, host__vhe=True)}
STOPPED = frozenset({"host_panic", "fw_panic"})


def constraints(event: Incident, gathered: Gathered, release: str = "") -> tuple[Constraint, ...]:
    """Everything that inputs say of an event, and of the machine that it was on."""
    found = [*_machine(event, gathered, release), *_record(event), *_worded(event, gathered)]
    first: dict[str, Constraint] = {}
    for constraint in (constraint for one in event.observations for constraint in _line(event, one)):
        first.setdefault(constraint.says, constraint)
    found += first.values()
    if event.met_again:
        found.append(Constraint("the page was met again", event.where(), keys=AGAIN))
    if event.goes_on:
        found.append(Constraint("the machine went on to log more", event.where(), never=STOPPED))
    return tuple(found)


def tells(event: Incident) -> bool:
    """Does anything in it tell of a hardware error?"""
    return event.block is not None or any(True for one in event.observations for _ in _line(event, one))


# --- the machine ------------------------------------------------------------------------------------------------------


def _machine(event: Incident, gathered: Gathered, release: str = "") -> Iterator[Constraint]:
    """What holds for the machine that *event* was on; *release* is given if no line tells it."""
    facts, where = gathered.facts_of(event), "given"
    for fact in facts:
        if fact.kind == "release" and not release:
            release, where = str(fact.value["release"]), fact.where
    with suppress(ValueError):
        value = Linux.of(release)
        yield Constraint(f"the kernel is Linux {release}", where, (way(host__linux=value),))
    if event.goes_on and any(fact.kind == "release" and fact.file == event.file for fact in facts):
        yield Constraint(WHOLE, event.file)
    nested = any(fact.kind == "core" and "mode" in fact.value for fact in facts)
    if (guest := gathered.guest(event)) and not nested:
        own = way(cpu__running={*Running} - {Running.GUEST, Running.HYP}, host__vhe=False)
        yield Constraint("it is a guest: its kernel runs at EL1, and no guest under it", guest.where, (own,))
    yield from _cores(event, facts)
    yield from _configuration(facts)
    hests = [fact.value for fact in facts if isinstance(fact.value, Hest)]
    if event.found.source and len(hests) == 1:
        yield from _source(hests[0], int(event.found.source), event)


def _cores(event: Incident, facts: Sequence[Fact]) -> Iterator[Constraint]:
    """FEAT_RAS, as all cores have it or none has; and whether the kernel runs at EL2."""
    sections = [entry.section for entry in event.block.entries] if event.block else []
    midrs = {one.midr_el1: event.where() for one in sections if isinstance(one, arm.ArmProcessor)}
    implementer = 0
    for fact in (fact for fact in facts if fact.kind == "core"):
        implementer = fact.value.get("implementer", implementer)
        if "part" in fact.value:
            midrs[implementer << 24 | fact.value["part"] << 4] = fact.where
        elif "midr" in fact.value:
            midrs[fact.value["midr"]] = fact.where
        elif "feature" in fact.value:
            yield Constraint("the kernel found FEAT_RAS", fact.where, (way(cpu__ras=True),))
        elif "mode" in fact.value:
            vhe = fact.value["mode"] == "VHE"
            says = f"KVM {'uses' if vhe else 'does without'} VHE"
            yield Constraint(says, fact.where, (way(host__vhe=vhe),))
    cores = [(by_midr(midr), where) for midr, where in midrs.items() if midr]
    if len(ras := {core and core.ras for core, _ in cores}) == 1 and None not in ras:
        names = " and ".join(dict.fromkeys(core.name for core, _ in cores if core))
        says = f"the core is {names}, with{'' if ras == {True} else 'out'} FEAT_RAS"
        yield Constraint(says, "; ".join(where for _, where in cores), (way(cpu__ras=ras),))


def _configuration(facts: Sequence[Fact]) -> Iterator[Constraint]:
    """What the kernel may be built without, by the options that are known; the model has one at a time."""
    known = {fact.value["option"]: fact for fact in facts if fact.kind == "config"}
    options = {config: known.get(config.option) for config in Config if config is not Config.ALL}
    off = {config: fact for config, fact in options.items() if fact and "value" not in fact.value}
    left = {*off} or {*Config} - {config for config, fact in options.items() if fact}
    if any(options.values()):
        without = ", ".join(config.option for config in off) or "no option that is known"
        where = "; ".join(fact.where for fact in [*off.values(), *known.values()][:3] if fact)
        yield Constraint(f"the kernel is built without {without}", where, (way(host__config=left),))


def _source(hest: Hest, number: int, event: Incident) -> Iterator[Constraint]:
    """How the source notifies that the log names."""
    source = next((s for s in hest.error_sources if isinstance(s, GenericSource) and s.source_id == number), None)
    notify = None if source is None else source.notification.type
    if source is None or notify not in AXES["host.notify"].values:
        return
    version = Ghes.V2 if isinstance(source, GenericSourceV2) else Ghes.V1
    name = AXES["host.notify"].value(notify)
    says = f"source {number} notifies by {name.name}"
    yield Constraint(says, f"HEST, {event.where()}", (way(host__notify=name, host__ghes=version),))


# --- the record -------------------------------------------------------------------------------------------------------


def _record(event: Incident) -> Iterator[Constraint]:
    """What the block says, and that it was printed."""
    block, where = event.block, event.where()
    if block is None:
        return
    if event.printed and event.found.lines[0] and not event.before_boot:
        yield Constraint("Linux printed the record", where, (way(host__repeated=False),), PRINTED)
    elif event.traced:
        yield Constraint("Linux traced the record, and went on", where, (), PRINTED - {"apei.fatal"}, never=STOPPED)
    elif event.printed and not event.before_boot:
        yield Constraint("a record was written", where, (), frozenset({"firmware.writes"}))
    severity = event.severity
    if severity is not None:
        yield Constraint(f"the block says {severity.name.lower()}", where, _severities(severity))
    if kinds := [_kind(entry) for entry in block.entries]:
        says = f"it has a section: {' and '.join(dict.fromkeys(event.titles))}"
        if len(kinds) == 2 and SectionKind.MEMORY in kinds[0] and SectionKind.BUS in kinds[1]:
            modelled = frozenset({SectionKind.BOTH})
        else:
            first = next((n for n, kind in enumerate(kinds) if SectionKind.MEMORY in kind), 0)
            modelled, others = kinds[first], len(kinds) - 1
            alone = f" (of which the scenarios have section {first} alone: what is done for the other {others} is open)"
            says += alone * (others > 0)
        yield Constraint(says, where, (way(cper__section=modelled),))
    if severity is not None and len(block.entries) == 1 and int(block.entries[0].error_severity) in set(Severity):
        own = Severity(int(block.entries[0].error_severity))
        allowed = {own, None} if own is severity else {own}
        yield Constraint(f"its section says {own.name.lower()}", where, (way(cper__section_severity=allowed),))


def _severities(severity: Severity) -> Ways:
    """The block's severity is that of the error, or what firmware makes of it."""
    states = {category for category, its in SEVERITY_OF.items() if its is severity}
    own = way(cper__bytes=Corruption.WHOLE, cper__severity=severity)
    by_category = own | way(cper__severity=None, error__category=states)
    return (by_category, own) if states else (own,)


def _kind(entry: DataEntry) -> frozenset[SectionKind]:
    section = entry.section
    if isinstance(section, PlatformMemory):
        has = section.validation_bits.physical_address
        return frozenset({SectionKind.MEMORY, SectionKind.BAD_ADDRESS} if has else {SectionKind.NO_ADDRESS})
    if isinstance(section, arm.ArmProcessor):
        return frozenset().union(*map(_core, section.error_information)) or frozenset({SectionKind.BUS})
    return frozenset({SectionKind.PCIE if isinstance(section, Pcie) else SectionKind.VENDOR})


def _core(error: arm.ErrorInformation) -> frozenset[SectionKind]:
    """A cache error with an address names a page, in whichever reading of the type its kernel has."""
    if not error.validation_bits.physical_fault_address:
        return frozenset({SectionKind.BUS})
    dialects = (arm.Dialect.UEFI_2_9, arm.Dialect.UEFI_2_10)
    readings = {arm.Kind.CACHE in arm.read_type(error.type, dialect).kinds for dialect in dialects}
    return frozenset(SectionKind.PROCESSOR if cache else SectionKind.BUS for cache in readings)


# --- lines of others --------------------------------------------------------------------------------------------------


def _line(event: Incident, one: Observation) -> Iterator[Constraint]:
    """What a line of a driver, a panic or firmware shows."""
    where, values = event.where(one.line), dict(one.values)
    if (sign := next((s for s in SIGNS if s.pattern.search(one.text)), None)) is not None:
        yield Constraint(sign.says, where, (), sign.keys, _whom(sign, values))
    if isinstance(esr := values.get("esr"), int):
        yield from _syndrome(esr, str(values.get("level", "")), where)
    if values.get("register") == "pstate" and any(other.kind == "serror" for other in event.observations):
        yield from _interrupted(str(values["value"]), where)


def _interrupted(pstate: str, where: str) -> Iterator[Constraint]:
    """Whose code an SError met, by PSTATE.M: of one that KVM takes from a guest, no registers are printed.

    Linux 7.1 arch/arm64/kernel/traps.c: arm64_serror_panic().
    """
    with suppress(ValueError, KeyError):
        met = _MET[int(pstate[:8], 16) & 0x1F]
        says = f"the SError met {' or '.join(sorted(one.value for one in met['cpu.running']))}, as its registers say"
        yield Constraint(says, where, (met,))


def _whom(sign: Sign, values: dict[str, Any]) -> str:
    """Who was signalled, if the line names it."""
    process = str(values.get("process", ""))
    if "mm.signals-ar" not in sign.keys or not process:
        return ""
    return "QEMU" if process.lower().startswith(("qemu", "cpu ")) else "process"


def _worded(event: Incident, gathered: Gathered) -> Iterator[Constraint]:
    """The releases that have the words of lines of memory_failure(), of any event of the same log."""
    texts: dict[str, str] = {}
    for one in gathered.events:
        if (one.file, one.found.host) == (event.file, event.found.host):
            texts |= {o.text: one.where(o.line) for o in one.observations if o.kind == "memory_failure"}
    for text, where in texts.items():
        releases = frozenset(r for r in Linux if any(_quotes(r, page, text) for page in (*Page, None)))
        if releases and len(releases) < len(Linux):
            words = ", ".join(r.value for r in sorted(releases, key=lambda r: r.numbers))
            yield Constraint(f"these are words of Linux {words}", where, (way(host__linux=releases),))


@cache
def _quotes(release: Linux, page: Page | None, text: str) -> bool:
    words = re.findall(r'"([^"]+)"', logged(Scenario.of(host_linux=release), "host", page))
    return any(one in text for one in words)


def _syndrome(esr: int, level: str, where: str) -> Iterator[Constraint]:
    """What an ESR tells of how the error was told, what met it, and how bad it is."""
    kind, value = Esr.parse(esr & 0xFFFF_FFFF).EC, f"ESR {esr & 0xFFFF_FFFF:#x}"
    syndrome = syndromes.read(esr & 0xFFFF_FFFF)
    if kind == ExceptionClass.SERROR:
        report = ReportedBy.SERROR
        if not syndrome.state:
            report = ReportedBy.DEVICE if syndrome.implementation_defined else ReportedBy.UNCATEGORIZED
        ways = [way(error__report=report, cpu__ras=True)]
        if syndrome.state:
            ways[0] |= way(error__category=_categories(syndrome.state))
        if syndrome.implementation_defined:  # as of any SError where there is no FEAT_RAS
            ways = [way(error__report=report), way(error__report=ReportedBy.SERROR, cpu__ras=False)]
        state = f", state {syndrome.state}" if syndrome.state else ""
        yield Constraint(f"{value} is an SError's{state}", where, tuple(ways), TAKEN, never=_heard(level))
    elif kind in _ABORTS and (syndrome.state or syndrome.on_walk):
        yield from _abort(syndrome, f"{value} is an external abort's", _ABORTS[ExceptionClass(kind)], level, where)


def _abort(syndrome: syndromes.RasSyndrome, says: str, origin: str, level: str, where: str) -> Iterator[Constraint]:
    access = {Access.FETCH} if syndrome.fetch else {Access.WALK, Access.WALK_2} if syndrome.on_walk else {Access.DATA}
    lower, own = {Running.USER, Running.THREAD, Running.GUEST}, {Running.KERNEL, Running.HYP}
    if level == "EL3":
        lower, own = lower | own, {Running.FIRMWARE}
    met = way(error__access=access, error__report=ReportedBy.SEA, cpu__running=lower if origin == "lower" else own)
    states = {c for c in Category if syndromes.in_set(c).name == syndrome.state} or {*Category}
    ways = [met | way(error__category=states, cpu__ras=True)]
    if syndrome.state in ("", "UER"):  # as SET reads where there is no FEAT_RAS
        ways.append(met | way(cpu__ras=False))
    if origin == "same" and level != "EL3":  # memory_failure() left the kernel's own page in use
        ways.append(way(host__page=Page.KERNEL, error__touched_later=True, error__report=ReportedBy.INTERRUPT))
    by = f"of {'a lower level' if origin == 'lower' else 'its own level'}"
    yield Constraint(f"{says}, {by}", where, tuple(ways), TAKEN, never=_heard(level))


def _heard(level: str) -> frozenset[str]:
    """How it cannot have ended, if it was a kernel that printed the syndrome."""
    return frozenset() if level == "EL3" else frozenset({"fw_panic"})


def _categories(state: str) -> frozenset[Category]:
    """The states of the PE that AET tells of as *state*."""
    return frozenset(c for c in Category if c.name == state or (c is Category.DE and state == "UEO"))
