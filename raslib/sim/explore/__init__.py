"""The whole space of scenarios, known exactly: its outcomes counted, its stories told, nothing sampled.

`Space.of("host.notify=SEA")` is where to begin. Behind it: `diagram` runs the stages on what is known
(`sim/model/lazy.py`) and puts all runs together, `decisions` forgets the steps and keeps what decides.
"""

from .space import Nearby, OutcomeTable, Space

__all__ = ["Nearby", "OutcomeTable", "Space"]
