"""What was found, in sentences, each with the line or the source that it rests on."""

from collections.abc import Iterable, Iterator

from ..formats.esr import Esr
from ..intake import Observation
from ..rules import check
from ..sim.compare import compare
from ..sim.model.outcome import ENDS
from ..sim.model.platform import PHYSICAL_ADDRESS
from ..sim.model.scenario import AXES, Scenario
from ..sim.model.sources import label
from ..sim.model.trace import Step
from ..sim.walk import walk
from .advice import Sentence, what_to_do
from .agree import PANIC, SHOWN, Agreement, Apart, Examined, Witness, simplest
from .evidence import PRINTED, Constraint
from .gather import Gathered, Incident, physical_addresses

# what a sentence is about -> the head it stands under
HEADS: dict[str, str] = {
    "story": "The story",
    "fact": "The machine",
    "event": "What was reported",
    "did": "What the kernel did with it, and by which rule (* the log shows it)",
    "agrees": "Which scenarios agree",
    "apart": "What would tell them apart",
    "conflict": "What contradicts what",
    "silent": "What was not logged, and why",
    "lint": "What is wrong with the tables",
    "next": "What to do next",
}
KERNEL = ("APEI", "memory_failure", "kernel", "EL3 firmware")  # who decides what becomes of an error
DRIVERS = frozenset({"edac", "aer", "mce", "device"})  # kinds of lines by which a driver tells of an error of its own
LINES, WAYS = 8, 4  # of an event that are repeated; ways to end that are listed
TELLING = ("error.report", "cpu.running", "host.notify", "host.linux", "host.page")  # said even where as by default


# --- the story: five lines --------------------------------------------------------------------------------------------


def story(gathered: Gathered, cases: tuple[Examined, ...]) -> Iterator[Sentence]:
    """The first lines: what was reported, what followed, how it ended, what to ask, what to do."""
    if not cases:
        yield from _nothing(gathered)
        return
    event, agreeing = cases[0].event, cases[0].agreeing
    others = sum(one.count for one in gathered.events) - event.count + gathered.more
    more = f" The worst of {others + event.count} events." if others else ""
    yield Sentence("story", _reported(event, gathered.guest(event)) + more, event.where())
    yield from _elsewhere(event, gathered)
    yield _followed(event)
    unseen = "" if event.logged or event.traced else "No log says what was done with it. "
    yield Sentence("story", unseen + _ended(agreeing))
    if agreeing.apart:
        yield Sentence("story", f"Ask next: {_asks(agreeing.apart)}")
    yield from (Sentence("story", f"Do next: {s.text}", s.source) for s in [*what_to_do(cases)][:1])


def _elsewhere(event: Incident, gathered: Gathered) -> Iterator[Sentence]:
    """That it is not the host's Linux of which all else is told: a guest's, or Windows."""
    if event.by_windows:
        text = "Windows wrote the record: what its kernel did is not told. All else is what Linux would do with it."
        yield Sentence("story", text, event.where())
    if event.by_x86:
        text = "It is an x86 machine: what APEI and memory_failure() do is the same; exceptions, EL3 and KVM are not."
        yield Sentence("story", text, event.where())
    elif not event.of_memory:
        text = "The simulator has errors of memory alone: of this one it knows what Linux does with the record."
        yield Sentence("story", text, event.where())
    if guest := gathered.guest(event):
        text = f"It is a guest's log ({guest.text}): its kernel is told in the host's place, and its firmware is QEMU's"
        yield Sentence("story", f"{text} or another monitor's. What the host did is not in it.", guest.where)


def _nothing(gathered: Gathered) -> Iterator[Sentence]:
    """No line tells of a hardware error: what is there instead."""
    there = [fact.text for fact in gathered.facts if fact.kind not in ("unread", "injection")]
    there += ["commands that inject an error"] * any(fact.kind == "injection" for fact in gathered.facts)
    drivers = {one.kind for event in gathered.events for one in event.observations} & DRIVERS
    drivers |= {"rasdaemon" for fact in gathered.facts if fact.kind == "trace"}
    tell = f"Drivers tell of errors ({', '.join(sorted(drivers))}), none of which is a record that firmware reported"
    told = tell if drivers else "No hardware error is reported here"
    yield Sentence("story", f"{told}. There is: {'; '.join(there[:5]) or 'a log'}.")
    syndromes: dict[str, list[str]] = {}
    for event in gathered.events:
        for one in event.observations:
            if text := _syndrome(one):
                syndromes.setdefault(text, []).append(event.where(one.line))
    yield from (Sentence("story", text, "; ".join(where)) for text, where in syndromes.items())


def _syndrome(line: Observation) -> str:
    """Of a syndrome that is no hardware error's, or that another program than Linux printed: what reads it."""
    values = dict(line.values)
    if isinstance(esr := values.get("syndrome"), int):
        return f"{line.kind} printed a syndrome, and what it does then is not known here: raslib esr {esr:#x} reads it."
    if isinstance(esr := values.get("esr"), int):
        name = getattr(Esr.parse(esr & 0xFFFF_FFFF).EC, "means", "of a class that nobody knows")
        return f"Its syndrome is {name}, and no external abort: raslib esr {esr:#x} reads it."
    return ""


def _reported(event: Incident, guest: object = None) -> str:
    """Who reported what."""
    at = f"{event.found.time}: " if event.found.time else ""
    if event.block is None:
        return f"{at}No record was logged of it; a line says {_short(event.observations[0].text)!r}."
    severity = "an error of a severity that is not told"
    if event.severity is not None:
        severity = f"a{'n' * (event.severity.name[0] == 'I')} {event.severity.name.lower()} error"
    what = " and ".join(dict.fromkeys(event.titles)) or "no section"
    where = next((f" at {address:#x}" for address in physical_addresses(event.block)), "")
    if not event.printed:
        return f"{at}memory_failure() came to the page of the same error again ({what}{where}){_times(event)}."
    who = _who(event, "Virtual firmware" if guest else "Firmware")
    return f"{at}{who} reported {severity}: {what}{where}{_times(event)}."


def _times(event: Incident) -> str:
    until = f", until {event.last}" if event.last else ""
    return f", {event.count} times alike{until}" if event.count > 1 else ""


def _who(event: Incident, firmware: str) -> str:
    if event.before_boot:
        return f"Before the last reset {firmware[0].lower()}{firmware[1:]} (it kept the record, BERT)"
    if event.found.source:
        return f"{firmware}, by HEST source {event.found.source},"
    return "A CPER record" if event.found.kind == "record" else firmware


def _followed(event: Incident) -> Sentence:
    """What lines show of consequences."""
    first = event.found.lines[1] or min((one.line for one in event.observations), default=0)
    after = [one for one in event.observations if one.line > first and one.kind != "registers"]
    lines = {_short(one.text): one for one in after if "register" not in dict(one.values)}
    if not lines:
        return Sentence("story", "Nothing that followed is in the log.")
    more = f"; and {len(lines) - 3} more lines" if len(lines) > 3 else ""
    return Sentence("story", f"Then: {'; '.join([*lines][:3])}{more}", event.where(next(iter(lines.values())).line))


def _short(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:87]}..."


def _ended(agreeing: Agreement) -> str:
    """How it ended, by most of the scenarios that agree."""
    if not agreeing.witnesses:
        says = " and ".join(f"{c.says} ({c.where})" for c in agreeing.conflict)
        return f"No scenario agrees with all of it. What excludes each other: {says}."
    best, *others = agreeing.witnesses
    if not others:
        return f"All scenarios that agree end alike: {_meaning(best.end)}."
    words = "; or ".join(_meaning(w.end) for w in others[: WAYS - 2])
    more = f"; and {len(others) - WAYS + 2} more ways" if len(others) > WAYS - 2 else ""
    return f"By the least to assume ({_share(best, agreeing)}): {_meaning(best.end)}. Else: {words}{more}."


def _meaning(end: str) -> str:
    host, _, signals = end.partition(", ")
    words = ENDS.get(host, host)
    return f"{words} (SIGBUS sent: {signals})" if signals else words


def _share(witness: Witness, agreeing: Agreement) -> str:
    share = witness.scenarios / agreeing.agree
    words = "under 1%" if share < 0.005 else "over 99%" if 0.995 <= share < 1 else f"{share:.0%}"
    return f"{words} of what agrees"


def _asks(apart: Apart) -> str:
    what = f"{apart.what}, {AXES[apart.what].meaning}" if apart.what in AXES else f"is there {apart.what}"
    return f"{what}? Look at {apart.look}. It settles {apart.bits / apart.of:.0%} of what is open."


# --- what the story rests on ------------------------------------------------------------------------------------------


def sentences(gathered: Gathered, cases: tuple[Examined, ...]) -> Iterator[Sentence]:
    """All that the story rests on."""
    yield from (Sentence("fact", fact.text, fact.where) for fact in gathered.facts)
    for event in gathered.events:
        yield from _of_event(event, gathered.guest(event))
    if gathered.more:
        yield Sentence("event", f"{gathered.more} more events are of kinds that are not told apart.")
    for n, case in enumerate(cases):
        event = case.event
        host = not (event.by_windows or event.by_x86 or gathered.guest(event)) and event.of_memory
        yield from _of_case(case, steps=n == 0 and not event.by_windows, host=host)
    yield from _lint(gathered)
    yield from what_to_do(cases)


def _of_event(event: Incident, guest: object) -> Iterator[Sentence]:
    yield Sentence("event", _reported(event, guest), event.where())
    for one in event.observations[:LINES]:
        yield Sentence("event", f"{one.kind}: {one.text}", event.where(one.line))
    if (more := len(event.observations) - LINES) > 0:
        yield Sentence("event", f"{more} more lines of others", event.where())
    if event.printed and event.found.unknown:
        fields = [path for path in event.found.unknown if path.startswith("entries")]
        if fields:
            yield Sentence("event", f"not told by the log: {', '.join(fields[:3])}", event.where())


def _of_case(case: Examined, steps: bool, host: bool) -> Iterator[Sentence]:
    """Which scenarios agree, and if *steps*, what is done in the simplest: by others than Linux if it is a *host*."""
    agreeing = case.agreeing
    yield Sentence("agrees", f"Seen: {'; '.join(c.says for c in case.constraints)}", _places(case.constraints))
    if not agreeing.witnesses:
        yield from _conflict(case)
        return
    ways = f"{len(agreeing.ends)} way{'s' * (len(agreeing.ends) > 1)}"
    yield Sentence("agrees", f"{agreeing.agree:,} of {agreeing.of:,} scenarios agree, and end in {ways}")
    for witness in agreeing.witnesses[:WAYS]:
        yield _of_witness(witness, agreeing)
    if agreeing.apart:
        yield Sentence("apart", _asks(agreeing.apart), f"of {case.event.where()}")
    if steps:
        shown = walk(agreeing.witnesses[0].scenario)
        yield from _steps(case, (step for step in shown if host or step.actor in KERNEL[:-1]))
    yield from _silent(case)


def _places(constraints: Iterable[Constraint]) -> str:
    """Files and lines, each once."""
    return "; ".join(dict.fromkeys(c.where for c in constraints))


def _of_witness(witness: Witness, agreeing: Agreement) -> Sentence:
    other = witness.scenario.chosen()
    chosen = [f"{axis}={word}" for axis, word in witness.assumed.items() if axis in other or axis in TELLING]
    token = witness.scenario.token()
    has = ", ".join(chosen) or "nothing more"
    text = f"{_share(witness, agreeing)}: {_meaning(witness.end)}. One of them has {has}"
    if witness.lacks:
        text += f". It would have logged what is not here: {' and '.join(witness.lacks)}"
    return Sentence("agrees", text, f"raslib walk --token {token}" if token else "raslib walk")


def _steps(case: Examined, steps: Iterable[Step]) -> Iterator[Sentence]:
    """Those of the host, each with its rule and whether the log shows it."""
    for step in steps:
        if step.machine == "host":
            mark = "* " if step.text.key in case.keys else ""
            level = "" if step.actor.startswith(step.el) or step.el == "HW" else f"{step.el} "
            yield Sentence("did", f"{mark}{level}{_does(step, case.event)}", _cites(step))


def _cites(step: Step | None) -> str:
    return "; ".join(map(label, step.text.cites[:2])) if step else ""


def _does(step: Step, event: Incident) -> str:
    """What a step does, with the error's address and source as they were logged."""
    if step.text.key in PRINTED and step.text.key != "apei.fatal":
        source = f" of source {event.found.source}" if event.found.source else ""
        return f"APEI reads the block{source}: {dict(step.args)['severity']}. It claims the error"
    address = next(physical_addresses(event.block), PHYSICAL_ADDRESS)
    args = {name: address if value == PHYSICAL_ADDRESS else value for name, value in step.args}
    if event.found.source and "source_id" in args:
        args["source_id"] = event.found.source
    step = step._replace(args=tuple(args.items()))
    return f"{step.actor} {step.does}. {step.why}".rstrip(". ")


# --- what is not in the log -------------------------------------------------------------------------------------------


def _silent(case: Examined) -> Iterator[Sentence]:
    """Of what a log may show and this one does not: must it be, may it be, and which step keeps silent."""
    if not case.event.logged or case.agreeing.shows[PANIC] == case.agreeing.agree:
        return
    agreeing = case.agreeing
    for name, keys in SHOWN.items():
        silent = agreeing.silent.get(name)
        if keys & case.keys or "oops" in name or (not case.event.printed and keys == PRINTED):
            continue
        if silent is None:
            text = f"{name} must have followed, and is not here: the log is cut, filtered or rate limited"
            yield Sentence("silent", text, case.event.where())
            continue
        share = agreeing.shows[name] / agreeing.agree
        often = "in none" if not share else f"in {share:.0%}"
        step = _reason(silent)
        why = f". Where it is not: {_does(step, case.event)}" if step else ""
        yield Sentence("silent", f"{name} is there {often} of the scenarios that agree{why}", _cites(step))


def _reason(s: Scenario) -> Step | None:
    """The last step of the host's kernel that gives a reason."""
    steps = [step for step in walk(s) if step.machine == "host" and step.actor in KERNEL and step.why]
    return steps[-1] if steps else None


def _conflict(case: Examined) -> Iterator[Sentence]:
    """Each thing that excludes the others, and the rule by which all else goes without it."""
    for one in case.agreeing.conflict:
        rest = simplest(c for c in case.constraints if c is not one)
        step = _parts(rest, simplest([one])) if rest else None
        by = f"By all else, {_does(step, case.event)}" if step else "All else leaves no scenario either"
        yield Sentence("conflict", f"{one.says} ({one.where}). {by}", _cites(step))


def _parts(rest: Scenario, alone: Scenario | None) -> Step | None:
    """The step of the kernel in *rest* by which it does not do what *alone* does."""
    for a, b in compare(rest, alone).rows if alone else ():
        if a and a.machine == "host" and a.actor in KERNEL and (b is None or b.text is not a.text):
            return a
    return _reason(rest)


def _lint(gathered: Gathered) -> Iterator[Sentence]:
    """What lint finds in the tables."""
    for fact in gathered.facts:
        if fact.kind == "table" and fact.value is not None:
            kind = type(fact.value)
            for finding in check(kind.explain(fact.value.build())):
                where = f"{kind.__name__}{'.' if finding.path else ''}{finding.path}"
                text = f"{finding.level.value}: {where}: {finding.says}; {finding.why}"
                yield Sentence("lint", text, f"{fact.where}; {finding.cite}")
