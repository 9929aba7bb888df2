"""The what-if panel of the site: all stories there are, and the tokens of their scenarios."""

from ..sim.model.axes import codes
from ..sim.model.scenario import AXES, Scenario
from ..sim.walk import walk
from ..views.island import bundle
from ..views.swimlane import still
from ..views.whatif import stories


def panel() -> dict[str, str]:
    """The panel as one output of a cell."""
    data = {**stories(), "choices": {}, "codes": codes(AXES)}
    return bundle("whatif", data, still(walk(Scenario()).view()))
