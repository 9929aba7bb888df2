"""The command line: bytes explained and made, registers read, errors routed and walked.

JSON goes to standard output, one object per line; complaints go to standard error. Exit status 0: fine, 1: bad input,
2: bad usage.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


class BadInput(Exception):
    """Input that cannot be used; the message is for the user."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    args = _parser().parse_args(argv)
    try:
        return int(args.run(args) or 0)
    except (BadInput, ValueError) as e:  # RecordError is a ValueError
        print(f"raslib: {e}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as e:
        print(f"raslib: {e.filename or 'input or output'}: {e.strerror}", file=sys.stderr)
        return 1


# --- bytes -----------------------------------------------------------------------------------------------------------


def decode(args: argparse.Namespace) -> int:
    """Explains any supported bytes."""
    status = 0
    for name in args.file:
        try:
            status |= _decode(args, name)
        except (BadInput, ValueError) as e:  # the other files may be better
            print(f"raslib: {e}", file=sys.stderr)
            status = 1
    return status


def _decode(args: argparse.Namespace, name: str) -> int:
    from .lint import Level, lint

    status = 0
    for found in _found(name, args.kind):
        kind, data, record = found.kind, found.data, _kinds()[found.kind]
        findings = lint(record, data)
        if args.form in ("tree", "hex") and len(args.file) > 1:
            print(f"== {name}")
        try:
            print(_shown(args, name, kind, data), end="")
        except ValueError as e:
            if not any(str(e).endswith(f.says) for f in findings):
                raise
        if found.unknown:
            print(f"{name}: {found.note}; it does not tell {', '.join(found.unknown)}", file=sys.stderr)
        for f in findings:
            at = "" if f.offset is None else f" at byte {f.offset} ({f.offset:#x})"
            where = f"{record.__name__}{'.' if f.path else ''}{f.path}"
            print(f"{name}: {f.level.value}: {where}{at}: {f.says}; {f.why} [{f.cite}]", file=sys.stderr)
            status |= f.level is Level.ERROR
    return status


def _shown(args: argparse.Namespace, name: str, kind: str, data: bytes) -> str:
    """*data* in the form that was asked for. Raises `RecordError` where that form cannot show broken bytes."""
    from .formats.kinds import KINDS, TITLES
    from .views import text
    from .views.fields import record_view

    record, dialect = KINDS[kind], _dialect(args.dialect)
    if args.form == "json":
        return json.dumps(_document(name, kind, record.parse(data))) + "\n"
    if args.form == "linux":
        return _kernel_text(name, kind, record.parse(data), dialect)
    view = record_view(record, data, title=TITLES[kind], dialect=dialect)
    return text.hexdump(view) if args.form == "hex" else text.tree(view)


def _kernel_text(name: str, kind: str, record: Any, dialect: Any) -> str:
    """What the kernel's own printer would log; the sections of a CPER record as those of a status block."""
    from .formats.framing import to_status_block
    from .formats.kinds import TITLES
    from .views.kernel_log import kernel_log

    if kind not in ("status-block", "record"):
        raise BadInput(f"{name}: the kernel prints error records, not a {TITLES[kind]}")
    block = record if kind == "status-block" else to_status_block(record)
    return kernel_log(block, **({"dialect": dialect} if dialect else {}))


def _document(name: str, kind: str, record: Any) -> dict[str, Any]:
    """A record as one JSON object, from which `encode` makes the same bytes."""
    odd = list(record.as_found())
    return {"file": name, "kind": kind, **({"as_found": odd} if odd else {}), "value": record.to_json()}


def encode(args: argparse.Namespace) -> int:
    """The inverse of `decode --as json`."""
    made = b"".join(_made(args.file, document) for document in _json_objects(args.file))
    if args.output:
        Path(args.output).write_bytes(made)
    else:
        sys.stdout.buffer.write(made)
    return 0


def _made(name: str, document: Any) -> bytes:
    """The bytes of one document that `decode --as json` wrote."""
    if not isinstance(document, dict) or "value" not in document:
        raise BadInput(f"{name}: needs objects with kind and value, as `raslib decode --as json` writes them")
    kind, found = document.get("kind"), document.get("as_found", [])
    if not isinstance(kind, str) or kind not in _kinds():
        raise BadInput(f"{name}: kind is {kind!r}, not one of {', '.join(_kinds())}")
    if not isinstance(found, list) or not all(isinstance(path, str) for path in found):
        raise BadInput(f"{name}: as_found is {found!r}, not a list of paths")
    return _kinds()[kind].from_json(document["value"], frozenset(found)).build()  # type: ignore[no-any-return]


def roundtrip(args: argparse.Namespace) -> int:
    """Parses and builds again, and says whether the bytes are the same."""
    from .records import RecordError

    status = 0
    for name in args.file:
        try:
            for found in _found(name, args.kind):
                same = _kinds()[found.kind].parse(found.data).build() == found.data
                print(json.dumps({"file": name, "kind": found.kind, "identical": same}))
                status |= not same
        except RecordError as e:
            print(json.dumps({"file": name, "error": str(e), "path": e.path, "offset": e.offset}))
            status = 1
        except (BadInput, ValueError) as e:
            print(json.dumps({"file": name, "error": str(e), "path": "", "offset": None}))
            status = 1
    return status


def _found(name: str, kind: str) -> Any:
    """Everything that the file *name* holds; *kind* "auto" looks at the bytes."""
    from .intake import read_all

    try:
        return read_all(_load(name), None if kind == "auto" else kind)
    except ValueError as e:
        raise BadInput(f"{name}: {e}") from e


def _load(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as e:
        raise BadInput(f"{name}: {e.strerror}") from e


def _json_objects(name: str) -> Iterator[Any]:
    """The JSON values in a file: one, or several one after another."""
    said = _load(name).decode("utf-8", "replace").rstrip()
    decoder, at = json.JSONDecoder(), 0
    while at < len(said) or not said:  # a file of nothing is no JSON
        try:
            value, at = decoder.raw_decode(said, _BLANK.match(said, at).end())  # type: ignore[union-attr]
        except json.JSONDecodeError as e:
            raise BadInput(f"{name}: no JSON at line {e.lineno}, column {e.colno}: {e.msg}") from e
        except RecursionError:
            raise BadInput(f"{name}: JSON that is nested too deep") from None
        yield value


_BLANK = re.compile(r"\s*")


def _kinds() -> dict[str, Any]:
    from .formats.kinds import KINDS

    return KINDS


def _dialect(name: str) -> Any:
    from .formats.arm import Dialect

    return None if name == "auto" else Dialect(name)


# --- registers -------------------------------------------------------------------------------------------------------


def register(args: argparse.Namespace) -> int:
    """A syndrome or register, field by field, and what it means for RAS."""
    from .views.syndrome import explain

    for said in args.value:
        found = explain(args.command, _word(said))
        if args.form == "json":
            print(json.dumps(found.to_json()))
        elif args.form == "svg":
            from .views.bits import ruler

            print(ruler(f"{found.name} = {found.value:#x}", found.width, found.boxes(), found.value))
        else:
            print(found, end="")
    return 0


def _word(said: str) -> int:
    """A register's value: hex, as logs print it, with or without 0x; underscores are fine."""
    try:
        return int(said, 16) if not said.lower().startswith(("0b", "0o")) else int(said, 0)
    except ValueError:
        raise BadInput(f"{said!r} is not a value: give it in hex") from None


# --- the simulator ---------------------------------------------------------------------------------------------------


def route(args: argparse.Namespace) -> int:
    """Where an error goes, by the rules of the architecture."""
    from .sim.routing import RULES, State
    from .sim.routing import route as routed

    if args.batch:
        for number, state in _lines(args.batch):
            try:
                found = routed(State.from_json(state))
            except (ValueError, TypeError) as e:
                raise BadInput(f"{args.batch}, line {number}: {e}") from e
            print(json.dumps({"target": found.target, "pending": found.pending}))
        return 0
    given = dict(_pair(said) for said in args.state)
    found = routed(State.from_json({k: v if k == "kind" else _number(v) for k, v in given.items()}))
    print("stays pending" if found.target is None else f"EL{found.target}")
    print(*RULES[found.rule], sep="\n")
    return 0


def _pair(said: str) -> tuple[str, str]:
    name, equals, value = said.partition("=")
    if not equals:
        raise BadInput(f"{said!r} is not NAME=VALUE")
    return name, value


def _number(said: str) -> int:
    try:
        return int(said, 0)
    except ValueError:
        raise BadInput(f"{said!r} is not a number") from None


def _lines(name: str) -> Iterator[tuple[int, Any]]:
    """The JSON value of each line that is not empty, with its number."""
    for number, line in enumerate(_load(name).decode("utf-8", "replace").splitlines(), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as e:
                raise BadInput(f"{name}, line {number}: no JSON: {e.msg}") from e
            except RecursionError:
                raise BadInput(f"{name}, line {number}: JSON that is nested too deep") from None


def axes(args: argparse.Namespace) -> int:
    """Every choice of a scenario, with its values, default, meaning and source."""
    from .sim.scenario import AXES

    print(json.dumps([axis.to_json() for axis in AXES.values()]))
    return 0


def walk(args: argparse.Namespace) -> int:
    """One scenario, stepped from the error to its last consequence."""
    from .sim.scenario import Scenario
    from .sim.walk import outcome
    from .sim.walk import walk as walked

    if args.batch:
        for number, choices in _lines(args.batch):
            try:
                print(json.dumps({"outcome": outcome(_scenario(choices))}))
            except (ValueError, TypeError) as e:
                raise BadInput(f"{args.batch}, line {number}: {e}") from e
        return 0
    start = Scenario.from_token(args.token) if args.token else Scenario()
    trace = walked(start.choose(*args.choice))
    if args.form == "text":
        print(trace)
        return 0
    from .views.story import trace_view

    view = trace_view(trace)
    if args.form == "json":
        print(json.dumps(view))
    elif args.form == "svg":
        from .views.swimlane import swimlane

        print(swimlane(view))
    else:
        from .views.page import page

        print(page(view))
    return 0


def _scenario(choices: Any) -> Any:
    """A scenario from one line of a batch: an object of choices, a list of AXIS=VALUE, or a token."""
    from .sim.scenario import Scenario

    if isinstance(choices, dict) and set(choices) == {"token"}:
        choices = choices["token"]
    if isinstance(choices, str):
        return Scenario.from_token(choices)
    return Scenario().choose(*map(str, choices)) if isinstance(choices, list) else Scenario.from_json(choices)


# --- the kit ---------------------------------------------------------------------------------------------------------


def lab(args: argparse.Namespace) -> int:
    """JupyterLab on the notebooks."""
    from .lab import lab as start

    return start(args.arguments)


def doctor(args: argparse.Namespace) -> int:
    """What works on this machine, and how to mend what does not."""
    from .doctor import doctor as check

    return check(["--json"] if args.json else [])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="raslib", description="RAS on arm64: bytes, registers, errors on their way.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Any) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=run.__doc__.rstrip("."), description=run.__doc__)
        made.set_defaults(run=run)
        return made

    kinds = ("auto", "record", "status-block", "hest", "bert", "erst", "einj", "aest", "sdei")
    dialects = ("auto", "uefi-2.9", "uefi-2.10", "uefi-2.11")
    made = command("decode", decode)
    made.add_argument("file", nargs="+", metavar="FILE", help="binary, hex text or a log; - is standard input")
    made.add_argument("--as", dest="form", choices=("tree", "json", "linux", "hex"), default="tree")
    made.add_argument("--kind", choices=kinds, default="auto")
    made.add_argument("--dialect", choices=dialects, default="auto", help="how to read ARM error types")
    made = command("encode", encode)
    made.add_argument("file", metavar="FILE.json")
    made.add_argument("-o", dest="output", metavar="OUT")
    made = command("roundtrip", roundtrip)
    made.add_argument("file", nargs="+", metavar="FILE")
    made.add_argument("--kind", choices=kinds, default="auto")
    for name in ("esr", "disr", "vsesr", "vdisr"):
        made = command(name, register)
        made.add_argument("value", nargs="+", metavar="VALUE", help="in hex")
        made.add_argument("--as", dest="form", choices=("text", "json", "svg"), default="text")
    made = command("route", route)
    made.add_argument("state", nargs="*", metavar="NAME=VALUE", help="kind=serror EL=1 HCR_EL2.AMO=1 ...")
    made.add_argument("--batch", metavar="FILE.jsonl")
    command("axes", axes)
    made = command("walk", walk)
    made.add_argument("choice", nargs="*", metavar="AXIS=VALUE", help="see `raslib axes`")
    made.add_argument("--token", metavar="T")
    made.add_argument("--batch", metavar="FILE.jsonl")
    made.add_argument("--as", dest="form", choices=("text", "json", "svg", "html"), default="text")
    made = command("lab", lab)
    made.add_argument("arguments", nargs=argparse.REMAINDER, help="for JupyterLab")
    made = command("doctor", doctor)
    made.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
