"""RAS on arm64, small enough to read.

    bytes  <->  records  ->  scenario  ->  trace  ->  picture
    formats.*              sim.scenario   sim.walk    views.*

Everything here is loaded when it is first asked for.
"""

__version__ = "0.1.0"
