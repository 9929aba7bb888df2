"""What a space holds, one by one: its scenarios, a story of it as its diagram has it, and every text that is said."""

from collections.abc import Iterator
from itertools import product

from raslib.sim.explore import Space
from raslib.sim.model.lazy import force
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.model.trace import Step, StepText, Trace


def scenarios_of(space: Space) -> Iterator[Scenario]:
    """Every scenario; there may be very many."""
    free = [name for name in AXES if name not in space.given]
    for values in product(*(AXES[name].values for name in free)):
        yield Scenario().given({**space.given, **dict(zip(free, values, strict=True))})


def trace_of(space: Space, s: Scenario) -> Trace:
    """What happens in *s*, read from the diagram; a lazy value is as it is in *s*, and what is set to None is not."""
    events = space.diagram.walk({name: s[name] for name in AXES} | space.given)
    return Trace.of(s, (forced(s, event) if isinstance(event, Step) else event for event in events))


def forced(s: Scenario, step: Step) -> Step:
    step = force(s, step)
    return step._replace(sets=tuple([pair for pair in step.sets if pair[1] is not None]))


def texts(space: Space) -> frozenset[StepText]:
    """Every text that some scenario says."""
    return frozenset(step.text for step in space.diagram.steps)
