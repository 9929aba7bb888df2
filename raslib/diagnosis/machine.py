"""What is known of a machine besides its errors: release, cores, configuration and tables, as constraints."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from ..formats.arm import ArmProcessor
from ..formats.cores import by_midr
from ..formats.hest import GenericSource, GenericSourceV2, Hest
from ..sim.model.choices import Config, Ghes, Linux, Running
from ..sim.model.scenario import AXES
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


def machine(event: Incident, gathered: Gathered, release: str = "") -> Iterator[Constraint]:
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
    midrs = {one.midr_el1: event.where() for one in sections if isinstance(one, ArmProcessor)}
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
