"""What holds in every scenario, or in all that matter for it: not sampled, unless it says so."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from fractions import Fraction
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sim.explore import Partial, Path, Survey, paths, run, survey

from raslib.formats.esr import Esr, ExceptionClass
from raslib.formats.ghes import StatusBlock
from raslib.sim import (
    apei,
    consumer,
    el3_entry,
    estatus,
    firmware,
    ghes_cache,
    hardware,
    injection,
    kernel,
    kernel_first,
    kvm,
    memory_failure,
    notification,
    qemu,
    qemu_ghes,
    qmp,
    records_read,
    rejected,
    routing,
    sections,
    syndromes,
    taking,
    vcpu_ioctl,
    vcpu_run,
    world_switch,
)
from raslib.sim.axes import Choices
from raslib.sim.messages import Start
from raslib.sim.outcome import ENDS
from raslib.sim.scenario import AXES, Category, Report, Scenario, Stance
from raslib.sim.sources import CITATIONS
from raslib.sim.trace import ArmException, Cper, Sigbus, Step, Text
from raslib.sim.walk import steps, walk

ACTORS: list[ModuleType] = [
    hardware,
    taking,
    el3_entry,
    firmware,
    notification,
    injection,
    records_read,
    kvm,
    kernel,
    kernel_first,
    apei,
    estatus,
    ghes_cache,
    sections,
    memory_failure,
    qemu,
    qemu_ghes,
    qmp,
    rejected,
    vcpu_ioctl,
    vcpu_run,
    world_switch,
    consumer,
]
TEXTS: dict[str, Text] = {
    text.key: text for module in ACTORS for text in vars(module).values() if isinstance(text, Text)
}
GUEST = [name for name in AXES if name.startswith("guest.")]


@pytest.fixture(scope="module")
def everything() -> Survey:
    return survey({})


# --- the guest cannot tell how the host heard -------------------------------------------------------------------------


def guests_part(path: Path) -> tuple[Step, ...]:
    """What QEMU and its guest do; but not at which level of the host KVM runs, which they ask."""
    theirs = [s for s in path.steps if s.machine == "guest" or s.actor == "QEMU"]
    return tuple(s._replace(to=None) if s.to and s.to.actor == "KVM" else s for s in theirs)


def signals(path: Path) -> tuple[Sigbus, ...]:
    return tuple(s.carries for s in path.steps if isinstance(s.carries, Sigbus) and s.to and s.to.actor == "QEMU")


def told_by_kvm(path: Path) -> bool:
    """KVM's own answer to what nobody claims: an SError without a cause, or the exit that the VMM has wished for."""
    return any(s.text in (kvm.INJECTS, kvm.INJECTS_NOW, kvm.TO_USER) for s in path.steps)


@given(
    st.sampled_from(Report),
    st.sampled_from(Category),
    st.sampled_from(Stance),
    st.fixed_dictionaries({name: st.sampled_from(AXES[name].values) for name in GUEST}),
)
@settings(max_examples=40, deadline=None)
def test_the_guest_cannot_tell_how_the_host_heard(report, category, stance, guest):
    """Over *all* hosts and whatever they run: what follows the same signals is the same, step by step.

    Firmware-first and kernel-first, every notification, VHE and not, every version, what the host uses the memory for,
    what its firmware writes: none of it is seen by QEMU and its guest, but through SIGBUS.
    """
    touched = {"error.touched_later": True}
    fixed = {"error.report": report, "error.category": category, "stance": stance, **touched, **guest}
    parts = defaultdict(set)
    for path in paths(fixed):
        if not told_by_kvm(path):
            parts[signals(path)].add((guests_part(path), path.outcome.guest, path.outcome.vm, path.outcome.guest_acked))
    assert parts.pop((), {((), "none", "none", "none")}) == {((), "none", "none", "none")}  # no signal: not a step
    for told, found in parts.items():
        assert len(found) == 1, f"after {told} there are {len(found)} stories"


def test_the_hosts_that_are_compared_are_many_and_different():
    """The property above is not about one host: for the default error and guest, these all end alike in the guest."""
    fixed = {name: Scenario()[name] for name in (*GUEST, "error.report", "error.category", "stance")}
    alike = [p for p in paths(fixed) if [s.code for s in signals(p)][-1:] == ["BUS_MCEERR_AR"]]
    assert {p.outcome.guest for p in alike} == {"sigbus_ar"}
    assert {p.known["host.notify"].name for p in alike} == {"POLLED", "EXTERNAL", "SCI", "GPIO", "SEA", "GSIV", "SDEI"}
    assert {p.known["host.vhe"] for p in alike} == {True, False}
    assert len(alike) > 100


def test_a_signal_is_all_that_the_host_gives_to_user_space():
    """But for KVM_EXIT_ARM_SEA, which the VMM has wished for. The signal itself says nothing of how the host heard."""
    for step in _all_steps():
        if step.to and step.to.actor == "QEMU":
            assert isinstance(step.carries, Sigbus) or step.text is kvm.TO_USER
        if step.text in (qemu.TAKES_AR, qemu.TAKES_AO):
            assert not re.search("SEA|SEI|SDEI|GSIV|POLLED|EL3|firmware|CPER", step.does + step.why)


# --- what is handed over ---------------------------------------------------------------------------------------------


def _samples() -> Iterator[tuple[Step, ...]]:
    """Traces of every kind: all hosts and all guests, one after the other, in both stances and for all reports."""
    base = Scenario().to_json()
    for stance in Stance:
        for report in Report:
            for free in ("host.", "guest.", "cpu.", "cper."):
                fixed = {n: Scenario()[n] for n in base if not n.startswith((free, "error.category"))}
                for path in paths({**fixed, "stance": stance, "error.report": report}):
                    yield path.steps


def _all_steps() -> Iterator[Step]:
    for trace_steps in _samples():
        yield from trace_steps


def test_every_block_is_a_block_and_builds_again():
    blocks = {s.carries for s in _all_steps() if isinstance(s.carries, Cper)}
    assert len(blocks) > 10
    for carried in blocks:
        parsed = StatusBlock.parse(carried.block)
        assert parsed.build() == carried.block
        assert parsed.block_status.build()
        assert parsed.block_status.entry_count in (0, len(parsed.entries))
        assert carried.address % 8 == 0


def test_every_syndrome_says_what_the_exception_is():
    """Kind, and whether the level changed, stand in ESR as the vector says them."""
    found = {s.carries for s in _all_steps() if isinstance(s.carries, ArmException)}
    assert len(found) > 10
    for e in found:
        frame = Esr.parse(e.esr)
        assert syndromes.read(e.esr).kind == e.kind.removeprefix("virtual ")
        same_level = e.vector < 0x400
        if e.kind == "SEA":
            assert (frame.EC == ExceptionClass.DATA_ABORT_SAME) is same_level
            assert e.vector in (0x200, 0x400)
        else:
            assert e.vector in (0x380, 0x580)
        assert f"{e.esr:#x}" in e.view()["label"]


@pytest.mark.parametrize("vhe", [True, False])
@pytest.mark.parametrize("running", ["guest", "host-user", "host-kernel"])
@pytest.mark.parametrize("report", ["SEA", "SError"])
@pytest.mark.parametrize("first", ["firmware", "kernel"])
@pytest.mark.parametrize("masked", [True, False])
def test_exceptions_go_where_the_rules_send_them(vhe: bool, running: str, report: str, first: str, masked: bool):
    """Each exception of the host against the routing rules, with the registers as Linux sets them, told apart here."""
    s = Scenario.of(f"cpu.running={running}", f"error.report={report}", f"host.first={first}", "host.notify=SEI")
    s = s.choose(host_vhe=vhe, cpu_masked=masked, host_notify="SEA" if report == "SEA" else "SEI")
    el = {"guest": 0, "host-user": 0, "host-kernel": 2 if vhe else 1}[running]
    hcr = (
        {"HCR_EL2_AMO": 1, "HCR_EL2_TEA": 1}
        if running == "guest"
        else {"HCR_EL2_TGE": 1, "HCR_EL2_E2H": 1}
        if vhe
        else {}
    )
    a = int(masked and running == "host-kernel")

    def target(ea: int) -> str | None:
        state = routing.State("sea" if report == "SEA" else "serror", EL=el, SCR_EL3_EA=ea, PSTATE_A=a, **hcr)
        to = routing.route(state).target
        return f"EL{to}" if to else None

    taken = [s.carries.target for s in walk(s) if isinstance(s.carries, ArmException) and s.el in ("HW", "EL3")]
    expected = [target(1), target(0)] if first == "firmware" else [target(0)]
    assert taken == [t for t in expected if t]
    if expected[-1] is None:
        assert walk(s).outcome["end"] == "pending"


# --- laziness --------------------------------------------------------------------------------------------------------


def reads(*choices: str) -> list[str]:
    """What a walk looks at, in order, each once."""
    s, read = Scenario.of(*choices), []
    found = ("begin", Start())
    while isinstance(found, tuple) and isinstance(found[0], str) and len(found) == 2:
        _, found = run(*found, Partial({name: s[name] for name in AXES}, read))
    return list(dict.fromkeys(read))


def test_a_choice_is_read_when_it_matters():
    assert reads("host.tf_a=2.15") == [
        "begin",
        "error.report",
        "error.category",
        "cpu.running",
        "cpu.ras",
        "host.first",
        "stance",
        "host.tf_a",
        "error.access",
    ]
    assert reads("error.report=interrupt", "host.first=kernel") == [
        "begin",
        "error.report",
        "error.category",
        "cpu.running",
        "host.first",
        "stance",
    ]


def test_a_kernel_first_host_is_not_asked_for_its_firmware():
    firmwares = {"host.notify", "host.ghes", "host.apei", "host.reports", "host.tf_a"}
    for fixed in ({"host.first": AXES["host.first"].value("kernel"), "stance": stance} for stance in Stance):
        for name in GUEST:
            fixed[name] = Scenario()[name]
        for path in paths(fixed):
            assert not firmwares & set(path.known)
            assert not any(name.startswith("cper.") for name in path.known)


def test_a_host_does_not_ask_what_its_guest_is():
    """Until the signal, or KVM's own default, no choice of the guest is read."""
    for name in ("error.report=SEA", "error.report=interrupt"):
        looked = reads(name, "host.notify=SDEI", "cpu.running=host-user", "host.owner=process")
        assert not [axis for axis in looked if axis.startswith("guest.")]
    order = reads()
    first = next(i for i, axis in enumerate(order) if axis.startswith("guest."))
    assert {"host.first", "host.notify", "host.page"} <= set(order[:first])
    assert [axis for axis in order[first:] if axis.startswith("host.")] == []


def test_the_architecture_has_no_versions():
    versions = {"host.linux", "host.tf_a", "guest.linux", "guest.qemu", "host.reports", "guest.sea_to_user"}
    fixed = {"stance": Stance.ARCHITECTURE, "error.category": Category.UER}
    fixed |= {name: Scenario()[name] for name in GUEST if name not in versions}
    assert not versions & {name for path in paths(fixed) for name in path.known}


# --- the whole space -------------------------------------------------------------------------------------------------


def test_every_scenario_ends_in_words_that_are_known(everything: Survey):
    assert sum(everything.outcomes.values()) == Fraction(1)
    for outcome in everything.outcomes:
        assert {outcome.end, outcome.host, outcome.vm, outcome.guest} <= set(ENDS)
        assert outcome.end != "none"
    assert {o.end for o in everything.outcomes} == set(ENDS) - {"none"}


def test_exploring_all_costs_little(everything: Survey):
    """Stages read few choices and pass small messages: 2.7e12 scenarios, less than 1e5 runs of a stage."""
    assert everything.runs < 100_000


def test_the_survey_is_what_walks_say():
    """Shares that are counted without walking, against walks through every scenario of a corner of the space."""
    fixed = {n: Scenario()[n] for n in AXES if not n.startswith(("cpu.", "host.n", "host.v", "error.r", "guest.r"))}
    shares: dict[object, Fraction] = defaultdict(Fraction)
    for path in paths(fixed):
        share = Fraction(1)
        for name in set(path.known) - set(fixed):
            share /= len(AXES[name].values)
        shares[path.outcome] += share
        chosen = {name.replace(".", "_"): value for name, value in path.known.items()}
        assert tuple(steps(Scenario().choose(**chosen))) == path.steps
    assert shares == survey(fixed).outcomes


def test_no_text_is_dead(everything: Survey):
    """Every sentence is said in some scenario; those about bytes and tables from elsewhere, when such are given."""
    given = [
        walk(Scenario.of(*choices), block=block)
        for block in (b"", b"\1" + bytes(11) + b"\1" + bytes(7), b"\1" + bytes(7) + b"\1" + bytes(11))
        for choices in ((), ("host.notify=GSIV",), ("host.notify=SDEI",))
    ]
    given.append(walk(Scenario.of("begin=qmp"), block=bytes(2000)))
    said = {t.key for t in everything.texts} | {step.text.key for trace in given for step in trace}
    assert set(TEXTS) - said == set()


def test_keys_of_texts_are_used_once():
    texts = [text for module in ACTORS for text in vars(module).values() if isinstance(text, Text)]
    assert len({id(text) for text in texts}) == len(TEXTS)
    assert all(re.fullmatch(r"[a-z]+\.[a-z0-9.-]+", key) for key in TEXTS)


# --- sources ---------------------------------------------------------------------------------------------------------


def cited() -> set[str]:
    """Every key that a text or an axis names."""
    groups = [Scenario, *(type(f.default) for f in fields(Scenario) if isinstance(f.default, Choices))]
    choices = {f.metadata["source"] for group in groups for f in fields(group) if f.metadata}
    return choices | {key for text in TEXTS.values() for key in text.cites}


def test_every_source_is_there_and_none_is_idle():
    assert cited() - set(CITATIONS) == set()
    assert set(CITATIONS) - cited() == set()


@pytest.mark.parametrize("key", TEXTS)
def test_every_step_says_why_and_where_it_is_written(key: str):
    text = TEXTS[key]
    assert text.does
    assert text.why
    assert text.cites
    assert not text.does.endswith(".")
    assert not text.why.endswith(".")


@pytest.mark.parametrize("key", CITATIONS)
def test_every_source_names_a_place(key: str):
    shown = CITATIONS[key].view()
    assert re.search(r"§|:|,|\.", shown["label"])
    assert shown.get("url", "https://").startswith("https://")


def test_what_only_shipping_code_does_names_the_code():
    """Texts that no scenario of the architecture reaches cite a function, or a place where code is missing."""
    intended = survey({"stance": Stance.ARCHITECTURE}).texts
    shipping = [text for text in survey({"stance": Stance.AS_BUILT}).texts if text not in intended]
    assert len(shipping) > 15
    for text in shipping:
        assert any(key.partition(".")[0].split("-2")[0] in ("linux", "qemu", "tf-a") for key in text.cites), text.key
