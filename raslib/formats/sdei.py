"""SDEI: the table that says that firmware delivers events, and the calls that ask for them (DEN0054)."""

from ..records import Coded
from .acpi import AcpiTable


class Sdei(AcpiTable, ref="DEN0054, SDEI table", title="Software Delegated Exception Interface Table"):
    """A header and no more (`struct acpi_table_sdei`): that it is there is all it says.

    Whether firmware is called by SMC or by HVC is what the FADT says of PSCI.
    """


class Function(Coded):
    """Number of the call: W0 or X0 at the SMC or HVC."""

    SDEI_VERSION = 0xC400_0020, "which version is there"
    SDEI_EVENT_REGISTER = 0xC400_0021, "call this handler for that event"
    SDEI_EVENT_ENABLE = 0xC400_0022, "let the event come"
    SDEI_EVENT_DISABLE = 0xC400_0023, "hold the event back"
    SDEI_EVENT_CONTEXT = 0xC400_0024, "a register of what was interrupted; from a handler alone"
    SDEI_EVENT_COMPLETE = 0xC400_0025, "the handler is done: go on where it was interrupted"
    SDEI_EVENT_COMPLETE_AND_RESUME = 0xC400_0026, "the handler is done: go on at this address"
    SDEI_EVENT_UNREGISTER = 0xC400_0027, "forget the handler"
    SDEI_EVENT_STATUS = 0xC400_0028, "is the event registered, enabled, running"
    SDEI_EVENT_GET_INFO = 0xC400_0029, "type, priority or routing of the event"
    SDEI_EVENT_ROUTING_SET = 0xC400_002A, "which processors a shared event goes to"
    SDEI_PE_MASK = 0xC400_002B, "no events on this processor"
    SDEI_PE_UNMASK = 0xC400_002C, "events on this processor again"
    SDEI_INTERRUPT_BIND = 0xC400_002D, "make an event of this interrupt"
    SDEI_INTERRUPT_RELEASE = 0xC400_002E, "make an interrupt of this event again"
    SDEI_PRIVATE_RESET = 0xC400_0031, "forget all private events of this processor"
    SDEI_SHARED_RESET = 0xC400_0032, "forget all shared events"


class SdeiResult(Coded):
    """What a call gives back, where it is no value."""

    SUCCESS = 0, "done"
    NOT_SUPPORTED = -1, "firmware has no SDEI, or not this call"
    INVALID_PARAMETERS = -2, "an argument is wrong"
    DENIED = -3, "not in this state"
    PENDING = -5, "done when the handler that runs has ended"
    OUT_OF_RESOURCE = -10, "firmware has no room for it"
