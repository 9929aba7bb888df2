"""The sentences of the argument: each holds by the architecture everywhere, and each can fail."""

import pytest

from raslib.sim import (
    apei,
    consumer,
    firmware,
    kernel,
    kernel_first,
    kvm,
    memory_failure,
    notification,
    qemu_ghes,
    taking,
    vcpu_run,
    world_switch,
)
from raslib.sim.explore import Space
from raslib.sim.explore.monitor import Chosen, Event, Objection, observe
from raslib.sim.invariants import INVARIANTS, Verdict, observers, prove, relations, to_json
from raslib.sim.outcome import acked, claimed, ended
from raslib.sim.scenario import AXES, Begin, First, Running, Scenario
from raslib.sim.sources import CITATIONS
from raslib.sim.trace import ArmException, Cper, Ioctl, Place, Sigbus, Step, Text
from raslib.sim.walk import walk

HW, EL3 = Place("host", "HW", "hardware"), Place("host", "EL3", "EL3 firmware")
KVM, KERNEL, APEI = (Place("host", "EL2", actor) for actor in ("KVM", "kernel", "APEI"))
QEMU, GUEST = Place("host", "EL0", "QEMU"), Place("guest", "EL1", "kernel")
AR = Sigbus("BUS_MCEERR_AR", 0x1000)
SERROR = ArmException("SError", "EL2", 0xBE000C11, 0x380)
SEA = ArmException("SEA", "EL2", 0x92000010, 0x400)
NOTED = Text("test.noted", "does something")


@pytest.fixture(scope="module")
def verdicts() -> tuple[Verdict, ...]:
    return prove()


@pytest.mark.parametrize("name", [i.name for i in INVARIANTS])
def test_it_holds_by_the_architecture_and_its_exceptions_are_known(verdicts: tuple[Verdict, ...], name: str):
    verdict = next(v for v in verdicts if v.invariant.name == name)
    assert verdict.broken == ()
    assert [e.what for e in verdict.exceptions if e.excuse is None] == []
    assert verdict.holds
    assert verdict.scenarios > 10**20
    assert to_json(verdict)["holds"] is True


def test_no_excuse_is_idle_and_each_names_code(verdicts: tuple[Verdict, ...]):
    for verdict in verdicts:
        found = {e.what for e in verdict.exceptions}
        assert set(verdict.invariant.excuses) == found, verdict.invariant.name
        for excuse in verdict.invariant.excuses.values():
            assert any(key.partition(".")[0] in ("linux", "qemu", "tf-a") for key in excuse.cites)
    keys = {key for i in INVARIANTS for key in (*i.cites, *(k for e in i.excuses.values() for k in e.cites))}
    assert keys <= set(CITATIONS)


def test_a_witness_is_a_scenario_in_which_it_happens(verdicts: tuple[Verdict, ...]):
    for verdict in verdicts:
        for e in verdict.exceptions:
            said = [step.text.key for step in walk(e.witness)]
            assert e.what in said or walk(e.witness).outcome["end"] == e.what, (verdict.invariant.name, e)
            assert e.scenarios > 0


def step(place: Place, text: Text = NOTED, **more: object) -> Step:
    return place(text, **more)  # type: ignore[arg-type]


BEGIN_QMP, BEGIN_ERROR = Chosen("begin", Begin.QMP), Chosen("begin", Begin.ERROR)
TO_EL2 = step(HW, taking.SERROR, to=KERNEL, carries=SERROR)
SEA_TO_EL2 = step(HW, taking.SEA, to=KERNEL, carries=SEA)
SIGNAL = step(KVM, vcpu_run.TO_USER_SPACE, to=QEMU, carries=AR)
CLAIM = claimed("host", "APEI")
# A story that each observer objects to, and one like it to which it does not.
STORIES: list[tuple[type[observers.Watch], list[Event], list[Event]]] = [
    (
        observers.NothingButSignals,
        [BEGIN_ERROR, step(KVM, to=QEMU, carries=Ioctl("KVM_RUN", "ESR"))],
        [BEGIN_ERROR, SIGNAL],
    ),
    (observers.SilentUntilTheSignal, [BEGIN_ERROR, step(QEMU)], [BEGIN_ERROR, SIGNAL, step(QEMU)]),
    (observers.SignalsComeFromTheKernel, [step(EL3, to=QEMU, carries=AR)], [step(KERNEL, to=QEMU, carries=AR)]),
    (observers.EndsSomewhere, [SEA_TO_EL2], [SEA_TO_EL2, CLAIM]),
    (observers.SpuriousMeansPanic, [TO_EL2, ended("host", "ignored")], [TO_EL2, ended("host", "host_panic")]),
    (
        observers.ClaimedMeansUntouched,
        [CLAIM, step(KVM, sets={"guest ESR_EL1": "0x0"})],
        [CLAIM, step(QEMU), step(KVM, sets={"guest ESR_EL1": "0x0"})],
    ),
    (
        observers.OneAfterTheOther,
        [SEA_TO_EL2, step(KERNEL, kernel_first.NO_DRIVER), step(KERNEL, kernel.ASKS)],
        [SEA_TO_EL2, step(KERNEL, kernel.ASKS), step(KERNEL, kernel_first.NO_DRIVER), step(KERNEL, consumer.OOPS)],
    ),
    (
        observers.DefaultOnlyIfDenied,
        [SEA_TO_EL2, step(KERNEL, consumer.OOPS)],
        [SEA_TO_EL2, step(APEI, apei.NO_SOURCE), step(KERNEL, consumer.OOPS)],
    ),
    (
        observers.OwnErrorsSayNothing,
        [step(KVM, kvm.INJECTS, to=GUEST, carries=ArmException("virtual SError", "EL1", 0xBE000C11, 0x380))],
        [step(KVM, kvm.INJECTS, to=GUEST, carries=ArmException("virtual SError", "EL1", 0xBF000000, 0x380))],
    ),
    (
        observers.FromTheTopDown,
        [step(EL3, notification.BY_SEA), step(EL3, firmware.WRITES)],
        [step(EL3, firmware.TRIAGES), step(EL3, firmware.WRITES), step(EL3, notification.BY_SEA)],
    ),
    (
        observers.FromTheTopDown,
        [Chosen("host.first", First.KERNEL), step(EL3)],
        [Chosen("host.first", First.FIRMWARE), step(EL3)],
    ),
    (observers.EndOfKvm, [CLAIM, step(KVM)], [step(KVM), CLAIM, SIGNAL]),
    (
        observers.NoInstructionInBetween,
        [step(KERNEL, memory_failure.SIGNALS_AR), step(GUEST)],
        [step(KERNEL, memory_failure.SIGNALS_AR), SIGNAL, step(GUEST)],
    ),
    (
        observers.OnlyAGuestIsLeft,
        [Chosen("cpu.running", Running.USER), step(KVM, world_switch.EXITS)],
        [Chosen("cpu.running", Running.GUEST), step(KVM, world_switch.EXITS)],
    ),
    (observers.ToldAfterASymptom, [step(QEMU, qemu_ghes.WRITES)], [SIGNAL, step(QEMU, qemu_ghes.WRITES)]),
    (
        observers.AsAdvertised,
        [Chosen("guest.notify", None), step(QEMU, carries=Cper(0, b""))],
        [Chosen("guest.notify", AXES["guest.notify"].value("SEA")), step(QEMU, carries=Cper(0, b""))],
    ),
    (
        observers.AsAdvertised,
        [Chosen("guest.notify", AXES["guest.notify"].value("SDEI")), step(QEMU, qemu_ghes.BY_SEA)],
        [Chosen("guest.notify", AXES["guest.notify"].value("SDEI")), step(QEMU, qemu_ghes.BY_SDEI)],
    ),
    (observers.InMemoryOfItsOwn, [step(QEMU, carries=Cper(0xF810_0000, b""))], [step(QEMU, carries=Cper(0x1000, b""))]),
    (
        observers.InMemoryOfItsOwn,
        [step(QEMU, qemu_ghes.BY_SEA)],
        [step(QEMU, carries=Cper(0x1000, b"")), step(QEMU, qemu_ghes.BY_SEA)],
    ),
    (
        observers.NotOverwritten,
        [step(EL3, carries=Cper(0, b"")), step(EL3, carries=Cper(0, b""))],
        [step(EL3, carries=Cper(0, b"")), acked("host"), step(EL3, carries=Cper(0, b""))],
    ),
    (observers.ByItself, [BEGIN_QMP, step(APEI)], [BEGIN_QMP, step(QEMU), step(KVM)]),
    (observers.MaskedMeansWaiting, [step(HW, taking.PENDS), TO_EL2], [step(HW, taking.PENDS)]),
]


@pytest.mark.parametrize(("observer", "wrong", "right"), STORIES, ids=lambda x: getattr(x, "__name__", ""))
def test_an_observer_objects_to_what_is_wrong_and_to_nothing_else(
    observer: type[observers.Watch], wrong: list[Event], right: list[Event]
):
    assert judged(observer(), wrong)
    assert not judged(observer(), right)


def judged(observer: observers.Watch, story: list[Event]) -> bool:
    state = observer.start()
    for event in story:
        state = observer.see(state, event)
        if isinstance(state, Objection):
            return True
    return observer.end(state) is not None


def test_every_observer_is_tried_and_used():
    all_ = {o for o in vars(observers).values() if isinstance(o, type) and issubclass(o, observers.Watch)}
    assert all_ - {observers.Watch} == {observer for observer, _, _ in STORIES}


def test_an_observation_counts_as_walks_do():
    """How often KVM injects of its own accord, against walking every scenario of a corner."""
    names = ("stance", "host.first", "host.vhe", "host.notify", "error.report", "guest.sea_to_user")
    corner = Space.of(**{n.replace(".", "_"): Scenario()[n] for n in AXES if n not in names})

    class Injects(observers.Watch):
        def step(self, state: object, step: Step) -> object:
            return observers.objection(step) if step.text in observers.INJECTS else state

    found = {f.what: f.scenarios for f in observe(corner.diagram, Injects())}
    walked = [step.text.key for s in corner.scenarios() for step in walk(s) if step.text in observers.INJECTS]
    assert found == {key: walked.count(key) for key in set(walked)}
    assert sum(found.values()) > 10


def test_many_hosts_are_compared():
    """What cannot be told apart are not a few hosts that are much the same."""
    scenarios, signals = relations.compared(Space.of("stance=as-built").diagram)
    assert scenarios > 10**20
    assert signals >= 5
