"""RAS on arm64, small enough to read.

    bytes  <->  records  ->  scenario  ->  trace  ->  picture
    formats.*              sim.scenario   sim.walk    views.*

The public names stand in `DOOR`; each is loaded when it is first asked for.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# room -> the names that it shows at the front door
DOOR: dict[str, tuple[str, ...]] = {
    "records": ("Record", "RecordError", "Register", "Span"),
    "formats.ghes": ("BlockStatus", "DataEntry", "StatusBlock"),
    "formats.cper": ("CperRecord", "SectionDescriptor", "Severity", "Timestamp"),
    "formats.framing": ("block_of", "to_record", "to_status_block"),
    "formats.memory": ("MemoryErrorType", "MemoryValid", "PlatformMemory"),
    "formats.arm": ("ArmProcessor", "Dialect", "ErrorInformation", "Kind"),
    "formats.sections": ("GUIDS",),
    "formats.acpi": ("GenericAddress",),
    "formats.hest": ("GenericSource", "GenericSourceV2", "Hest", "Notification", "Notify"),
    "formats.esr": ("Aet", "DataAbortIss", "Esr", "SErrorIss"),
    "intake": ("read", "read_all"),
    "rules": ("lint",),
    "diagnosis": ("diagnose",),
    "reproductions": ("reproduce",),
    "sim.compare": ("compare",),
    "sim.explore": ("Space",),
    "sim.invariants": ("prove",),
    "sim.cpu.routing": ("State", "route"),
    "sim.model.scenario": ("AXES", "Scenario"),
    "sim.model.trace": ("CperBytes", "Sigbus", "Trace"),
    "sim.walk": ("outcome", "steps", "walk"),
    "views.errstatus": ("err_status",),
    "views.export": ("export",),
    "views.kernel_log": ("kernel_log",),
    "views.show": ("show",),
    "views.syndrome": ("explain",),
    "resources": ("samples",),
}
_ROOM = {name: room for room, names in DOOR.items() for name in names}
__all__ = sorted(_ROOM)


def __getattr__(name: str) -> Any:
    if name not in _ROOM:
        raise AttributeError(f"raslib has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_ROOM[name]}"), name)


def __dir__() -> list[str]:
    return __all__
