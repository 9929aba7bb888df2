"""Commands about the simulator: errors routed and walked."""

import argparse
import json
from typing import Any

from .shared import BadInput, Command, lines, number, pair


def commands(command: Command) -> None:
    """route, axes, walk."""
    made = command("route", route)
    made.add_argument("state", nargs="*", metavar="NAME=VALUE", help="kind=serror EL=1 HCR_EL2.AMO=1 ...")
    made.add_argument("--batch", metavar="FILE.jsonl")
    command("axes", axes)
    made = command("walk", walk)
    made.add_argument("choice", nargs="*", metavar="AXIS=VALUE", help="see `raslib axes`")
    made.add_argument("--token", metavar="T")
    made.add_argument("--batch", metavar="FILE.jsonl")
    made.add_argument("--as", dest="form", choices=("text", "json", "svg", "html"), default="text")


def route(args: argparse.Namespace) -> int:
    """Where an error goes, by the rules of the architecture."""
    from ..sim.routing import RULES, State
    from ..sim.routing import route as routed

    if args.batch:
        for at, state in lines(args.batch):
            try:
                found = routed(State.from_json(state))
            except (ValueError, TypeError) as e:
                raise BadInput(f"{args.batch}, line {at}: {e}") from e
            print(json.dumps({"target": found.target, "pending": found.pending}))
        return 0
    given = dict(pair(said) for said in args.state)
    found = routed(State.from_json({k: v if k == "kind" else number(v) for k, v in given.items()}))
    print("stays pending" if found.target is None else f"EL{found.target}")
    print(*RULES[found.rule], sep="\n")
    return 0


def axes(args: argparse.Namespace) -> int:
    """Every choice of a scenario, with its values, default, meaning and source."""
    from ..sim.scenario import AXES

    print(json.dumps([axis.to_json() for axis in AXES.values()]))
    return 0


def walk(args: argparse.Namespace) -> int:
    """One scenario, stepped from the error to its last consequence."""
    from ..sim.scenario import Scenario
    from ..sim.walk import outcome
    from ..sim.walk import walk as walked

    if args.batch:
        for at, choices in lines(args.batch):
            try:
                print(json.dumps({"outcome": outcome(_scenario(choices))}))
            except (ValueError, TypeError) as e:
                raise BadInput(f"{args.batch}, line {at}: {e}") from e
        return 0
    start = Scenario.from_token(args.token) if args.token else Scenario()
    trace = walked(start.choose(*args.choice))
    if args.form == "text":
        print(trace)
        return 0
    from ..views.story import trace_view

    view = trace_view(trace)
    if args.form == "json":
        print(json.dumps(view))
    elif args.form == "svg":
        from ..views.swimlane import swimlane

        print(swimlane(view))
    else:
        from ..views.page import page

        print(page(view))
    return 0


def _scenario(choices: Any) -> Any:
    """A scenario from one line of a batch: an object of choices, a list of AXIS=VALUE, or a token."""
    from ..sim.scenario import Scenario

    if isinstance(choices, dict) and set(choices) == {"token"}:
        choices = choices["token"]
    if isinstance(choices, str):
        return Scenario.from_token(choices)
    return Scenario().choose(*map(str, choices)) if isinstance(choices, list) else Scenario.from_json(choices)
