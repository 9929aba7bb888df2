"""What a scenario begins with: hardware meets an error, or somebody asks for something."""

from ..model.choices import Begin
from ..model.messages import Start
from ..model.scenario import Scenario
from ..model.trace import Stage

BEGINNINGS: dict[Begin, str] = {  # -> the first stage
    Begin.ERROR: "meet",
    Begin.QMP: "qmp_inject_ghes_v2_error",
    Begin.EVENTS: "kvm_vcpu_ioctl",
    Begin.RECORDS: "read_erxstatus",
}


def begin(s: Scenario, m: Start) -> Stage:
    """Nothing has happened yet."""
    yield from ()
    return BEGINNINGS[s.begin], m
