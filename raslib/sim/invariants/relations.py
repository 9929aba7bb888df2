"""What compares stories with each other: can QEMU or its guest tell two hosts apart from inside?

For every scenario it is noted what is seen from inside, and on which choices of the guest and of the error itself the
story depends. Two stories that agree in all such choices that both depend on are two hosts with the same guest and the
same error: if what is seen differs, the hosts can be told apart.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from ..explore.diagram import Diagram, Pool
from ..explore.monitor import CounterExample, End, Objection, Observer, ends_of
from ..kvm import kvm
from ..model.choices import Begin, Running
from ..model.scenario import AXES, Scenario
from ..model.trace import Sigbus, Step
from .observers import INJECTS, kills_qemu, of_host, reaches_qemu

THEIRS = frozenset(name for name in AXES if name.startswith(("guest.", "error.", "ask.")) or name == "begin")
# What one who asks can look up: the kernel's version, and FEAT_RAS, of which a capability of KVM and the guest's ID
# register tell. Where it begins with an error of the host, neither may be what makes the difference.
ASKABLE = frozenset(("host.linux", "cpu.ras"))
ASKING = (("begin", Begin.EVENTS), ("begin", Begin.RECORDS))

# --- what differs ----------------------------------------------------------------------------------------------------


class Story(NamedTuple):
    """Scenarios that are alike from inside."""

    choices: Mapping[str, Any]  # of the guest and of the error: those that they depend on
    seen: Any  # and hashable
    end: End


def apart(stories: Sequence[Story]) -> Iterator[tuple[Story, Story]]:
    """Pairs in which different things are seen, though no choice that both depend on differs.

    If there are such pairs, some are found, not all. The stories are parted by one axis after the other; those that do
    not depend on it go along with each part. What is seen alike is not parted further.
    """
    used = Counter(axis for story in stories for axis in story.choices)
    yield from _apart(stories, [axis for axis, _ in used.most_common()])


_ANY = object()  # in place of a choice that a story does not depend on


def _apart(stories: Sequence[Story], axes: Sequence[str]) -> Iterator[tuple[Story, Story]]:
    differ = {story.seen: story for story in stories}
    if len(differ) < 2:
        return
    for i, axis in enumerate(axes):
        parts: dict[Any, list[Story]] = defaultdict(list)
        for story in stories:
            parts[story.choices.get(axis, _ANY)].append(story)
        alike = parts.pop(_ANY, [])
        if parts:
            for part in parts.values():
                yield from _apart([*part, *alike], axes[i + 1 :])
            return
    first, *others = differ.values()
    yield from ((first, other) for other in others)


Chosen: TypeAlias = frozenset[tuple[str, Any]]  # choices, each with its axis


def noted(before: Chosen, axis: str, value: Any, *, to_guest: bool = False) -> Chosen:
    """The choices of the guest and of the error that a story depends on: *before*, and when this one is read."""
    if axis == "cpu.running":  # QEMU knows which of its threads it is
        return before | {(axis, value is Running.THREAD)}
    given = axis.startswith("cper.") and ("begin", Begin.QMP) in before  # whoever asks by QMP gives the block
    asked = axis in ASKABLE and not before.isdisjoint(ASKING)
    depends = axis in THEIRS or given or asked or (axis == "cpu.ras" and to_guest)
    return before | {(axis, value)} if depends else before


# --- after the signals: I20 ------------------------------------------------------------------------------------------


class InsideView(NamedTuple):
    """What QEMU and its guest have been handed, and seen, so far."""

    handed: tuple[Hashable, ...] = ()  # signals; and what reaches the guest though nobody in user space has asked
    choices: Chosen = frozenset()
    steps: int = 0
    ras: bool | None = None  # what the guest's ID register tells, as long as no signal has come; None: it makes no odds
    left_out: bool = False  # it is of the rejected design, which I21 is about


class FromInside(Observer):
    """Sees what QEMU and its guest see."""

    first = InsideView()

    def __init__(self) -> None:
        self.steps = Pool()
        self.steps(None)

    def choice(self, state: InsideView, axis: str, value: Any) -> InsideView:
        if axis == "cpu.ras" and not state.handed:
            state = state._replace(ras=value)
        choices = noted(state.choices, axis, value, to_guest=bool(state.handed))
        return state if choices is state.choices else state._replace(choices=choices)

    def step(self, state: InsideView, step: Step) -> InsideView:
        if state.left_out or step.text is kvm.EXITS_TO_USER:
            return InsideView(left_out=True)
        if isinstance(step.carries, Sigbus) and reaches_qemu(step):
            return state._replace(handed=(*state.handed, step.carries), ras=None)
        if kills_qemu(step):
            return state._replace(handed=(*state.handed, "SIGKILL"), ras=None)
        if state.steps == 0 and past_user_space(step):
            return self.handed(state, step)
        if step.machine == "guest" or step.actor in ("QEMU", "VMM"):
            # at which level of the host KVM runs is not seen from inside
            step_inside = step._replace(to=None) if step.to and step.to.actor == "KVM" else step
            return state._replace(steps=self.steps((state.steps, step_inside)))
        return state

    def handed(self, state: InsideView, step: Step) -> InsideView:
        """The guest meets an exception that nobody in user space has asked for; what it does, FEAT_RAS decides too."""
        ras = state.choices if state.ras is None else state.choices | {("cpu.ras", state.ras)}
        return state._replace(handed=(*state.handed, step.carries or step.sets), choices=ras, ras=None)


def past_user_space(step: Step) -> bool:
    """Does it hand the guest an exception: KVM its default, or the PE without FEAT_RAS an abort of the host's?"""
    return step.text in INJECTS or (of_host(step) and step.to is not None and step.to.machine == "guest")


def told_apart(diagram: Diagram) -> Iterator[CounterExample]:
    """Pairs of hosts that can be told apart from inside by what follows the same signals; none: there is no such pair.

    Where an exception reaches the guest without a signal it counts as one: what follows the same exception is the same.
    Left out are stories in which KVM exits as the rejected design did.
    """
    groups: dict[tuple[Hashable, ...], list[Story]] = defaultdict(list)
    for view, end in ends_of(diagram, FromInside()).items():
        if not isinstance(view, Objection) and not view.left_out:
            groups[view.handed].append(Story(dict(view.choices), view.steps, end))
    for stories in groups.values():
        for ours, theirs in apart(stories):
            yield CounterExample("told apart", 1, ours.end.witness, theirs.end.witness)


# --- before any signal: I21 ------------------------------------------------------------------------------------------


class Before(NamedTuple):
    """What QEMU has been told before any signal."""

    choices: Chosen = frozenset()
    told: tuple[str, ...] = ()  # keys of texts
    over: bool = False  # a signal has come, or it does not begin with an error


class BeforeTheSignal(Observer):
    """Sees what the host's kernel hands QEMU before the first SIGBUS."""

    first = Before()

    def choice(self, state: Before, axis: str, value: Any) -> Before:
        if state.over:
            return state
        over = axis == "begin" and value is not Begin.ERROR
        return state._replace(choices=noted(state.choices, axis, value), over=over)

    def step(self, state: Before, step: Step) -> Before:
        if state.over or not (of_host(step) and reaches_qemu(step)):
            return state
        if isinstance(step.carries, Sigbus):
            return state._replace(over=True)
        return state._replace(told=(*state.told, step.text.key))


def learned(diagram: Diagram) -> tuple[CounterExample, ...]:
    """By what QEMU can tell its host from another before any SIGBUS: the key of a text.

    It is counted where another host with the same guest and error does not tell.
    """
    stories = [
        Story(dict(before.choices), before.told, end)
        for before, end in ends_of(diagram, BeforeTheSignal()).items()
        if not isinstance(before, Objection)
    ]
    tellers: dict[str, dict[int, tuple[Story, Story]]] = defaultdict(dict)
    for pair in apart(stories):
        for a, b in (pair, pair[::-1]):
            for what in set(a.seen) - set(b.seen):
                tellers[what].setdefault(id(a), (a, b))
    return tuple(
        CounterExample(what, sum(a.end.scenarios for a, _ in pairs.values()), *_fewest(pairs.values()))
        for what, pairs in sorted(tellers.items())
    )


def _fewest(pairs: Any) -> tuple[Scenario, Scenario]:
    """The pair with the fewest choices."""
    a, b = min(pairs, key=lambda pair: sum(len(story.end.choices) for story in pair))
    return a.end.witness, b.end.witness
