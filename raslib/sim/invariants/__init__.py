"""The sentences of the argument as properties, each held against every scenario there is.

By the architecture and the mail's intent (stance "architecture") each holds without exception. Shipping code has
exceptions; each is known by name here, and one that is not makes the proof fail.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ..explore import Space
from ..explore.diagram import Diagram
from ..explore.monitor import CounterExample, Observer, observe
from ..kvm import kvm
from . import observers, relations, states

Findings = tuple[CounterExample, ...]


class Excuse(NamedTuple):
    """Why shipping code does otherwise."""

    why: str
    cites: tuple[str, ...]  # keys of `sources`


class Invariant(NamedTuple):
    """One sentence, in our words, and how it is held against a space of scenarios.

    watched: observers that judge single stories
    excuses: why shipping code does otherwise, by what is found
    compared: what compares stories with each other
    states: what judges all states of a model, which are the same in both stances
    covers: other sentences that say the same, and are held by this one
    shown: what has to be found besides, and breaks nothing
    many, of: what it is held against, where that is not all scenarios
    """

    name: str
    says: str
    cites: tuple[str, ...]
    watched: tuple[type[Observer], ...] = ()
    excuses: dict[str, Excuse] = {}  # noqa: RUF012, a NamedTuple's default is never written to
    compared: Callable[[Diagram], Iterable[CounterExample]] | None = None
    states: Callable[[], Findings] | None = None
    covers: tuple[str, ...] = ()
    shown: str = ""
    many: int = 0
    of: str = "scenarios"

    def __hash__(self) -> int:
        return hash(self.name)

    def findings(self, space: Space) -> Findings:
        """What does not agree with it in the scenarios of *space*, with what has to be shown."""
        found = [one for kind in self.watched for one in observe(space.diagram, kind())]
        found += self.compared(space.diagram) if self.compared else ()
        return (*found, *(self.states() if self.states else ()))


class InvariantVerdict(NamedTuple):
    """What came of one sentence."""

    invariant: Invariant
    scenarios: int  # of each stance
    broken: Findings  # by the architecture: none, if all is well
    exceptions: Findings  # as built
    examples: Findings = ()  # as built: of what has to be shown

    @property
    def holds(self) -> bool:
        """By the architecture without exception, as built without an unexplained one, and shown if it has to be."""
        explained = all(one.what in self.invariant.excuses for one in self.exceptions)
        return explained and not self.broken and bool(self.examples or not self.invariant.shown)


def called(name: str) -> str | None:
    """The invariant that says what *name* says, which may be itself; None if there is none."""
    return next((i.name for i in INVARIANTS if name in (i.name, *i.covers)), None)


def prove(*names: str) -> tuple[InvariantVerdict, ...]:
    """Holds the invariants of these *names*, or all, against all scenarios of both stances."""
    wanted = {called(name) for name in names}
    return tuple(_verdict(invariant) for invariant in INVARIANTS if not names or invariant.name in wanted)


def _verdict(invariant: Invariant) -> InvariantVerdict:
    intended, built = Space.of("stance=architecture"), Space.of("stance=as-built")
    broken = tuple(one for one in invariant.findings(intended) if one.what != invariant.shown)
    found = invariant.findings(built)
    exceptions = tuple(one for one in found if one.what != invariant.shown)
    examples = tuple(one for one in found if one.what == invariant.shown)
    return InvariantVerdict(invariant, invariant.many or built.size, broken, exceptions, examples)


# fmt: off
_TO_VMM = Excuse("since 6.19 a VMM may ask for aborts that APEI does not claim; QEMU does not",
    ("linux.kvm_handle_guest_sea",))
_NO_MEMORY = Excuse("before 5.9 an instruction abort that APEI does not claim ends KVM_RUN with -EFAULT",
    ("linux.kvm_handle_guest_abort_5_4",))
_REJECTED = Excuse("host.kvm=v8-7 is the design that was rejected for this very reason (I21)",
    ("mail.rejected", "linux.kvm_handle_guest_serror"))
_REJECTED_TELLS = kvm.EXITS_TO_USER.key
_MERGED_TELLS = {"kvm.sea-to-user": _TO_VMM, "kvm.efault": _NO_MEMORY}
_TO_USER_SPACE = {**_MERGED_TELLS, _REJECTED_TELLS: _REJECTED}
_BY_SYNDROME = ("linux.kvm_handle_guest_serror", "linux.do_serror")
_EARLIER = Excuse("before 5.8 APEI is asked, and the default follows whatever it answers", ("linux.do_sea_5_4",))
_REPLAYS = Excuse("TF-A gives up over an SMC that comes again and again because its caller masks SErrors",
    ("tf-a.pending",))
_KERNEL_S_OWN = Excuse("an abort in the kernel itself is not asked about", ("linux.do_sea",))
_NOT_ASKED = Excuse("KVM asks APEI for no SError", ("linux.kvm_handle_guest_serror",))

INVARIANTS: tuple[Invariant, ...] = (
    Invariant("I1",
        "A RAS notification is not handed to user space: the kernel claims it, ignores it, answers by a default, or "
        "panics",
        ("mail.private", "mail.handle-or-panic"),
        (observers.NothingButSignals, observers.EndsSomewhere),
        _TO_USER_SPACE),
    Invariant("I2", "User space cannot know that the kernel supports RAS before a first SIGBUS with MCEERR",
        ("mail.private",), (observers.SilentUntilTheSignal,), _TO_USER_SPACE),
    Invariant("I3", "No signal reaches user space from EL3 past the operating system",
        ("mail.private",), (observers.SignalsComeFromTheKernel,)),
    Invariant("I4", "A RAS SError that neither CPER nor an error record explains stops the machine",
        ("mail.spurious",), (observers.SpuriousMeansPanic,), {
            "guest_panic": Excuse("UER and UEU in a guest are left to the guest, as a virtual SError", _BY_SYNDROME),
            "pending": Excuse("the same, and the guest masks it", _BY_SYNDROME),
            "nested_panic": Excuse("the same, and it is the guest's own guest that takes it", _BY_SYNDROME),
            "l1_decides": Excuse("the same, and the guest's own hypervisor has asked for it", _BY_SYNDROME),
            "ignored": Excuse("CE and UEO are ignored: what runs can go on", _BY_SYNDROME)}),
    Invariant("I6", "Once the error is claimed KVM leaves the guest as it was: it injects nothing (I12)",
        ("mail.claim",), (observers.ClaimedMeansUntouched,), covers=("I12",)),
    Invariant("I7",
        "APEI is asked first, then kernel-first, then the default follows; asking stops at the first who claims",
        ("mail.claim",), (observers.OneAfterTheOther,),
        dict.fromkeys(("kernel.objerr", "kernel.oops", "kernel.oops-panics", "kernel.sigkill"), _EARLIER)),
    Invariant("I8", "QEMU tells its guest because of a signal, or because somebody asked it to",
        ("mail.user-space-decides",), (observers.ToldAfterASymptom,)),
    Invariant("I10",
        "What QEMU writes and how it notifies depends on the HEST that it gave its guest; without one it does "
        "neither, but for a guest that is kernel-first, for which it fills an error record",
        ("mail.independent",), (observers.AsAdvertised,)),
    Invariant("I11", "User space alone triggers an SError with a syndrome; KVM's own say nothing",
        ("mail.trigger",), (observers.OwnErrorsSayNothing,)),
    Invariant("I13", "A default follows only where APEI and kernel-first have denied",
        ("mail.claim",), (observers.DefaultOnlyIfDenied,), {
            "kernel.oops": _KERNEL_S_OWN, "kernel.oops-panics": _KERNEL_S_OWN,
            **dict.fromkeys((text.key for text in observers.INJECTS), _NOT_ASKED)}),
    Invariant("I14",
        "EL3 triages, writes CPER and notifies, in this order, before KVM leaves the guest and the kernel asks; a "
        "kernel-first error is never taken to EL3, which at most finds it pending at an SMC and leaves it so",
        ("mail.steps",), (observers.FromTheTopDown,), {"firmware.replays": _REPLAYS}),
    Invariant("I15",
        "After a claim KVM only checks for work before entry, takes stage 2 faults, and does what user space asks",
        ("mail.steps",), (observers.EndOfKvm,)),
    Invariant("I16", "With a signal pending for its thread, a vCPU executes nothing before KVM_RUN returns",
        ("mail.steps",), (observers.NoInstructionInBetween,)),
    Invariant("I17", "QEMU's CPER lies where no source of the host looks, and is complete before the guest is told",
        ("mail.cper",), (observers.InMemoryOfItsOwn,)),
    Invariant("I18", "KVM is left only if a guest was running",
        ("mail.steps",), (observers.OnlyAGuestIsLeft,)),
    Invariant("I19", "What QEMU triggers by itself leaves no trace in the host's firmware and kernel",
        ("mail.user-space-decides",), (observers.ByItself,)),
    Invariant("I20",
        "After the same signals QEMU and its guest live through the same, whatever the host is and however it was "
        "notified (I5, I9). Where an exception reaches the guest and no signal user space, by KVM's default or past a "
        "host without FEAT_RAS, what follows the same exception is the same; one who asks by himself knows the host's "
        "version and FEAT_RAS. Left out is what KVM's exit of host.kvm=v8-7 begins, which I21 is about",
        ("mail.independent", "mail.private"), compared=relations.told_apart, covers=("I5", "I9")),
    Invariant("I21",
        "Had KVM handed on what it learns, as with host.kvm=v8-7, there would be two hosts that QEMU can tell apart "
        "before any SIGBUS, with the same guest and the same error; as KVM was merged there are none",
        ("mail.rejected", "mail.private"), (), _MERGED_TELLS, relations.learned, shown=_REJECTED_TELLS),
    Invariant("I22",
        "While SErrors are masked, what KVM_GET_VCPU_EVENTS reads can be set again and changes nothing; on the way to "
        "other hosts a pending SError is neither lost nor doubled, and one without FEAT_RAS drops the syndrome alone",
        ("linux.vcpu_events",), states=states.misplaced,
        many=sum(1 for _ in states.masked_vcpus()), of="states of a vCPU"),
    Invariant("I23", "Between a block's write and its acknowledge nothing is written over it",
        ("acpi.ghesv2",), (observers.NotOverwritten,)),
    Invariant("I24",
        "An SError that is masked is not taken, an abort never waits, and a virtual SError is the guest's EL1's alone: "
        "in every scenario, and in every state of the registers that route",
        ("arm.serror-masking", "arm.virtual-serror"),
        (observers.MaskedMeansWaiting,), states=states.misrouted),
)
# fmt: on


def to_json(verdict: InvariantVerdict) -> dict[str, Any]:
    """One verdict in plain values."""
    i = verdict.invariant
    return {
        "name": i.name,
        "says": i.says,
        "holds": verdict.holds,
        "of": i.of,
        "covers": list(i.covers),
        "scenarios": verdict.scenarios,
        "broken": [{"what": f.what, "scenarios": f.scenarios, "witness": f.witness.token()} for f in verdict.broken],
        "exceptions": [
            {
                "what": e.what,
                "why": i.excuses[e.what].why if e.what in i.excuses else None,
                "scenarios": e.scenarios,
                "witness": e.witness.token(),
                "choices": e.witness.chosen(),
            }
            for e in verdict.exceptions
        ],
        "examples": [
            {"what": x.what, "scenarios": x.scenarios, "a": x.witness.token(), "b": x.beside and x.beside.token()}
            for x in verdict.examples
        ],
    }
