"""The sentences of the argument: each holds by the architecture everywhere, and each can fail."""

import random
import tomllib
from collections import Counter
from dataclasses import replace
from itertools import combinations, takewhile
from typing import Any, NamedTuple, TypeAlias

import pytest
from sim.spaces import scenarios_of

from raslib.sim import invariants
from raslib.sim.cpu import exception_entry, routing
from raslib.sim.el3 import el3_entry, firmware, notification
from raslib.sim.explore import Space
from raslib.sim.explore.diagram import Diagram, Edge, Fork
from raslib.sim.explore.monitor import End, Objection, Observer, ends_of, observe
from raslib.sim.invariants import INVARIANTS, InvariantVerdict, called, observers, prove, relations, states, to_json
from raslib.sim.kvm import kvm, vcpu_run
from raslib.sim.kvm.vcpu_events import SetAnswer, Vcpu, VcpuEvents
from raslib.sim.linux import apei, kernel, kernel_first, memory_failure
from raslib.sim.model.choices import Begin, First, Running
from raslib.sim.model.outcome import Mark, acked, claimed, ended
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.model.sources import citations
from raslib.sim.model.trace import ArmException, CperBytes, Ioctl, Place, Sigbus, Step, StepText
from raslib.sim.qemu import qemu
from raslib.sim.walk import walk

HW, EL3 = Place("host", "HW", "hardware"), Place("host", "EL3", "EL3 firmware")
KVM, KERNEL, APEI = (Place("host", "EL2", actor) for actor in ("KVM", "kernel", "APEI"))
QEMU, GUEST = Place("host", "EL0", "QEMU"), Place("guest", "EL1", "kernel")
AR = Sigbus("BUS_MCEERR_AR", 0x1000)
SERROR = ArmException("SError", "EL2", 0xBE000C11, 0x380)
SEA = ArmException("SEA", "EL2", 0x92000010, 0x400)
NOTED = StepText("test.noted", "does something")


@pytest.fixture(scope="module")
def verdicts() -> tuple[InvariantVerdict, ...]:
    return prove()


@pytest.mark.parametrize("name", [i.name for i in INVARIANTS])
def test_it_holds_by_the_architecture_and_its_exceptions_are_known(verdicts: tuple[InvariantVerdict, ...], name: str):
    verdict = next(v for v in verdicts if v.invariant.name == name)
    assert verdict.broken == ()
    assert [e.what for e in verdict.exceptions if e.what not in verdict.invariant.excuses] == []
    assert verdict.holds
    if verdict.invariant.of == "scenarios":
        assert verdict.scenarios > 10**20
    assert to_json(verdict)["holds"] is True


def test_no_excuse_is_idle_and_each_names_code(verdicts: tuple[InvariantVerdict, ...]):
    for verdict in verdicts:
        found = {e.what for e in verdict.exceptions}
        assert set(verdict.invariant.excuses) == found, verdict.invariant.name
        for excuse in verdict.invariant.excuses.values():
            assert any(key.partition(".")[0] in ("linux", "qemu", "tf-a") for key in excuse.cites)
    keys = {key for i in INVARIANTS for key in (*i.cites, *(k for e in i.excuses.values() for k in e.cites))}
    assert keys <= set(citations())


def test_a_witness_is_a_scenario_in_which_it_happens(verdicts: tuple[InvariantVerdict, ...]):
    for verdict in verdicts:
        for e in verdict.exceptions:
            said = [step.text.key for step in walk(e.witness)]
            assert e.what in said or walk(e.witness).outcome["end"] == e.what, (verdict.invariant.name, e)
            assert e.scenarios > 0


def step(place: Place, text: StepText = NOTED, **more: object) -> Step:
    return place(text, **more)  # type: ignore[arg-type]


class ChoiceRead(NamedTuple):
    axis: str
    value: Any


Event: TypeAlias = ChoiceRead | Step | Mark
BEGIN_QMP, BEGIN_ERROR = ChoiceRead("begin", Begin.QMP), ChoiceRead("begin", Begin.ERROR)
TO_EL2 = step(HW, exception_entry.SERROR, to=KERNEL, carries=SERROR)
SEA_TO_EL2 = step(HW, exception_entry.SEA, to=KERNEL, carries=SEA)
SIGNAL = step(KVM, vcpu_run.TO_USER_SPACE, to=QEMU, carries=AR)
CLAIM = claimed("host", "APEI")
# A story that breaks each sentence, and one like it that does not.
STORIES: list[tuple[str, list[Event], list[Event]]] = [
    (
        "I1",
        [BEGIN_ERROR, step(KVM, to=QEMU, carries=Ioctl("KVM_RUN", "ESR"))],
        [BEGIN_ERROR, SIGNAL],
    ),
    ("I2", [BEGIN_ERROR, step(QEMU)], [BEGIN_ERROR, SIGNAL, step(QEMU)]),
    (
        "I2",
        [BEGIN_ERROR, step(KERNEL, kernel.KILLS, sets={"process signal": "SIGKILL"}), step(QEMU)],
        [BEGIN_ERROR, step(KERNEL, kernel.KILLS, sets={"QEMU signal": "SIGKILL"}), step(QEMU)],
    ),
    ("I3", [step(EL3, to=QEMU, carries=AR)], [step(KERNEL, to=QEMU, carries=AR)]),
    ("I1", [SEA_TO_EL2], [SEA_TO_EL2, CLAIM]),
    ("I4", [TO_EL2, ended("host", "ignored")], [TO_EL2, ended("host", "host_panic")]),
    (
        "I6",
        [CLAIM, step(KVM, sets={"guest ESR_EL1": "0x0"})],
        [CLAIM, step(QEMU), step(KVM, sets={"guest ESR_EL1": "0x0"})],
    ),
    (
        "I7",
        [SEA_TO_EL2, step(KERNEL, kernel_first.NO_DRIVER), step(KERNEL, kernel.ASKS)],
        [SEA_TO_EL2, step(KERNEL, kernel.ASKS), step(KERNEL, kernel_first.NO_DRIVER), step(KERNEL, kernel.OOPS)],
    ),
    (
        "I13",
        [SEA_TO_EL2, step(KERNEL, kernel.OOPS)],
        [SEA_TO_EL2, step(APEI, apei.NO_SOURCE), step(KERNEL, kernel.OOPS)],
    ),
    (
        "I11",
        [step(KVM, kvm.INJECTS, to=GUEST, carries=ArmException("virtual SError", "EL1", 0xBE000C11, 0x380))],
        [step(KVM, kvm.INJECTS, to=GUEST, carries=ArmException("virtual SError", "EL1", 0xBF000000, 0x380))],
    ),
    (
        "I14",
        [step(EL3, notification.BY_SEA), step(EL3, firmware.WRITES)],
        [step(EL3, firmware.TRIAGES), step(EL3, firmware.WRITES), step(EL3, notification.BY_SEA)],
    ),
    (
        "I14",
        [ChoiceRead("host.first", First.KERNEL), step(EL3)],
        [ChoiceRead("host.first", First.FIRMWARE), step(EL3)],
    ),
    (
        "I14",
        [ChoiceRead("host.first", First.KERNEL), step(HW, exception_entry.SEA, carries=SEA._replace(target="EL3"))],
        [ChoiceRead("host.first", First.KERNEL), step(EL3, el3_entry.REFLECTS), TO_EL2],
    ),
    ("I15", [CLAIM, step(KVM)], [step(KVM), CLAIM, SIGNAL]),
    (
        "I16",
        [step(KERNEL, memory_failure.SIGNALS_AR), step(GUEST)],
        [step(KERNEL, memory_failure.SIGNALS_AR), SIGNAL, step(GUEST)],
    ),
    (
        "I18",
        [ChoiceRead("cpu.running", Running.USER), step(KVM, vcpu_run.EXITS)],
        [ChoiceRead("cpu.running", Running.GUEST), step(KVM, vcpu_run.EXITS)],
    ),
    ("I8", [BEGIN_ERROR, step(QEMU, qemu.WRITES)], [BEGIN_ERROR, SIGNAL, step(QEMU, qemu.WRITES)]),
    ("I8", [BEGIN_ERROR, step(QEMU, qemu.BY_SEA)], [BEGIN_QMP, step(QEMU, qemu.BY_SEA)]),
    (
        "I10",
        [ChoiceRead("guest.notify", None), step(QEMU, carries=CperBytes(0, b""))],
        [ChoiceRead("guest.notify", AXES["guest.notify"].value("SEA")), step(QEMU, carries=CperBytes(0, b""))],
    ),
    (
        "I10",
        [ChoiceRead("guest.notify", AXES["guest.notify"].value("SDEI")), step(QEMU, qemu.BY_SEA)],
        [ChoiceRead("guest.notify", AXES["guest.notify"].value("SDEI")), step(QEMU, qemu.BY_SDEI)],
    ),
    (
        "I17",
        [step(QEMU, carries=CperBytes(0xF810_0000, b""))],
        [step(QEMU, carries=CperBytes(0x1000, b""))],
    ),
    (
        "I17",
        [step(QEMU, qemu.BY_SEA)],
        [step(QEMU, carries=CperBytes(0x1000, b"")), step(QEMU, qemu.BY_SEA)],
    ),
    (
        "I23",
        [step(EL3, carries=CperBytes(0, b"")), step(EL3, carries=CperBytes(0, b""))],
        [step(EL3, carries=CperBytes(0, b"")), acked("host"), step(EL3, carries=CperBytes(0, b""))],
    ),
    ("I19", [BEGIN_QMP, step(APEI)], [BEGIN_QMP, step(QEMU), step(KVM)]),
    ("I24", [step(HW, exception_entry.PENDS), TO_EL2], [step(HW, exception_entry.PENDS)]),
    (
        "I24",
        [step(KVM, kvm.INJECTS, carries=ArmException("virtual SError", "EL2", 0xBF000000, 0x380))],
        [step(KVM, kvm.INJECTS, carries=ArmException("virtual SError", "EL1", 0xBF000000, 0x380))],
    ),
]


@pytest.mark.parametrize(("name", "wrong", "right"), STORIES, ids=lambda x: x if isinstance(x, str) else "")
def test_what_breaks_a_sentence_is_objected_to_and_nothing_else(name: str, wrong: list[Event], right: list[Event]):
    watched = observers.WATCHED[name]
    assert any(judged(observer, wrong) for observer in watched)
    assert not any(judged(observer, right) for observer in watched)


def judged(observer: Observer, story: list[Event]) -> bool:
    state = observer.first
    for event in story:
        if isinstance(event, ChoiceRead):
            state = observer.choice(state, event.axis, event.value)
        else:
            state = observer.step(state, event) if isinstance(event, Step) else observer.mark(state, event)
        if isinstance(state, Objection):
            return True
    return observer.end(state) is not None


def test_every_observer_is_tried_and_used():
    for name, watched in observers.WATCHED.items():
        for observer in watched:
            assert any(judged(observer, wrong) for broken, wrong, _ in STORIES if broken == name), (name, observer)
    assert observers.WATCHED.keys() <= {i.name for i in INVARIANTS}
    kinds = {o for o in vars(observers).values() if isinstance(o, type) and issubclass(o, Observer)}
    assert kinds - {Observer} == {type(observer) for watched in observers.WATCHED.values() for observer in watched}


@pytest.mark.parametrize("row", [{"say": "no"}, {"says": "yes", "cites": [], "witness": "x"}])
def test_a_wrong_key_of_the_table_is_refused(row: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tomllib, "loads", lambda _: {"excuses": {}, "I1": dict(row)})
    with pytest.raises((KeyError, TypeError)):
        list(invariants._invariants())


def test_an_observation_counts_as_walks_do():
    """How often KVM injects of its own accord, against walking every scenario of a corner."""
    names = ("stance", "host.first", "host.vhe", "host.notify", "error.report", "guest.sea_to_user")
    corner = Space.of(**{n.replace(".", "_"): Scenario()[n] for n in AXES if n not in names})

    class Injects(Observer):
        def step(self, state: object, step: Step) -> object:
            return observers.objection(step) if step.text in observers.INJECTS else state

    found = {f.what: f.scenarios for f in observe(corner.diagram, Injects())}
    walked = [step.text.key for s in scenarios_of(corner) for step in walk(s) if step.text in observers.INJECTS]
    assert found == {key: walked.count(key) for key in set(walked)}
    assert sum(found.values()) > 10


# --- two stories -----------------------------------------------------------------------------------------------------


def test_every_way_in_which_kvm_injects_is_known_as_such():
    """Also where the guest's own hypervisor, or its guest, meets what nobody has claimed."""
    texts = {text for text in vars(kvm).values() if isinstance(text, StepText) and text.key.startswith("kvm.injects")}
    assert texts == observers.INJECTS
    assert {kvm.INJECTS_NESTED, kvm.INJECTS_BELOW} < observers.KVM_DEFAULTS


def test_many_hosts_are_compared():
    """What cannot be told apart are not a few hosts that are much the same."""
    counts: Counter[tuple[Sigbus, ...]] = Counter()
    for view, end in ends_of(Space.of("stance=as-built").diagram, relations.FromInside()).items():
        if not isinstance(view, Objection):
            counts[tuple(handed for handed in view.handed if isinstance(handed, Sigbus))] += end.scenarios
    del counts[()]
    scenarios, signals = counts.total(), len(counts)
    assert scenarios > 10**20
    assert signals >= 5


def forked(axis: str, *ways: list[Step]) -> Diagram:
    """A diagram in which one choice decides between these stories; the last is that of all other values."""
    values = len(AXES[axis].values)
    stories = [*ways, *[ways[-1]] * (values - len(ways))]
    fork = Fork(axis, tuple(Edge(tuple(story), None, i) for i, story in enumerate(stories)), 0)
    return Diagram(Edge((), fork, -1), {}, (fork,), 0)


TAKES, ANSWERS = step(QEMU, StepText("test.takes", "takes it")), step(QEMU, StepText("test.answers", "answers"))
SENDS = step(KERNEL, kernel.BUS_OBJERR, to=QEMU, carries=AR)
PAST = step(HW, exception_entry.SEA, to=GUEST, carries=ArmException("SEA", "EL1", 0x92000010, 0x400))
EXITS = step(KVM, kvm.EXITS_TO_USER, to=QEMU, carries=Ioctl("KVM_RUN", "returns"))


@pytest.mark.parametrize(
    ("axis", "ours", "theirs", "apart"),
    [
        ("host.vhe", [SENDS, TAKES], [SENDS, ANSWERS], True),  # a host that shows
        ("host.vhe", [SENDS, TAKES], [SENDS, TAKES], False),
        ("host.vhe", [TAKES], [], True),  # QEMU stirs, and nobody has signalled
        ("host.vhe", [SENDS, TAKES], [ANSWERS], False),  # the signal tells them apart
        ("guest.booted", [SENDS, TAKES], [SENDS, ANSWERS], False),  # the guest's own choice
        ("cpu.running", [SENDS, TAKES], [SENDS, ANSWERS], True),
        ("host.vhe", [PAST, step(GUEST)], [PAST], True),  # after the same abort, not the same
        ("host.vhe", [PAST, step(GUEST)], [], False),
        ("cpu.ras", [PAST, step(GUEST)], [PAST], False),  # the guest reads its ID register
        ("host.vhe", [step(KVM, kvm.INJECTS, to=GUEST), step(GUEST)], [step(KVM, kvm.INJECTS, to=GUEST)], True),
        ("host.vhe", [EXITS, TAKES], [], False),  # left to I21
    ],
)
def test_hosts_are_told_apart_by_what_is_seen_and_by_nothing_else(
    axis: str, ours: list[Step], theirs: list[Step], apart: bool
):
    assert bool(list(relations.told_apart(forked(axis, ours, theirs)))) is apart


def test_stories_differ_whichever_choices_they_depend_on():
    """The decision tree, against comparing each with each."""
    chance, values = random.Random(4), {"a": 2, "b": 3, "c": 2}
    for _ in range(300):
        stories = [
            relations.Story(
                {axis: chance.randrange(n) for axis, n in values.items() if chance.random() < 0.6},
                chance.randrange(2),
                End(1, {}),
            )
            for _ in range(chance.randrange(5))
        ]
        alike = [
            (x, y)
            for x, y in combinations(stories, 2)
            if x.seen != y.seen and all(x.choices[axis] == y.choices[axis] for axis in x.choices.keys() & y.choices)
        ]
        found = list(relations.apart(stories))
        assert bool(found) is bool(alike)
        assert all((x, y) in alike or (y, x) in alike for x, y in found)


def test_the_rejected_design_tells_hosts_apart_before_any_signal(verdicts: tuple[InvariantVerdict, ...]):
    verdict = next(v for v in verdicts if v.invariant.name == "I21")
    [shown] = verdict.examples
    assert shown.what == "rejected.exits"
    before = [takewhile(lambda s: not isinstance(s.carries, Sigbus), walk(x)) for x in (shown.witness, shown.beside)]
    assert [any(s.to == QEMU for s in steps) for steps in before] == [True, False]
    ours = [{name: x[name] for name in relations.THEIRS} for x in (shown.witness, shown.beside)]
    assert ours[0] == ours[1]
    assert verdict.holds
    assert not verdict._replace(examples=()).holds
    assert len(to_json(verdict)["examples"]) == 1


@pytest.mark.parametrize(
    ("ours", "theirs", "what"),
    [([EXITS], [], ["rejected.exits"]), ([EXITS], [EXITS], []), ([SENDS, EXITS], [], []), ([SENDS], [], [])],
)
def test_what_qemu_learns_before_a_signal_is_found(ours: list[Step], theirs: list[Step], what: list[str]):
    assert [found.what for found in relations.learned(forked("host.vhe", ours, theirs))] == what
    assert relations.learned(forked("guest.booted", ours, theirs)) == ()


# --- states ----------------------------------------------------------------------------------------------------------


def test_the_states_are_all_there():
    assert sum(1 for _ in states.states_of("serror")) == 12 * 2**12
    assert sum(1 for _ in states.states_of("sea")) == 12 * 2**10
    assert sum(1 for _ in states.masked_vcpus()) == 2 * 2 * 2 * (1 + 27 + 1 + 1)
    assert states.misrouted() == states.misplaced() == ()


MASKED = routing.State("serror", EL=1, EL2=0, EL3=0, PSTATE_A=1)


@pytest.mark.parametrize(
    ("name", "wrong", "says"),
    [
        ("physical_serror", routing.Route(1, False, "", True), "a masked physical SError is taken"),
        ("physical_serror", routing.Route(1, True, "", True), "is taken, and pends"),
        ("physical_serror", routing.Route(None, False, "", True), "a physical SError is lost"),
        ("virtual_serror", routing.VirtualSError(True, True, True, True, None, 0), "taken above EL1, or masked"),
        ("virtual_serror", routing.VirtualSError(True, True, True, False, None, 0), "lost, or doubled"),
        ("esb", routing.Synchronized(taken="vserror", target=2), "goes elsewhere"),
    ],
)
def test_a_wrong_route_of_an_serror_is_seen(name: str, wrong: object, says: str, monkeypatch: pytest.MonkeyPatch):
    assert states.wrong_for_serror(MASKED) is None
    monkeypatch.setattr(states, name, lambda *_, **__: wrong)
    assert says in str(states.wrong_for_serror(MASKED))


def test_an_abort_that_waits_is_seen(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(states, "synchronous_external_abort", lambda _: routing.Route(None, True, "", True))
    assert states.wrong_for_sea(MASKED) == "an abort waits"


PENDING = Vcpu(at_once=True, a=True, vse=True, vsesr=0xC11)


@pytest.mark.parametrize(
    ("name", "wrong", "says"),
    [
        ("get_events", lambda v: VcpuEvents(v.vse, v.ras), "what is read is not what pends"),
        ("set_events", lambda v, _: SetAnswer(replace(v, vsesr=1)), "what is read and set is not what was read"),
        ("moved", lambda v, ras: SetAnswer(v, -22), "a host refuses"),
        ("moved", lambda v, ras: SetAnswer(replace(v, vse=False)), "lost"),
        ("moved", lambda v, ras: SetAnswer(replace(v, vsesr=1)), "the guest meets another"),
        (
            "run",
            lambda v: replace(v, entered=(*v.entered, ArmException("virtual SError", "EL1", 0, 0))),
            "meets another",
        ),
    ],
)
def test_an_event_that_goes_astray_is_seen(name: str, wrong: object, says: str, monkeypatch: pytest.MonkeyPatch):
    assert states.wrong_for_events(PENDING) is None
    monkeypatch.setattr(states, name, wrong)
    assert says in str(states.wrong_for_events(PENDING))


def test_a_sentence_may_be_asked_for_by_the_name_of_one_that_says_the_same():
    assert [called(name) for name in ("I5", "I9", "I12", "I20", "I99")] == ["I20", "I20", "I6", "I20", None]
    covered = [name for i in INVARIANTS for name in (i.name, *i.covers)]
    assert sorted(covered, key=lambda name: int(name[1:])) == [f"I{n}" for n in range(1, 25)]
