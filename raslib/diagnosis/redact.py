"""What may not leave the house, left out: addresses, names of hosts, serial numbers, in every text."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .agree import Examined
from .gather import Fact, Incident
from .machine import Constraint

_HEX = re.compile(r"\b(?:0x[0-9a-fA-F]{4,16}|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,16}|\d{9,20})\b")
_KEPT = re.compile(r"(?i)(?:esr\w*|code|syndrome|status|mask|midr|abort:)[ :=/()]*$")  # what a number may follow
_SERIAL = r"(?i)(serial(?: ?(?:number|no\.?))?|s/n|service tag|uuid|fru_id|fru_text)([ :=]+)[^\s,;]+"
_OTHERS = (
    (re.compile(_SERIAL), r"\1\2<left out>"),
    (re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<guid>"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b"), "<address>"),
    (re.compile(r"\b(page|row|pfn|failure)(:? )?:?0x[0-9a-f]+"), r"\1\2<address>"),
)


class Redactor:
    """Texts without these *names*, of hosts and parts, and without numbers that may be addresses; syndromes stay."""

    def __init__(self, hosts: Iterable[str]) -> None:
        names = sorted((re.escape(host) for host in hosts if host), key=len, reverse=True)
        self.hosts = re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?![\w-])") if names else None

    def __call__(self, text: str) -> str:
        for pattern, by in _OTHERS:
            text = pattern.sub(by, text)
        text = _HEX.sub(lambda found: found[0] if _KEPT.search(text[: found.start()][-24:]) else "<address>", text)
        return self.hosts.sub("<name>", text) if self.hosts else text

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


def redactor(facts: Iterable[Fact], events: Iterable[Incident]) -> Redactor:
    """One that knows the hosts and the parts that were named."""
    names = {event.found.host for event in events} | {o.host for event in events for o in event.observations}
    names |= {str(entry.fru_text).strip() for e in events if e.block for entry in e.block.entries}
    return Redactor(names)
