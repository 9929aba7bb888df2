"""What was found, in sentences, each with the line or the source that it rests on."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..formats.cper import Severity
from ..formats.esr import Esr
from ..rules import check
from ..sim.model.outcome import ENDS
from ..sim.model.scenario import AXES, Scenario
from ..sim.model.sources import label
from ..sim.model.trace import Step, Trace
from ..sim.walk import walk
from .agree import SHOWN, Agreement, Case, Witness
from .gather import Event, Gathered, physical_addresses

# what a sentence is about -> the head it stands under
HEADS: dict[str, str] = {
    "story": "The story",
    "fact": "The machine",
    "event": "What was reported",
    "did": "What the kernel did with it, and by which rule",
    "agrees": "Which scenarios agree",
    "apart": "What would tell them apart",
    "conflict": "What contradicts what",
    "silent": "What was not logged, and why",
    "hidden": "What no log shows",
    "lint": "What is wrong with the tables",
    "next": "What to do next",
}


class Sentence(NamedTuple):
    """One sentence: what it is about, a key of `HEADS`; its text; and the line, document or function it rests on."""

    about: str
    text: str
    source: str = ""


# --- the story: five lines --------------------------------------------------------------------------------------------


def story(gathered: Gathered, cases: tuple[Case, ...]) -> Iterator[Sentence]:
    """The first lines: what was reported, what followed, what it comes to, what to ask, what to do."""
    if not cases:
        yield from _nothing(gathered)
        return
    case = cases[0]
    yield Sentence("story", _reported(case.event), case.event.where())
    yield Sentence("story", *_followed(case.event))
    yield Sentence("story", _comes_to(case.agreeing))
    if case.agreeing.apart:
        yield Sentence("story", f"Ask next: {_asks(case.agreeing)}")
    yield from (Sentence("story", f"Do next: {s.text}", s.source) for s in list(_next(gathered, cases))[:1])


def _nothing(gathered: Gathered) -> Iterator[Sentence]:
    """No line tells of a hardware error: what is there instead."""
    tables = [fact.text for fact in gathered.facts if fact.kind == "table"]
    what = (
        f"there {'is' if len(tables) == 1 else 'are'} {'; '.join(tables)}" if tables else "there are lines of a kernel"
    )
    yield Sentence("story", f"No hardware error is reported here: {what}.")
    for event in gathered.events:
        for one in event.observations:
            if isinstance(esr := dict(one.values).get("esr"), int):
                text = f"The syndrome {esr:#x} is {_of_syndrome(esr)}: no external abort. Read it: raslib esr {esr:#x}"
                yield Sentence("story", text, event.where(one.line))


def _of_syndrome(esr: int) -> str:
    frame = Esr.parse(esr & 0xFFFF_FFFF)
    return getattr(frame.EC, "means", f"of class {int(frame.EC):#x}")


def _reported(event: Event) -> str:
    """Who reported what, in a sentence."""
    if event.block is None:
        return f"No record was logged; a line says: {event.observations[0].text[:100]!r}."
    severity = event.severity.name.lower() if event.severity is not None else "of a severity that is not told:"
    what = " and ".join(dict.fromkeys(event.titles)) or "no section"
    where = next((f", at {address:#x}" for address in physical_addresses(event.block)), "")
    many = f", {event.count} times alike" if event.count > 1 else ""
    at = f"{event.found.time}: " if event.found.time else ""
    return f"{at}{_by(event)} reported a {severity} error ({what}){where}{many}."


def _by(event: Event) -> str:
    if event.before_boot:
        return "Firmware kept a record over the reset (BERT), which"
    if event.found.source:
        return f"HEST source {event.found.source}"
    return "A CPER record" if event.found.kind == "record" else "Firmware"


def _followed(event: Event) -> tuple[str, str]:
    """What lines show of consequences."""
    first = event.found.lines[0] or event.observations[0].line
    lines = [one for one in event.observations if one.kind not in ("registers", "esr") and one.line > first]
    if not lines:
        return "Nothing more was logged of it.", ""
    shown = list(dict.fromkeys(_short(one.text) for one in lines))
    return f"Then: {'; '.join(shown[:4])}{f'; and {len(shown) - 4} more' if len(shown) > 4 else ''}.", event.where(
        lines[0].line
    )


def _short(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:87]}..."


def _comes_to(agreeing: Agreement) -> str:
    """How many agree, and what is likeliest by the fewest assumptions."""
    if not agreeing.witnesses:
        says = "; ".join(f"{c.says} ({c.where})" for c in agreeing.conflict)
        return f"No scenario agrees with all that was seen. These exclude each other: {says}."
    best = agreeing.witnesses[0]
    return (
        f"{agreeing.agree:,} of {agreeing.of:,} scenarios agree, which end in {len(agreeing.ends)} way"
        f"{'s' * (len(agreeing.ends) > 1)}; by the fewest assumptions: {best.end}, that is, {_meaning(best.end)}."
    )


def _meaning(end: str) -> str:
    host, _, signal = end.partition(", ")
    words = ENDS.get(host, host)
    return f"{words}; the kernel sent {signal}" if signal else words


def _asks(agreeing: Agreement) -> str:
    apart = agreeing.apart
    if apart is None:
        return ""
    what = f"{apart.what} ({AXES[apart.what].meaning})" if apart.what in AXES else f"is there {apart.what}?"
    return f"{what} Look at {apart.look}. It settles {apart.bits / apart.of:.0%} of what is open."


# --- everything else --------------------------------------------------------------------------------------------------


def sentences(gathered: Gathered, cases: tuple[Case, ...]) -> Iterator[Sentence]:
    """All that the story rests on."""
    yield from _facts(gathered)
    for event in gathered.events:
        yield Sentence("event", _reported(event), event.where())
        yield from (
            Sentence("event", f"{one.kind}: {one.text}", event.where(one.line)) for one in event.observations[:8]
        )
    if gathered.more:
        yield Sentence("event", f"{gathered.more} more events of other kinds are not told apart.")
    for case in cases:
        yield from _of_case(case)
    yield from _lint(gathered)
    yield from _next(gathered, cases)


def _facts(gathered: Gathered) -> Iterator[Sentence]:
    for fact in gathered.facts:
        yield Sentence("fact", fact.text, fact.where)


def _of_case(case: Case) -> Iterator[Sentence]:
    agreeing = case.agreeing
    seen = "; ".join(f"{c.says} ({c.where})" for c in case.constraints)
    yield Sentence("agrees", f"Seen: {seen}.")
    if not agreeing.witnesses:
        yield from _conflict(case)
        return
    for witness in agreeing.witnesses[:3]:
        yield _of_witness(witness, agreeing)
    if agreeing.apart:
        yield Sentence("apart", _asks(agreeing))
    trace = _walked(case, agreeing.witnesses[0].scenario)
    yield from _rules(case, trace)
    yield from _silent(case, trace)


def _of_witness(witness: Witness, agreeing: Agreement) -> Sentence:
    assumed = ", ".join(f"{axis}={word}" for axis, word in witness.assumed.items()) or "nothing"
    share = witness.scenarios / agreeing.agree
    token = witness.scenario.token()
    walk_it = f"raslib walk --token {token}" if token else "raslib walk"
    return Sentence("agrees", f"{witness.end} ({share:.1%} of them); assumed besides: {assumed}. Walk one: {walk_it}")


def _walked(case: Case, s: Scenario) -> Trace:
    """The walk of *s*: with the very bytes if it then ends the same."""
    plain = walk(s)
    if case.event.block is not None:
        own = walk(s, block=case.event.block.build())
        if own.outcome == plain.outcome:
            return own
    return plain


def _rules(case: Case, trace: Trace) -> Iterator[Sentence]:
    """The steps of the kernel that decide, each by its rule; then those that no log shows."""
    keys = frozenset[str]().union(*(c.keys for c in case.constraints))
    hidden = []
    for step in trace:
        if step.machine != "host":
            continue
        shown = step.text.key in keys
        if shown or step.actor in ("APEI", "memory_failure", "kernel"):
            mark = "shown" if shown else "not shown"
            yield Sentence("did", f"{step.actor} {step.does} ({mark} by the log). {step.why}", _cites(step))
        else:
            hidden.append(f"{step.el} {step.actor} {step.does}")
    if hidden:
        yield Sentence("hidden", "; ".join(hidden) + ".", f"raslib walk --token {trace.scenario.token()}")


def _cites(step: Step) -> str:
    return "; ".join(label(key) for key in step.text.cites)


def _silent(case: Case, trace: Trace) -> Iterator[Sentence]:
    """Of what a log may show and this one does not: must it be, may it be, and which step keeps silent."""
    agreeing, seen = case.agreeing, {c.keys for c in case.constraints if c.keys}
    for name, keys in SHOWN.items():
        if any(keys & one for one in seen):
            continue
        count = agreeing.shows[name]
        if count == agreeing.agree:
            yield Sentence(
                "silent", f"{name} must have followed, and is not here: the log is cut, filtered or rate limited."
            )
        elif not count and (step := _decides(trace)) is not None:
            yield Sentence(
                "silent", f"{name} is not to be expected: {step.actor} {step.does}. {step.why}", _cites(step)
            )
        elif count:
            yield Sentence(
                "silent", f"{name} is there in {count / agreeing.agree:.1%} of those that agree, and not in the others."
            )


def _decides(trace: Trace) -> Step | None:
    """The last step of the host's kernel that gives a reason."""
    steps = [s for s in trace if s.machine == "host" and s.actor in ("APEI", "kernel", "memory_failure") and s.why]
    return steps[-1] if steps else None


def _conflict(case: Case) -> Iterator[Sentence]:
    for one in case.agreeing.conflict:
        yield Sentence("conflict", f"{one.says}: with the others here no scenario agrees.", one.where)


def _lint(gathered: Gathered) -> Iterator[Sentence]:
    """What lint finds in the tables."""
    for fact in gathered.facts:
        if fact.kind == "table" and fact.value is not None:
            for finding in check(type(fact.value).explain(fact.value.build())):
                where = f"{type(fact.value).__name__}{'.' if finding.path else ''}{finding.path}"
                yield Sentence("lint", f"{finding.level.value}: {where}: {finding.says}; {finding.why}", finding.cite)


# --- what to do -------------------------------------------------------------------------------------------------------


def _next(gathered: Gathered, cases: tuple[Case, ...]) -> Iterator[Sentence]:
    """What somebody on call would do: page, part, firmware, configuration."""
    for case in cases:
        yield from _part(case.event)
        yield from _page(case)
        if case.agreeing.witnesses:
            token = case.agreeing.witnesses[0].scenario.token()
            yield Sentence("next", f"See what would change how it ended: raslib near {token or '-'}")
            break


def _part(event: Event) -> Iterator[Sentence]:
    """Which part to look at, as the sections name it."""
    for entry in event.block.entries if event.block else ():
        section: Any = entry.section
        fru = entry.fru_text.rstrip(b"\0").decode("ascii", "replace") if entry.validation_bits.fru_text else ""
        valid = getattr(section, "validation_bits", None)
        names = [
            n
            for n in ("node", "card", "module", "rank_number", "bank", "device", "row", "column")
            if getattr(valid, n, False)
        ]
        where = ", ".join(f"{n} {getattr(section, n)}" for n in names)
        if hasattr(section, "memory_error_type"):
            yield Sentence(
                "next",
                f"look at the memory module: {fru or where or 'the record does not name it; ask the BMC'}.",
                event.where(),
            )
        elif hasattr(section, "device_id") and hasattr(section, "aer"):
            yield Sentence(
                "next",
                f"look at the PCIe function, its slot and its driver: lspci -vvv -s {section.device_id}",
                event.where(),
            )


def _page(case: Case) -> Iterator[Sentence]:
    """What becomes of the page, or is to become of it."""
    pages = sorted(case.event.addresses.items(), key=lambda pair: -pair[1])
    if not pages:
        return
    page, count = pages[0]
    ends = case.agreeing.ends
    if case.event.severity is Severity.CORRECTED:
        much = f"{count} times in this page" if count > 1 else "once"
        yield Sentence(
            "next",
            f"corrected, {much}; to move the page: echo {page:#x} > /sys/devices/system/memory/soft_offline_page",
            case.event.where(),
        )
    elif ends and all(end.startswith("recovered") for end in ends):
        yield Sentence(
            "next",
            f"page {page:#x} is out of use until the next boot: HardwareCorrupted in /proc/meminfo counts it.",
            label("linux.memory_failure"),
        )
    elif ends and not any(end.startswith("recovered") for end in ends):
        yield Sentence(
            "next",
            f"nothing took page {page:#x} out of use: keep it from the next boot (memmap=, or firmware's own list).",
            label("linux.memory_failure"),
        )
