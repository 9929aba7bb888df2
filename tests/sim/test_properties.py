"""What holds in every scenario, or in all that matter for it: of the whole space, with nothing sampled."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest
from sim.spaces import texts

import raslib.sim
from raslib.formats.arm import ArmProcessor
from raslib.formats.esr import Esr, ExceptionClass
from raslib.formats.ghes import StatusBlock
from raslib.formats.more.cxl_events import CxlDram
from raslib.formats.sections import GUIDS
from raslib.live.recording.blocks import memory, recoverable
from raslib.sim.cpu import routing, syndromes
from raslib.sim.el3.blocks import qemu_block
from raslib.sim.explore import Space
from raslib.sim.explore.diagram import Diagram
from raslib.sim.explore.monitor import Objection, Observer, ends_of, observe
from raslib.sim.invariants.observers import INJECTS, of_host, reaches_qemu
from raslib.sim.kvm import kvm
from raslib.sim.model.axes import ChoiceGroup
from raslib.sim.model.choices import Begin, Corruption, Page
from raslib.sim.model.lazy import Given, Lazy, Partial, UnknownChoice, force
from raslib.sim.model.messages import Start
from raslib.sim.model.platform import PHYSICAL_ADDRESS, Ram
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.model.sources import citations
from raslib.sim.model.trace import ArmException, CperBytes, Sigbus, Step, StepText
from raslib.sim.qemu import qemu
from raslib.sim.walk import FIRST, run_stage, walk


def texts_of(value: object) -> Iterator[StepText]:
    """Texts in a module's constant: one, or a table of them."""
    if isinstance(value, StepText):
        yield value
    elif isinstance(value, dict | tuple | list | set | frozenset):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_of(item)


MODULES = [import_module(found.name) for found in walk_packages(raslib.sim.__path__, "raslib.sim.")]
ALL_TEXTS = {id(text): text for module in MODULES for value in vars(module).values() for text in texts_of(value)}
TEXTS = {text.key: text for text in ALL_TEXTS.values()}


def looked_at(value: Any, known: dict[str, Any]) -> Iterator[Any]:
    """All that an open value may turn out to be."""
    try:
        yield force(Partial(known, []), value)  # type: ignore[arg-type]
    except UnknownChoice as unknown:
        axis = str(unknown)
        for choice in AXES[axis].values:
            yield from looked_at(value, {**known, axis: choice})


def all_steps(diagram: Diagram) -> set[Step]:
    """Every step of every scenario; what it shows may be open."""
    return set(diagram.steps)


def read(diagram: Diagram) -> set[str]:
    """The axes on which anything depends that happens in these scenarios; not what is only shown of it."""
    return {fork.axis for fork in diagram.order}


def handed(steps: set[Step], kind: type, given: Given = {}) -> set[Any]:  # noqa: B006, it is only read
    """Everything of this kind that is handed over in some scenario. An open value that many steps share is met once."""
    return {
        carried for value in {s.carries for s in steps} if _is(value, kind) for carried in looked_at(value, {**given})
    }


def _is(value: object, kind: type) -> bool:
    return isinstance(value, kind) or (isinstance(value, Lazy) and isinstance(next(looked_at(value, {})), kind))


@pytest.fixture(scope="module")
def everything() -> Space:
    return Space.of()


@pytest.fixture(scope="module")
def steps(everything: Space) -> set[Step]:
    return all_steps(everything.diagram)


# --- what the host gives away ----------------------------------------------------------------------------------------


def test_a_signal_is_all_that_the_host_gives_to_user_space(steps: set[Step]):
    """But for what KVM_RUN returns where I1 has its exceptions. The signal says nothing of how the host heard."""
    exits = {kvm.TO_USER, kvm.BAD_ADDRESS, kvm.EXITS_TO_USER}
    given = [step for step in steps if of_host(step) and reaches_qemu(step)]
    assert {step.text for step in given if not isinstance(step.carries, Sigbus)} == exits
    said = [
        force(Scenario(), step).does + step.text.why for step in steps if step.text in (qemu.TAKES_AR, qemu.TAKES_AO)
    ]
    assert said
    assert [what for what in said if re.search("SEA|SEI|SDEI|GSIV|POLLED|EL3|firmware|CPER", what)] == []


class HostsThatSignal(Observer):
    """Notes how a host was notified, and whether it is at EL2, until it hands QEMU a signal: (notify, vhe, code)."""

    first: tuple[Any, Any, str] = (None, None, "")

    def choice(self, state: tuple[Any, Any, str], axis: str, value: Any) -> tuple[Any, Any, str]:
        notify, vhe, code = state
        heard = {"host.notify": (value, vhe, code), "host.vhe": (notify, value, code)}
        return state if code else heard.get(axis, state)

    def step(self, state: tuple[Any, Any, str], step: Step) -> tuple[Any, Any, str]:
        signal = isinstance(step.carries, Sigbus) and reaches_qemu(step)
        return (state[0], state[1], force(Scenario(), step.carries).code) if signal else state


def test_the_hosts_that_cannot_be_told_apart_are_many_and_different():
    """I20 is not about one host: hosts of almost every notification hand their QEMU each of the signals."""
    found: dict[str, set[str]] = defaultdict(set)
    for notify, _, code in ends_of(Space.of("begin=error", "stance=as-built").diagram, HostsThatSignal()):
        found[code].add(notify.name if notify is not None else "none")
    heard = {"POLLED", "EXTERNAL", "SCI", "GPIO", "GSIV", "SDEI"}
    assert found["BUS_MCEERR_AO"] >= heard
    assert found["BUS_MCEERR_AR"] >= heard | {"SEA"}


# --- what is handed over ---------------------------------------------------------------------------------------------


def test_every_block_is_a_block_and_builds_again(steps: set[Step]):
    """But for those whose bytes firmware spoils."""
    blocks = handed(steps, CperBytes, {"cper.bytes": Corruption.WHOLE})
    assert len(blocks) > 20
    for carried in blocks:
        parsed = StatusBlock.parse(carried.block)
        assert parsed.build() == carried.block
        assert parsed.block_status.build()
        assert parsed.block_status.entry_count in (0, len(parsed.entries))
        assert carried.address % 8 == 0


def test_every_syndrome_says_what_the_exception_is(steps: set[Step]):
    """Kind, and whether the level changed, stand in ESR as the vector says them."""
    found = handed(steps, ArmException)
    assert {e.kind for e in found} == {"SEA", "SError", "virtual SError"}
    assert len(found) > 20
    for e in found:
        frame = Esr.parse(e.esr)
        assert syndromes.read(e.esr).kind == e.kind.removeprefix("virtual ")
        same_level = e.vector < 0x400
        if e.kind == "SEA":
            same = (ExceptionClass.DATA_ABORT_SAME, ExceptionClass.INSTRUCTION_ABORT_SAME)
            assert (frame.EC in same) is same_level
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
    s, looked = Scenario.of(*choices), list[str]()
    found: Any = (FIRST, Start())
    while found:
        _, found = run_stage(*found, Partial({name: s[name] for name in AXES}, looked))
    return list(dict.fromkeys(looked))


def test_a_choice_is_read_when_it_matters():
    """A TF-A that gives up is not asked for its tables, nor for what it would have written."""
    looked = reads("host.tf_a=2.15")
    assert looked[0] == "begin"
    assert not [axis for axis in looked if axis.startswith(("guest.", "cper.", "ask."))]
    assert {"host.notify", "host.ghes", "host.apei", "host.linux"}.isdisjoint(looked)
    assert {"error.report", "error.category", "host.first", "stance", "host.tf_a"} <= set(looked)


def test_a_kernel_first_host_is_not_asked_for_what_its_firmware_would_tell():
    looked = read(Space.of("begin=error", "host.first=kernel").diagram)
    assert {axis for axis in looked if axis.startswith("cper.")} == set()
    assert {"host.notify", "host.ghes", "host.apei", "host.reports", "host.poll"}.isdisjoint(looked)


def test_who_only_injects_is_not_asked_for_the_hosts_firmware():
    looked = read(Space.of("begin=qmp").diagram)
    assert {axis for axis in looked if axis.startswith(("error.", "el3."))} == {"error.touched_later"}
    assert {axis for axis in looked if axis.startswith("cper.")} == {name for name in AXES if name.startswith("cper.")}
    assert {"host.first", "host.notify", "host.page", "host.tf_a"}.isdisjoint(looked)


class AsksForTheGuest(Observer):
    """Objects to stories of an error in which a choice of the guest is read, and nothing reaches QEMU or the guest."""

    first = (frozenset[str](), False)  # what was read of the guest, and whether it came to matter

    def choice(self, state: Any, axis: str, value: Any) -> Any:
        if axis == "begin":
            return state[0], value is not Begin.ERROR
        return (state[0] | {axis}, state[1]) if axis.startswith("guest.") else state

    def step(self, state: Any, step: Step) -> Any:
        inside = step.machine == "guest" or step.actor == "QEMU" or step.text in INJECTS
        return state[0], state[1] or inside or (step.to is not None and step.to.machine == "guest")

    def end(self, state: Any) -> Objection | None:
        asked, matters = state
        return Objection(", ".join(sorted(asked))) if asked and not matters else None


def test_a_host_does_not_ask_what_its_guest_is(everything: Space):
    """But whether QEMU wants aborts that nobody claims, which it has told KVM."""
    assert {found.what for found in observe(everything.diagram, AsksForTheGuest())} == {"guest.sea_to_user"}


def test_the_architecture_has_no_versions():
    versions = {"host.linux", "host.tf_a", "host.kvm", "guest.linux", "guest.qemu", "host.reports", "guest.sea_to_user"}
    assert versions & read(Space.of("stance=architecture", "begin=error").diagram) == set()


# --- texts -----------------------------------------------------------------------------------------------------------


def test_no_text_is_dead(everything: Space):
    """Every sentence is said in some scenario; those about bytes and tables from elsewhere, when such are given."""
    given = [
        walk(Scenario.of(*choices), block=block)
        for block in (b"\1" + bytes(11) + b"\1" + bytes(7), b"\1" + bytes(7) + b"\1" + bytes(11))
        for choices in ((), ("host.notify=GSIV",))
    ]
    given.append(walk(Scenario.of("begin=qmp"), block=bytes(2000)))
    short = bytearray(qemu_block(PHYSICAL_ADDRESS)[: 20 + 72 + 40])  # a section of 40 bytes where its kind has 80
    short[12:16], short[44:48] = (72 + 40).to_bytes(4, "little"), (40).to_bytes(4, "little")
    given.append(walk(Scenario(), block=bytes(short)))
    kind = GUIDS[ArmProcessor].bytes_le
    short[20:36], short[12:16], short[44:48] = kind, (72 + 39).to_bytes(4, "little"), (39).to_bytes(4, "little")
    given.append(walk(Scenario(), block=bytes(short)))
    short[12:16], short[44:48] = (72 + 40).to_bytes(4, "little"), (40).to_bytes(4, "little")
    short[96:98] = (40).to_bytes(2, "little")  # errors in a section of a processor that has room for none
    given.append(walk(Scenario(), block=bytes(short)))
    short[20:36] = GUIDS[CxlDram].bytes_le
    given.append(walk(Scenario(), block=bytes(short)))
    short[44:48] = (-72 % (1 << 32)).to_bytes(4, "little")  # an entry of no bytes
    given.append(walk(Scenario(), block=bytes(short)))
    kernels = Ram(pages=((0x5000_0000, Page.KERNEL),))  # of two pages the last is the kernel's, and decides
    given.append(walk(Scenario(), block=recoverable(memory(PHYSICAL_ADDRESS), memory(0x5000_0000)), ram=kernels))
    said = {text.key for text in texts(everything)}
    assert set(TEXTS) - said == {
        "apei.bad-header",
        "apei.counts-more",
        "apei.hangs",
        "apei.refuses-cxl",
        "apei.short-core",
        "apei.short-section",
        "apei.truncated",
        "firmware.given",
        "kernel.first-sigbus",
        "mm.also-signals",
        "qmp.too-big",
    }
    assert set(TEXTS) - said <= {step.text.key for trace in given for step in trace}


def test_every_text_that_is_said_is_a_constant_of_a_module(everything: Space):
    assert {text.key for text in texts(everything)} <= set(TEXTS)
    assert len(TEXTS) > 150


def test_keys_of_texts_are_used_once():
    assert len(ALL_TEXTS) == len(TEXTS)
    assert all(re.fullmatch(r"[a-z]+\.[a-z0-9.-]+", key) for key in TEXTS)


# --- sources ---------------------------------------------------------------------------------------------------------


def cited() -> set[str]:
    """Every key that a text or an axis names."""
    groups = [Scenario, *(type(f.default) for f in fields(Scenario) if isinstance(f.default, ChoiceGroup))]
    choices = {f.metadata["source"] for group in groups for f in fields(group) if f.metadata}
    return choices | {key for text in TEXTS.values() for key in text.cites}


def test_every_source_is_there_and_none_is_idle():
    assert cited() - set(citations()) == set()
    assert set(citations()) - cited() == set()


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_every_step_says_why_and_where_it_is_written(key: str):
    text = TEXTS[key]
    assert text.does
    assert text.why
    assert text.cites
    assert not text.does.endswith(".")
    assert not text.why.endswith(".")


@pytest.mark.parametrize("key", citations())
def test_every_source_names_a_place(key: str):
    shown = citations()[key].view()
    assert re.search(r"§|:|,|\.", shown["label"])
    assert shown.get("url", "https://").startswith("https://")


def test_what_only_shipping_code_does_names_the_code():
    """Texts that no scenario of the architecture reaches cite a function, or a place where code is missing."""
    shipping = texts(Space.of("stance=as-built")) - texts(Space.of("stance=architecture"))
    assert len(shipping) > 15
    code = re.compile(r"(linux|qemu|tf-a)(-[0-9.]+)?\.")
    assert {text.key for text in shipping if not any(map(code.match, text.cites))} == set()
