"""Priorities at EL3: a stack, as TF-A's Exception Handling Framework keeps it (docs/components/exception-handling.rst).

A lower number is a higher priority, as in the GIC. An interrupt brings its priority with it. Any other exception has to
activate one before EL3 goes to a lower level for its sake.
"""

from ...records import ErrorValue

RAS, SDEI_CRITICAL, SDEI_NORMAL = 0x10, 0x60, 0x70  # as Arm's platforms choose them: PLAT_RAS_PRI and PLAT_SDEI_*_PRI

Active = tuple[int, ...]  # from the first activated to the last


class Panic(ErrorValue):
    """EL3 stops: the order of priorities is broken."""


def activate(active: Active, priority: int) -> Active:
    """ehf_activate_priority(). Raises `Panic` if *priority* is not higher than what is active."""
    if active and priority >= active[-1]:
        raise Panic(f"activation priority mismatch: requested {priority:#x}, current {active[-1]:#x}")
    return (*active, priority)


def interrupts(active: Active, priority: int) -> bool:
    """Does the GIC signal an interrupt of *priority*? What is active is its priority mask."""
    return not active or priority < active[-1]
