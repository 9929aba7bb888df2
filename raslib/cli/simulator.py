"""Commands about the simulator: errors routed and walked."""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from ..plain import printable
from .shared import (
    BadInput,
    batch,
    form_of,
    hest,
    load,
    number,
    pair,
    put,
    records,
    scenario,
    shown,
    value_of,
)


def route(args: argparse.Namespace) -> None:
    """Where an error goes, by the rules of the architecture.

    Example: raslib route kind=serror EL=1 HCR_EL2.AMO=1
    """
    from ..sim.cpu.routing import RULES, State
    from ..sim.cpu.routing import route as routed

    def answer(state: Any) -> dict[str, Any]:
        found = routed(State.from_json(state))
        return {"target": found.target, "pending": found.pending}

    if args.batch:
        batch(args.batch, args.limit, answer)
        return
    given = dict(pair(said) for said in args.state)
    state = State.from_json({k: v if k == "kind" else number(v) for k, v in given.items()})
    if args.form == "html":
        from ..views.page import register_page
        from ..views.routing import routed as shown

        print(register_page(shown(state)))
    else:
        found = routed(state)
        print("stays pending" if found.target is None else f"EL{found.target}", *RULES[found.rule], sep="\n")


def axes(args: argparse.Namespace) -> None:
    """Every choice of a scenario, with its values, default, meaning and source.

    Example: raslib axes
    """
    from ..sim.model.scenario import AXES

    print(json.dumps([axis.to_json() for axis in AXES.values()]))


def walk(args: argparse.Namespace) -> None:
    """One scenario, stepped from the error to its last consequence.

    With --hest the host has that table, binary or in any other form that `raslib decode` reads, or QEMU's: qemu-10.2. A
    host.notify that it does not have is refused; --all has a row for each of its sources. The token of such a story
    ends in a mark of the table, which has to be given again with it.

    Example: raslib walk host.notify=SDEI --as svg
    """
    from ..sim.model.scenario import Scenario
    from ..sim.walk import outcome
    from ..sim.walk import walk as walked

    table = hest(args.hest, args.limit) if args.hest else None
    if args.batch and not args.all:
        named = {"hest": table, "source": args.source}
        batch(args.batch, args.limit, lambda choices: {"outcome": outcome(_scenario(choices), **named)})
        return
    if args.ask and args.form != "html":
        raise BadInput("--ask takes --as html: no other form hides what is to come")
    start = _of_token(args.token, table, args) if args.token else Scenario()
    if args.file:
        start = _read(args.file, args.limit)
    if args.guest_hest:
        start = start.but(guest=start.guest.offered(hest(args.guest_hest, args.limit)))
    s = start.choose(*args.choice)
    if args.all:
        _every_source(table, s, args)
        return
    trace = walked(s, hest=table, source=args.source)
    if args.form == "text":
        print(trace)
        return
    from ..views.trace_view import trace_view

    view = trace_view(trace)
    if args.ask:
        from ..learn.ask import questions

        view |= {"questions": [question.view() for question in questions(trace)], "lesson": "walk"}
    if args.form == "json":
        print(json.dumps(view))
    elif args.form == "svg":
        from ..views.swimlane import swimlane

        print(swimlane(view))
    else:
        from ..views.page import page

        print(page(view))


def _of_token(token: str, table: Any, args: argparse.Namespace) -> Any:
    """The scenario of a token; if that has the mark of a table, *table* must be it, and its source is taken."""
    from ..sim.model.platform import table_mark
    from ..sim.model.scenario import Scenario

    token, tilde, mark = token.partition("~")
    if tilde:
        _, dot, source = mark.partition(".")
        args.source = number(source) if dot else args.source
        given = table_mark(table, args.source) if table else "none"
        if given != f"~{mark}":
            raise BadInput(f"this token is of a story with the HEST ~{mark}; --hest gives {given}")
    return Scenario.from_token(token)


def _every_source(table: Any, s: Any, args: argparse.Namespace) -> None:
    """Prints what becomes of the error of *s* for every source of the HEST *table*."""
    from ..sim.every_source import every_source
    from ..views.page import table_page
    from ..views.results import sources_html, sources_text

    if table is None or args.batch or args.form == "svg":
        raise BadInput("--all takes --hest FILE, and has no --batch and no svg")
    found = every_source(table, s)
    if args.form == "json":
        print(json.dumps(found.to_json()))
    else:
        print(sources_text(found) if args.form == "text" else table_page(found.title, sources_html(found)))


def _read(name: str, limit: int) -> Any:
    """A scenario from a file of choices: JSON if it begins as an object does, else TOML."""
    from ..sim.model.scenario import Scenario

    said, name = load(name, limit).decode("utf-8", "replace"), printable(name)
    try:
        if said.lstrip().startswith("{"):
            return Scenario.from_json(value_of(said, name))
        return Scenario.from_toml(said)
    except ValueError as e:
        raise BadInput(f"{name}: {e}") from e


def _scenario(choices: Any) -> Any:
    """A scenario from one line of a batch: an object of choices, a list of AXIS=VALUE, or a token."""
    from ..sim.model.scenario import Scenario

    if isinstance(choices, dict) and set(choices) == {"token"}:
        choices = choices["token"]
    if isinstance(choices, str):
        return Scenario.from_token(choices)
    return Scenario().choose(*map(str, choices)) if isinstance(choices, list) else Scenario.from_json(choices)


def compare(args: argparse.Namespace) -> None:
    """Two scenarios step by step: where they part, by which choice, and how each ends.

    Of two files, the fields of the records or tables in them that are not the same.

    Example: raslib compare - guest.notify=none --as text
    """
    if all(Path(name).is_file() for name in args.scenario):
        _differing(args.scenario, args.form)
        return
    from ..sim.compare import compare as compared

    table = hest(args.hest) if args.hest else None
    found = compared(*map(scenario, args.scenario), hest=table, source=args.source)
    if args.form == "html":
        from ..views.page import comparison_page

        print(comparison_page(found))
    else:
        shown(args.form, [found.to_json()], [found])


def _differing(names: list[str], form: str | None) -> None:
    """Prints how the first record of a file differs from that of another, field by field."""
    from ..formats.kinds import KINDS
    from ..views.bytes_view import differences
    from ..views.page import differences_page

    a, b = (next(records(name, "auto")) for name in names)
    if a.kind != b.kind:
        raise BadInput(f"{printable(names[0])} is a {a.kind}, {printable(names[1])} a {b.kind}")
    if form == "html":
        print(differences_page(KINDS[a.kind], a.data, b.data, [Path(name).name for name in names]))
    else:
        found = differences(KINDS[a.kind], a.data, b.data)
        shown(form, [found], (f"{row['path']}: {row['a'] or '-'} | {row['b'] or '-'}" for row in found))


def sweep(args: argparse.Namespace) -> None:
    """How many scenarios end how, exactly, over all that is not given.

    Example: raslib sweep --by host.notify,guest.notify host.first=firmware
    """
    from ..sim.explore import Space
    from ..views.results import outcomes_text

    found = Space.of(*args.given).table(*args.by.split(","), of=args.of)
    shown(args.form, found.to_json(), [outcomes_text(found)])


def find(args: argparse.Namespace) -> None:
    """The scenario with the fewest choices that ends so; exit status 1 if none does.

    Example: raslib find end=host_panic host.first=kernel
    """
    from ..sim.explore import Space

    space, wanted = Space.of(*args.given), dict(pair(said) for said in args.ends.split(","))
    found = space.witness(**wanted)
    if found is None:
        there = sorted({f"{part}={getattr(outcome, part)}" for outcome in space.outcomes() for part in wanted})
        raise BadInput(f"no scenario ends with {args.ends}; there are {', '.join(there)}")
    print(json.dumps({"token": found.token(), "choices": found.chosen()}))


def near(args: argparse.Namespace) -> None:
    """The choices that matter in a scenario: each that, changed alone, ends it otherwise; and the nearest other end.

    Example: raslib near guest.notify=none
    """
    from ..sim.explore import Space
    from ..sim.model.outcome import ENDS
    from ..sim.walk import outcome

    space, s = Space.of(), scenario(args.scenario)
    nearest = space.nearest(s)
    matters = {axis: {word: o._asdict() for word, o in words.items()} for axis, words in space.matters(s).items()}
    other = nearest and {"changes": nearest.changes, "outcome": nearest.outcome._asdict()}
    ends = outcome(s)["end"], *(then["end"] for words in matters.values() for then in words.values())
    lines = [f"ends with {ends[0]}; what one other choice would lead to:"]
    for axis, words in matters.items():
        lines.append(f"  {axis:24} " + ", ".join(f"{word}: {then['end']}" for word, then in words.items()))
    lines += ["", *(f"{end}: {ENDS[end]}" for end in dict.fromkeys(ends))]
    shown(args.form, [{"outcome": outcome(s), "nearest": other, "matters": matters}], lines)


def prove(args: argparse.Namespace) -> int:
    """Holds the sentences of the argument against every scenario there is.

    Example: raslib prove I1 I2
    """
    from ..cache import cached
    from ..sim.invariants import INVARIANTS, called

    if unknown := [name for name in args.name if called(name) is None]:
        raise BadInput(f"no invariant is called {unknown[0]!r}; there are {', '.join(i.name for i in INVARIANTS)}")
    names, form = sorted({called(name) or "" for name in args.name}), form_of(args.form)
    answer = json.loads(cached("-".join(["prove", form, *names]), lambda: json.dumps(_proved(names, form))))
    print(answer["text"])
    return int(not answer["holds"])


def _proved(names: list[str], form: str) -> dict[str, Any]:
    """What came of these invariants, as it is printed, and whether all hold."""
    from ..sim.invariants import prove as proved
    from ..sim.invariants import to_json
    from ..views.results import verdicts_text

    verdicts = proved(*names)
    text = verdicts_text(verdicts) if form == "text" else "\n".join(json.dumps(to_json(v)) for v in verdicts)
    return {"text": text, "holds": all(v.holds for v in verdicts)}


def stories(args: argparse.Namespace) -> None:
    """Writes all stories: as JSON for raslib/views/static/automaton.js, or as a page with switches.

    Example: raslib stories -o stories.html --as html begin=error
    """
    from ..cache import cached
    from ..sim.explore import Space

    given = sorted(f"{axis}={value}" for axis, value in Space.of(*args.given).given.items())
    about = hashlib.sha256(repr(given).encode()).hexdigest()[:16] if given else "all"
    answer = cached(f"stories-{args.form}-{about}", lambda: _stories(args.given, args.form))
    put(answer, args.output)


def _stories(given: list[str], form: str) -> str:
    """All stories with the choices *given*, as JSON or as a page."""
    from ..sim.explore import Space
    from ..sim.explore.automaton import automaton
    from ..views.page import whatif_page

    if form == "html":
        return whatif_page(*given)
    return json.dumps(automaton(Space.of(*given).diagram), separators=(",", ":"))
