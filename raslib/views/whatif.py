"""All stories of a space for the panel that turns their switches."""

from typing import Any

from ..sim.explore import Space
from ..sim.explore.automaton import automaton
from ..sim.model.outcome import ENDS
from ..sim.model.scenario import AXES, Scenario
from .map import FATES

SLICE = ("begin", "stance", "cper.section_severity")  # given where a page is to stay small: 256 KiB, 40 KiB packed


def slice_of(s: Scenario) -> tuple[str, ...]:
    """The choices that a small page with the scenario *s* in it takes as given."""
    return tuple(f"{name}={AXES[name].word(s[name])}" for name in SLICE)


def stories(*given: str) -> dict[str, Any]:
    """What the panel's model holds.

    `document` are the stories of all scenarios with these choices (`raslib.sim.explore.automaton`), `about` what each
    axis and each of its words means and its source, `ends` the sentence of each end, `fates`
    its word on the map. Raises ValueError for a choice
    that there is not.
    """
    about = {name: {key: axis.to_json()[key] for key in ("meaning", "means", "source")} for name, axis in AXES.items()}
    ends = {word: means for word, means in ENDS.items() if word != "none"}
    return {"document": automaton(Space.of(*given).diagram), "about": about, "ends": ends, "fates": FATES}
