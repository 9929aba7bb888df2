"""The door: `diagnose` takes whatever a machine gave, and gives a `Diagnosis` to read, to draw, to keep, or to walk.

At the end what `--redact` leaves out of one before it leaves the house.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from textwrap import TextWrapper
from typing import Any, Self

from ..sim.model.scenario import Scenario
from .advice import Sentence
from .agree import Agreement, Examined, agreement
from .evidence import Constraint, constraints, tells
from .gather import Fact, Incident, Input, Progress, gather
from .report import HEADS, sentences, story

DEEP = 3  # kinds of events that are held to all scenarios, the worst first; each takes seconds


@dataclass(frozen=True)
class Diagnosis:
    """What happened, by everything that was given.

    facts: what holds for the machine: its release, tables, what could not be read
    events: errors in the order of the inputs, those that are alike as one
    cases: the worst events, each with the scenarios that agree; empty if nothing was an event
    sentences: all of it in words, each with its source; the first five are the story
    """

    facts: tuple[Fact, ...]
    events: tuple[Incident, ...]
    cases: tuple[Examined, ...]
    sentences: tuple[Sentence, ...]

    @property
    def agreeing(self) -> Agreement | None:
        """The scenarios that agree with the worst event; None: there was none."""
        return self.cases[0].agreeing if self.cases else None

    @property
    def scenario(self) -> Scenario | None:
        """The scenario that agrees with the worst event by the fewest assumptions; None: none does, or no event."""
        witnesses = self.agreeing.witnesses if self.agreeing else ()
        return witnesses[0].scenario if witnesses else None

    def by_head(self) -> list[tuple[str, list[Sentence]]]:
        """The sentences under their heads, the story first; no head without a sentence."""
        grouped = ((head, [s for s in self.sentences if s.about == about]) for about, head in HEADS.items())
        return [(head, mine) for head, mine in grouped if mine]

    def text(self) -> str:
        """To read in a terminal: the story in five lines, then what it rests on by heads, each with its source."""
        lines = list[str]()
        for head, mine in self.by_head():
            about = mine[0].about
            lines += ["", head] * (about != "story")
            for s in mine:
                source = f"  [{s.source}]" if s.source else ""
                lines.append(wrapped(f"{s.text}{source}", "" if about == "story" else "  "))
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Plain values: facts, events, the agreeing scenarios of each case, and the sentences."""
        return {
            "facts": [{"kind": f.kind, "text": f.text, "source": f.where} for f in self.facts],
            "events": [_event(event) for event in self.events],
            "cases": [_case(case) for case in self.cases],
            "sentences": [s._asdict() for s in self.sentences],
        }

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        from ..views.diagnosis import html  # which a terminal need not wait for

        return html(self)

    def redacted(self) -> Self:
        """The same without addresses, names of hosts and serial numbers, in facts, sentences and lines alike.

        The events have no bytes any more. Scenarios stay: they hold choices alone.
        """
        plain = _Redactor(self.events)
        events = {id(event): plain.event(event) for event in self.events}
        cases = tuple(c._replace(event=events[id(c.event)], **plain.case(c)) for c in self.cases)
        facts = tuple(f._replace(text=plain(f.text), where=plain(f.where), value=None) for f in self.facts)
        sentences = tuple(s._replace(text=plain(s.text), source=plain(s.source)) for s in self.sentences)
        return replace(self, facts=facts, events=tuple(events.values()), cases=cases, sentences=sentences)


def diagnose(*inputs: Input, release: str = "", progress: Progress | None = None) -> Diagnosis:
    """What happened, from any mixture of logs, tables, records, traces and dumps, as a `Diagnosis`.

    *inputs* are files or folders (`Path`), texts, bytes, or pairs of a name and one of these: what `read_all` takes.
    *release* is that of the kernel, `6.6.30` say, where no line tells it. *progress* is called with bytes done and all
    bytes of a large log. An event is one error; those that are alike are one event with a count, and the worst three
    are held to every scenario there is. Raises ValueError if nothing in any of them can be read, or nothing was given.

    >>> from raslib import diagnose
    >>> lines = "{1}[Hardware Error]: event severity: fatal", "Kernel panic - not syncing: Fatal hardware error!"
    >>> list(diagnose("\\n".join(lines)).agreeing.ends)
    ['host_panic']
    """
    if not inputs:
        raise ValueError("nothing was given: a log, a table, a record, a panic")
    gathered = gather(inputs, progress)
    if not (gathered.events or any(f.kind != "unread" for f in gathered.facts)):
        unread = "".join(f"; {f.where}: {f.text}" for f in gathered.facts)
        raise ValueError(f"nothing of an error, of a table or of a machine is in it{unread}")
    worst = sorted((event for event in gathered.events if tells(event)), key=_badness)[:DEEP]
    cases = list[Examined]()
    for event in worst:
        seen = constraints(event, gathered, release)
        cases.append(Examined(event, seen, agreement(seen, ask=not cases)))
    told = (*story(gathered, cases), *sentences(gathered, cases))
    if worst and gathered.guest(worst[0]):
        told = tuple(s._replace(text=s.text.replace("the host's kernel", "the guest's kernel")) for s in told)
    return Diagnosis(tuple(gathered.facts), tuple(gathered.events), tuple(cases), told)


_SEVERITIES = {1: 0, 0: 1, None: 2, 2: 3, 3: 4}
_DEADLY = ("panic", "oops", "sea", "serror", "firmware")


def _badness(event: Incident) -> tuple[int, int]:
    """What stopped something comes first, then by severity."""
    deadly = any(one.kind in _DEADLY for one in event.observations)
    return 0 if deadly else 1, _SEVERITIES[None if event.severity is None else int(event.severity)]


def _event(event: Incident) -> dict[str, Any]:
    return {
        "source": event.where(),
        "time": event.found.time,
        "host": event.found.host,
        "hest_source": event.found.source,
        "severity": None if event.severity is None else event.severity.name,
        "sections": list(event.titles),
        "count": event.count,
        "lines": [{"line": one.line, "kind": one.kind, "text": one.text} for one in event.observations],
    }


def _case(case: Examined) -> dict[str, Any]:
    agreeing = case.agreeing
    return {
        "event": case.event.where(),
        "seen": [{"says": c.says, "source": c.where} for c in case.constraints],
        "scenarios": {"agree": agreeing.agree, "of": agreeing.of, "ends": agreeing.ends},
        "witnesses": [
            {"token": w.scenario.token(), "choices": w.scenario.chosen(), "end": w.end, "assumed": w.assumed}
            for w in agreeing.witnesses
        ],
        "apart": agreeing.apart and agreeing.apart._asdict(),
        "conflict": [{"says": c.says, "source": c.where} for c in agreeing.conflict],
    }


def wrapped(text: str, indent: str) -> str:
    """*text* in lines for a terminal; what goes on is indented further, and no word is cut."""
    return TextWrapper(118, indent, "    ", break_long_words=False, break_on_hyphens=False).fill(text)


# --- what may not leave the house ------------------------------------------------------------------------------------

_HEX = re.compile(r"\b(?:0x[0-9a-fA-F]{4,16}|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,16}|\d{9,20})\b")
_KEPT = re.compile(r"(?i)(?:esr\w*|code|syndrome|status|mask|midr|abort:)[ :=/()]*$")  # what a number may follow
_SERIAL = r"(?i)(serial(?: ?(?:number|no\.?))?|s/n|service tag|uuid|fru_id|fru_text)([ :=]+)[^\s,;]+"
_OTHERS = (
    (re.compile(_SERIAL), r"\1\2<left out>"),
    (re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<guid>"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b"), "<address>"),
    (re.compile(r"\b(page|row|pfn|failure)(:? )?:?0x[0-9a-f]+"), r"\1\2<address>"),
)


class _Redactor:
    """Texts without names of hosts and parts in *events*, and without numbers that may be addresses; syndromes stay."""

    def __init__(self, events: Iterable[Incident]) -> None:
        names = {event.found.host for event in events} | {o.host for event in events for o in event.observations}
        names |= {str(entry.fru_text).strip() for e in events if e.block for entry in e.block.entries}
        longest_first = sorted(map(re.escape, names - {""}), key=len, reverse=True)
        self.names = re.compile(rf"(?<![\w-])(?:{'|'.join(longest_first)})(?![\w-])") if longest_first else None

    def __call__(self, text: str) -> str:
        for pattern, by in _OTHERS:
            text = pattern.sub(by, text)
        text = _HEX.sub(lambda found: found[0] if _KEPT.search(text[: found.start()][-24:]) else "<address>", text)
        return self.names.sub("<name>", text) if self.names else text

    def event(self, event: Incident) -> Incident:
        """*event* without its bytes, and with its lines redacted."""
        lines = tuple(replace(one, text=self(one.text), values=(), host="") for one in event.observations)
        found = replace(event.found, data=b"", note=self(event.found.note), observations=(), host="")
        return replace(event, found=found, observations=lines, addresses={}, file=self(event.file))

    def case(self, case: Examined) -> dict[str, Any]:
        """What of *case* has texts in it, redacted."""
        agreeing = case.agreeing._replace(conflict=tuple(map(self._constraint, case.agreeing.conflict)))
        return {"constraints": tuple(map(self._constraint, case.constraints)), "agreeing": agreeing}

    def _constraint(self, one: Constraint) -> Constraint:
        return one._replace(says=self(one.says), where=self(one.where))
