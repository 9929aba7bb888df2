"""Rules for ERST and EINJ: their actions, and the steps of each."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..formats import einj, erst
from ..formats.acpi import HEADER
from ..formats.einj import Einj, TriggerTable
from ..formats.erst import Erst
from ..formats.serialization import ENTRIES, InstructionEntry
from ..records import Coded
from .finding import Finding, error, note, warning
from .tables import address

_RUN = "Linux 7.1 drivers/acpi/apei/apei-base.c: __apei_exec_run()"
_CHECK = "Linux 7.1 drivers/acpi/apei/"
_HEADERS: dict[type, tuple[str, str, str]] = {  # the fields of header size and count, and who minds
    Erst: ("serialization_header_size", "instruction_entry_count", f"{_CHECK}erst.c: erst_check_table()"),
    Einj: ("injection_header_size", "injection_entry_count", f"{_CHECK}einj-core.c: einj_check_table()"),
}
_WITHOUT_REGISTER = ("NOOP", "STALL", "GOTO")
_READS = (erst.ErstInstruction.READ_REGISTER, erst.ErstInstruction.READ_REGISTER_VALUE)
_WRITE = erst.ErstInstruction.WRITE_REGISTER_VALUE
_GIVE_NOTHING = (erst.ErstInstruction.NOOP, erst.ErstInstruction.WRITE_REGISTER, _WRITE)
_GOTO, _SKIP = erst.ErstInstruction.GOTO, erst.ErstInstruction.SKIP_NEXT_INSTRUCTION_IF_TRUE

# what Linux asks of a table; the others are for what a platform may lack
# fmt: off
_ERST, _EINJ = erst.ErstAction, einj.EinjAction
NEEDED: dict[type, tuple[Coded, ...]] = {
    Erst: (
        _ERST.BEGIN_WRITE_OPERATION, _ERST.BEGIN_READ_OPERATION, _ERST.BEGIN_CLEAR_OPERATION, _ERST.END_OPERATION,
        _ERST.SET_RECORD_OFFSET, _ERST.EXECUTE_OPERATION, _ERST.CHECK_BUSY_STATUS, _ERST.GET_COMMAND_STATUS,
        _ERST.GET_RECORD_IDENTIFIER, _ERST.SET_RECORD_IDENTIFIER, _ERST.GET_RECORD_COUNT,
        _ERST.GET_ERROR_LOG_ADDRESS_RANGE, _ERST.GET_ERROR_LOG_ADDRESS_RANGE_LENGTH,
        _ERST.GET_ERROR_LOG_ADDRESS_RANGE_ATTRIBUTES,
    ),
    Einj: (
        _EINJ.BEGIN_INJECTION_OPERATION, _EINJ.GET_TRIGGER_ERROR_ACTION_TABLE, _EINJ.GET_ERROR_TYPE,
        _EINJ.END_OPERATION, _EINJ.EXECUTE_OPERATION, _EINJ.CHECK_BUSY_STATUS, _EINJ.GET_COMMAND_STATUS,
    ),
}
# fmt: on
_SET = (einj.EinjAction.SET_ERROR_TYPE, einj.EinjAction.SET_ERROR_TYPE_WITH_ADDRESS)
_V2 = (einj.EinjAction.EINJV2_SET_ERROR_TYPE, einj.EinjAction.EINJV2_GET_ERROR_TYPE)


def header_holds(table: Erst | Einj) -> Iterator[Finding]:
    """The header size is one of two, and the entries are counted."""
    size_field, count_field, cite = _HEADERS[type(table)]
    size, count, why = getattr(table, size_field), getattr(table, count_field), "Linux refuses the table"
    if size not in (ENTRIES - HEADER, ENTRIES):
        yield error(size_field, f"header size is {size}, neither {ENTRIES - HEADER} nor {ENTRIES}", why, cite)
    if count != len(table.entries):
        yield error(count_field, f"entry count is {count}, there are {len(table.entries)}", why, cite)


def actions_are_complete(table: Erst | Einj) -> Iterator[Finding]:
    there = {entry.action for entry in table.entries}
    missing = [action.name for action in NEEDED[type(table)] if action not in there]
    if isinstance(table, Einj) and not there & set(_SET):
        missing.append(" or ".join(action.name for action in _SET))
    if missing:
        yield warning("entries", f"no entry for {', '.join(missing)}", "what needs the action fails")


def actions_belong_here(table: Einj) -> Iterator[Finding]:
    for i, entry in enumerate(table.entries):
        if entry.action in _V2 and table.revision < 2:
            says = f"{entry.action.name} in a table of revision {table.revision}"
            yield warning(f"entries[{i}].action", says, "the action is of revision 2, ACPI 6.5")
        if entry.action == einj.EinjAction.TRIGGER_ERROR:
            yield warning(f"entries[{i}].action", "TRIGGER_ERROR outside of a trigger table", "nobody runs it here")


def triggers_are_all(table: TriggerTable) -> Iterator[Finding]:
    for i, entry in enumerate(table.entries):
        if entry.action != einj.EinjAction.TRIGGER_ERROR:
            says = f"action {int(entry.action):#x} in a trigger table"
            yield warning(f"entries[{i}].action", says, "Linux runs TRIGGER_ERROR alone")
    if table.header_size != 16:
        yield error("header_size", f"header size is {table.header_size}, not 16", "Linux refuses the table")


def step_is_known(entry: InstructionEntry) -> Iterator[Finding]:
    if not isinstance(entry.action, Coded):
        yield warning("action", f"action {entry.action:#x} has no name", "nobody asks for it")
    elif entry.action is erst.ErstAction.RESERVED:
        yield note("action", "action 0xc is reserved", "nobody asks for it; shipping tables have it")
    if not isinstance(entry.instruction, Coded):
        yield error("instruction", f"instruction {entry.instruction:#x} has no name", "Linux gives up the action", _RUN)
    elif entry.instruction.name not in _WITHOUT_REGISTER:
        yield from address("register_region", entry.register_region)
        if not entry.mask:
            why = "whatever is read there is 0" if "READ" in entry.instruction.name else "no bit is written there"
            yield warning("mask", "mask is 0", why, _RUN)


def actions_do_not_contradict(table: Erst | Einj) -> Iterator[Finding]:
    """Of two reads of an action, one after the other, the first is forgotten; of two writes to a place, undone."""
    before: dict[Any, tuple[int, Any]] = {}
    for i, entry in enumerate(table.entries):
        j, last = before.get(entry.action, (i, None))
        before[entry.action] = (i, entry)
        if last is None or last.replace(flags=entry.flags) == entry:
            continue
        if last.instruction in _READS and entry.instruction in _READS:
            says = f"the action reads this register after that of entry {j}"
            yield warning(f"entries[{i}].register_region", says, "the value of the last counts alone", _RUN)
        elif last.instruction == _WRITE and last.replace(value=entry.value, flags=entry.flags) == entry:
            says = f"the action writes this value after that of entry {j}, to the same bits"
            yield note(f"entries[{i}].value", says, "the last stays there, unless the hardware acts on each", _RUN)


def questions_are_answered(table: Erst | Einj) -> Iterator[Finding]:
    """An action that gets something has a step that can give it: not only some that write, or nothing."""
    gives = {entry.action for entry in table.entries if entry.instruction not in _GIVE_NOTHING}
    for i, entry in enumerate(table.entries):
        asks = isinstance(entry.action, Coded) and entry.action.name.partition("_")[0] in ("GET", "CHECK")
        if asks and entry.action not in gives:
            yield warning(f"entries[{i}].instruction", "no step of the action reads", "what it gets is 0", _RUN)


def jumps_land(table: Erst | Einj) -> Iterator[Finding]:
    """Steps of one action are counted for themselves, wherever they stand in the table."""
    many, before = Counter(entry.action for entry in table.entries), Counter[int]()
    for i, entry in enumerate(table.entries):
        before[entry.action] += 1
        steps = many[entry.action]
        if entry.instruction == _GOTO and entry.value > steps:
            says = f"goes on with step {entry.value} of an action of {steps} steps"
            yield error(f"entries[{i}].value", says, "the action ends without a word", _RUN)
        if entry.instruction == _SKIP and before[entry.action] == steps:
            says = f"leaves out step {steps} of an action of {steps} steps, counted from 0"
            yield warning(f"entries[{i}].instruction", says, "there is nothing to leave out", _RUN)
