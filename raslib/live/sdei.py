"""The calls of SDEI 1.0 as firmware answers them (DEN0054), with the state machine of `raslib.sim.el3.sdei`.

There is neither a machine nor Linux in here: calls are answered, and what a call or an event makes of the registers is
given back. `el3` applies it to a real machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..formats.sdei import Function, Sdei, SdeiResult
from ..sim.el3.sdei import DispatchRefusal, Pe, SdeiCall, SdeiEvent, complete, sdei_dispatch_event, transition
from .gdbstub import PC, PSTATE
from .recording.layout import CRITICAL, NORMAL

VERSION_1_0 = 1 << 48
ACPI_TABLE = Sdei(oem_table_id="RASSDEI ").build()
SAVED = 18  # X0 to X17, which EL3 keeps while a handler runs, and the handler may ask for


class Resume(NamedTuple):
    """A handler is done: what it interrupted comes back, at *address* if that is given."""

    interrupted: Sequence[int]  # X0 to X30, SP, PC and PSTATE
    address: int | None = None


def in_words(function: int, arguments: tuple[int, ...], answer: int | Resume) -> str:
    """A call and its answer, for the log; a handler that is done does not see an answer."""
    call = f"{Function(function).name}({', '.join(map(hex, arguments))})"
    if isinstance(answer, Resume):
        return call
    return f"{call} = {answer.name if isinstance(answer, SdeiResult) else hex(answer)}"


def lab_events() -> dict[int, SdeiEvent]:
    """The events of the lab by number, of normal and of critical priority; both are shared."""
    both = SdeiEvent(NORMAL), SdeiEvent(CRITICAL, critical=True)
    return {event.number: event for event in both}


@dataclass
class Dispatcher:
    """Firmware's side of SDEI 1.0 on a machine with one processor: shared events, of two priorities."""

    events: dict[int, SdeiEvent] = field(default_factory=lab_events)
    handlers: dict[int, tuple[int, int]] = field(default_factory=dict)  # by the event's number: address and argument
    pe: Pe = field(default_factory=lambda: Pe(masked=True))  # as a processor starts
    interrupted: list[Sequence[int]] = field(default_factory=list)  # registers, by each outstanding event
    calls: list[str] = field(default_factory=list)  # see `in_words`

    # --- events -------------------------------------------------------------------------------------------------------

    def refusal(self, number: int) -> str:
        """Why an event cannot be delivered, not even later; nothing if it can."""
        event = self.events.get(number)
        if event is None:
            return "firmware has no such event"
        if not event.registered:
            return "nobody has registered for it"
        return "" if event.enabled else "it is not enabled"

    def takes(self, number: int) -> bool:
        """Whether the processor takes the event now: it takes events, and none of this or a higher priority runs."""
        return not isinstance(sdei_dispatch_event(self.pe, self.events[number]), DispatchRefusal)

    def deliver(self, number: int, registers: Sequence[int]) -> tuple[tuple[int, ...], int]:
        """Begin to handle an event that the processor takes: X0 to X3 and the address of its handler.

        *registers* are what it interrupts (see `Resume`). Raises ValueError for an event that it does not take.
        """
        dispatched = sdei_dispatch_event(self.pe, self.events[number])
        if isinstance(dispatched, DispatchRefusal):
            raise ValueError(f"SDEI event {number} is not dispatched: {dispatched.value}")
        self.pe, self.events[number] = dispatched
        self.interrupted.append(registers)
        entry, argument = self.handlers[number]
        return (number, argument, registers[PC], registers[PSTATE]), entry

    def _ask(self, number: int, asked: SdeiCall) -> int:
        """Have an event change its state, which stays as it is while its handler runs."""
        event = None if self.events[number].running else transition(self.events[number], asked)
        if event is None:
            return SdeiResult.DENIED
        self.events[number] = event
        return SdeiResult.SUCCESS

    # --- calls --------------------------------------------------------------------------------------------------------

    def call(self, function: int, *arguments: int) -> int | Resume | None:
        """Answer a call with its result, or with what a handler that is done goes back to; None: it is not SDEI's.

        *arguments* are X1 to X5.
        """
        function &= 0xFFFF_FFFF  # W0 has the number
        if function not in _CALLS:
            return int(SdeiResult.NOT_SUPPORTED) if function & ~0x1F == Function.SDEI_VERSION else None
        count, of_event, method = _CALLS[function]
        missing = of_event and arguments[0] not in self.events
        answer = SdeiResult.INVALID_PARAMETERS if missing else method(self, *arguments[:count])
        self.calls.append(in_words(function, arguments[:count], answer))
        return answer

    def _register(self, number: int, entry: int, argument: int, flags: int, affinity: int) -> int:
        answer = self._ask(number, "register")
        if answer == SdeiResult.SUCCESS:
            self.handlers[number] = entry, argument
        return answer

    def _context(self, register: int) -> int:
        if not self.interrupted:
            return SdeiResult.DENIED
        return self.interrupted[-1][register] if register < SAVED else SdeiResult.INVALID_PARAMETERS

    def _done(self, address: int | None) -> int | Resume:
        if not self.interrupted:
            return SdeiResult.DENIED
        self.pe, event = complete(self.pe)
        self.events[event.number] = event
        return Resume(self.interrupted.pop(), address)

    def _get_info(self, number: int, which: int) -> int:
        """Type (1: shared), whether it may be signalled, and priority; Linux asks for no more."""
        return (1, 0, int(self.events[number].critical))[which] if which < 3 else SdeiResult.INVALID_PARAMETERS

    def _mask(self) -> int:
        """1 if this call made a difference."""
        before, self.pe = self.pe.masked, self.pe._replace(masked=True)
        return int(not before)

    def _unmask(self) -> int:
        self.pe = self.pe._replace(masked=False)
        return SdeiResult.SUCCESS

    def _shared_reset(self) -> int:
        if self.interrupted:
            return SdeiResult.DENIED
        self.events, self.handlers = lab_events(), {}
        return SdeiResult.SUCCESS


# call -> how many arguments it has, whether the first is an event that there must be, and who answers. These are what
# Linux calls (drivers/firmware/arm_sdei.c), but for interrupts to bind; there are no private events.
# fmt: off
_CALLS: dict[int, tuple[int, bool, Callable[..., int | Resume]]] = {
    Function.SDEI_VERSION:                   (0, False, lambda d: VERSION_1_0),
    Function.SDEI_EVENT_REGISTER:            (5, True,  Dispatcher._register),
    Function.SDEI_EVENT_ENABLE:              (1, True,  lambda d, number: d._ask(number, "enable")),
    Function.SDEI_EVENT_DISABLE:             (1, True,  lambda d, number: d._ask(number, "disable")),
    Function.SDEI_EVENT_CONTEXT:             (1, False, Dispatcher._context),
    Function.SDEI_EVENT_COMPLETE:            (1, False, lambda d, status: d._done(None)),
    Function.SDEI_EVENT_COMPLETE_AND_RESUME: (1, False, Dispatcher._done),
    Function.SDEI_EVENT_UNREGISTER:          (1, True,  lambda d, number: d._ask(number, "unregister")),
    Function.SDEI_EVENT_GET_INFO:            (2, True,  Dispatcher._get_info),
    Function.SDEI_PE_MASK:                   (0, False, Dispatcher._mask),
    Function.SDEI_PE_UNMASK:                 (0, False, Dispatcher._unmask),
    Function.SDEI_PRIVATE_RESET:             (0, False, lambda d: SdeiResult.SUCCESS),
    Function.SDEI_SHARED_RESET:              (0, False, Dispatcher._shared_reset),
}
# fmt: on
