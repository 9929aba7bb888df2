"""Software Delegated Exceptions as firmware keeps them (DEN0054): which events are registered, enabled, running.

There is neither a machine nor Linux in here: calls are answered, and what a call or an event makes of the registers is
given back. `el3` applies it to a real machine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ..formats.sdei import Function, Result, Sdei
from .aml import sealed

NORMAL, CRITICAL = 804, 805  # events of the lab: anything but 0, which is the one for software to signal
VERSION_1_0 = 1 << 48
ACPI_TABLE = Sdei(oem_table_id="RASSDEI ").build()
SAVED = 18  # X0 to X17, which EL3 keeps while a handler runs, and the handler may ask for

_LOADER_AT = 0x801F_0000
_LOADER = bytes.fromhex(
    "535344545500000002775241534c4942524153534445490001000000494e544c"
    "250920205b805c52534454000c00001f800a245b810d5c525344540052534446"
    "4012085c52534448005b205c525344545c52534448"
)


def loader(address: int = _LOADER_AT) -> bytes:
    r"""AML that has the kernel load the ACPI table SDEI from *address*, below 4 GiB.

    Linux takes only tables of known signatures from its first file system, and SDEI is none of them.

        DefinitionBlock ("", "SSDT", 2, "RASLIB", "RASSDEI", 1) {
          OperationRegion (\RSDT, SystemMemory, 0x801F0000, 36)
          Field (\RSDT, AnyAcc, NoLock, Preserve) { RSDF, 288 }
          Name (\RSDH, Zero)
          Load (\RSDT, \RSDH)
        }
    """
    old, new = (at.to_bytes(4, "little") for at in (_LOADER_AT, address))
    assert _LOADER.count(old) == 1, "the address must be unmistakable"
    return sealed(_LOADER.replace(old, new))


@dataclass
class Event:
    """An event that firmware knows, and what the operating system has made of it."""

    number: int
    critical: bool = False
    entry: int | None = None  # the handler, once there is one
    argument: int = 0
    enabled: bool = False
    leaving: bool = False  # to be forgotten when its handler, which runs, is done
    routing: tuple[int, int] = (0, 0)

    def reset(self) -> None:
        self.entry, self.argument, self.enabled, self.leaving, self.routing = None, 0, False, False, (0, 0)


class Context(NamedTuple):
    """What was interrupted: X0 to X17, PC and PSTATE."""

    x: tuple[int, ...]
    pc: int
    pstate: int


class Entry(NamedTuple):
    """How a handler is entered: X0 to X3, and its address."""

    x: tuple[int, int, int, int]
    pc: int


class Resume(NamedTuple):
    """A handler is done: its context comes back, at *address* if that is given."""

    context: Context
    address: int | None = None


class Call(NamedTuple):
    """A call as it was made and answered, for the log."""

    function: str
    arguments: tuple[int, ...]
    answer: int | None  # None: the handler is done, and does not see an answer

    def __str__(self) -> str:
        said = ", ".join(f"{value:#x}" for value in self.arguments)
        if self.answer is None:
            return f"{self.function}({said})"
        return f"{self.function}({said}) = {self.answer.name if isinstance(self.answer, Result) else hex(self.answer)}"


@dataclass
class Dispatcher:
    """Firmware's side of SDEI 1.0 on a machine with one processor: shared events, of two priorities."""

    events: Mapping[int, Event] = field(default_factory=lambda: {e.number: e for e in lab_events()})
    masked: bool = True  # as a processor starts
    running: list[tuple[Event, Context]] = field(default_factory=list)  # the last is the one that runs now
    calls: list[Call] = field(default_factory=list)

    # --- events -------------------------------------------------------------------------------------------------------

    def refusal(self, number: int) -> str:
        """Why an event cannot be delivered, not even later; nothing if it can."""
        event = self.events.get(number)
        if event is None:
            return "firmware has no such event"
        if event.entry is None:
            return "nobody has registered for it"
        if not event.enabled:
            return "it is not enabled"
        return ""

    def takes(self, number: int) -> bool:
        """Whether the processor takes the event now: it takes events, and none of this or a higher priority runs."""
        critical = self.events[number].critical
        return not self.masked and all(critical and not other.critical for other, _ in self.running)

    def deliver(self, number: int, interrupted: Context) -> Entry:
        """Begin to handle an event that is not refused, and that the processor takes."""
        event = self.events[number]
        assert event.entry is not None
        self.running.append((event, interrupted))
        return Entry((number, event.argument, interrupted.pc, interrupted.pstate), event.entry)

    # --- calls --------------------------------------------------------------------------------------------------------

    def call(self, function: int, *arguments: int) -> int | Resume | None:
        """Answer a call with its result, or with what a handler that is done goes back to; None: it is not SDEI's.

        *arguments* are X1 to X5.
        """
        function &= 0xFFFF_FFFF  # W0 has the number
        if function not in _CALLS:
            return int(Result.NOT_SUPPORTED) if function & ~0x1F == Function.SDEI_VERSION else None
        count, method = _CALLS[function]
        given = arguments[:count]
        answer = method(self, *given)
        shown = None if isinstance(answer, Resume) else answer
        self.calls.append(Call(Function(function).name or "", given, shown))
        return answer

    def _version(self) -> int:
        return VERSION_1_0

    def _register(self, number: int, entry: int, argument: int, flags: int, affinity: int) -> int:
        event = self.events.get(number)
        if event is None or flags > 1:
            return Result.INVALID_PARAMETERS
        if event.entry is not None:
            return Result.DENIED
        event.entry, event.argument, event.enabled, event.routing = entry, argument, False, (flags, affinity)
        return Result.SUCCESS

    def _enable(self, number: int, on: bool = True) -> int:
        event = self.events.get(number)
        if event is None:
            return Result.INVALID_PARAMETERS
        if event.entry is None:
            return Result.DENIED
        event.enabled = on
        return Result.SUCCESS

    def _disable(self, number: int) -> int:
        return self._enable(number, False)

    def _context(self, register: int) -> int:
        if not self.running:
            return Result.DENIED
        return self.running[-1][1].x[register] if register < SAVED else Result.INVALID_PARAMETERS

    def _complete(self, status: int) -> int | Resume:
        return self._done(None)

    def _complete_and_resume(self, address: int) -> int | Resume:
        return self._done(address)

    def _done(self, address: int | None) -> int | Resume:
        if not self.running:
            return Result.DENIED
        event, interrupted = self.running.pop()
        if event.leaving:
            event.reset()
        return Resume(interrupted, address)

    def _runs(self, event: Event) -> bool:
        return any(event is other for other, _ in self.running)

    def _unregister(self, number: int) -> int:
        event = self.events.get(number)
        if event is None:
            return Result.INVALID_PARAMETERS
        if event.entry is None:
            return Result.DENIED
        if self._runs(event):
            event.enabled, event.leaving = False, True
            return Result.PENDING
        event.reset()
        return Result.SUCCESS

    def _status(self, number: int) -> int:
        event = self.events.get(number)
        if event is None:
            return Result.INVALID_PARAMETERS
        return int(event.entry is not None) | event.enabled << 1 | self._runs(event) << 2

    def _get_info(self, number: int, which: int) -> int:
        """Type (1: shared), may be signalled, priority, routing mode, affinity."""
        event = self.events.get(number)
        if event is None or which > 4:
            return Result.INVALID_PARAMETERS
        return (1, 0, int(event.critical), *event.routing)[which]

    def _routing_set(self, number: int, flags: int, affinity: int) -> int:
        event = self.events.get(number)
        if event is None or flags > 1:
            return Result.INVALID_PARAMETERS
        if event.entry is None or event.enabled or self._runs(event):
            return Result.DENIED
        event.routing = flags, affinity
        return Result.SUCCESS

    def _mask(self) -> int:
        """1 if this call made a difference."""
        before, self.masked = self.masked, True
        return int(not before)

    def _unmask(self) -> int:
        self.masked = False
        return Result.SUCCESS

    def _private_reset(self) -> int:
        return Result.SUCCESS  # there are no private events

    def _shared_reset(self) -> int:
        if self.running:
            return Result.DENIED
        for event in self.events.values():
            event.reset()
        return Result.SUCCESS


def lab_events() -> tuple[Event, Event]:
    """The events of the lab, of normal and of critical priority."""
    return Event(NORMAL), Event(CRITICAL, critical=True)


# call -> how many arguments it has, and who answers; interrupts cannot be bound: there are none to bind
_CALLS: dict[int, tuple[int, Callable[..., int | Resume]]] = {
    Function.SDEI_VERSION: (0, Dispatcher._version),
    Function.SDEI_EVENT_REGISTER: (5, Dispatcher._register),
    Function.SDEI_EVENT_ENABLE: (1, Dispatcher._enable),
    Function.SDEI_EVENT_DISABLE: (1, Dispatcher._disable),
    Function.SDEI_EVENT_CONTEXT: (1, Dispatcher._context),
    Function.SDEI_EVENT_COMPLETE: (1, Dispatcher._complete),
    Function.SDEI_EVENT_COMPLETE_AND_RESUME: (1, Dispatcher._complete_and_resume),
    Function.SDEI_EVENT_UNREGISTER: (1, Dispatcher._unregister),
    Function.SDEI_EVENT_STATUS: (1, Dispatcher._status),
    Function.SDEI_EVENT_GET_INFO: (2, Dispatcher._get_info),
    Function.SDEI_EVENT_ROUTING_SET: (3, Dispatcher._routing_set),
    Function.SDEI_PE_MASK: (0, Dispatcher._mask),
    Function.SDEI_PE_UNMASK: (0, Dispatcher._unmask),
    Function.SDEI_PRIVATE_RESET: (0, Dispatcher._private_reset),
    Function.SDEI_SHARED_RESET: (0, Dispatcher._shared_reset),
}
