"""What reads and compares recordings stands apart from what boots machines."""

import subprocess
import sys

RECORDING = """
import sys
from raslib import live
live.compare("sea-recoverable")
live.recorded(bytes(20))
live.compare("gpio").realities[0]
print(*sorted(name.removeprefix("raslib.live.") for name in sys.modules if name.startswith("raslib.live.")))
"""


def test_a_recording_is_compared_and_shown_without_a_machine():
    """A process of its own, as this one has loaded more."""
    done = subprocess.run([sys.executable, "-c", RECORDING], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "recording.comparison" in loaded
    assert [name for name in loaded if name.partition(".")[0] != "recording"] == []
