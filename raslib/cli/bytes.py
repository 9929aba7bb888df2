"""Commands about bytes: explained, made, and checked."""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import table
from .shared import BadInput, Command, each, line_of, load

KIND_NAMES = ("auto", "record", "status-block", "hest", "bert", "erst", "einj", "aest", "sdei")
_FORMS = ("tree", "json", "linux", "hex")
TEXTS = ("python", "c", "xxd", "qmp", "einj", "iasl")  # `views.export.FORMS`, which loads all formats
_DIALECT_NAMES = ("auto", "uefi-2.9", "uefi-2.10", "uefi-2.11")


def commands(command: Command) -> None:
    """decode, encode, roundtrip."""
    made = command("decode", decode)
    made.add_argument("file", nargs="+", metavar="FILE", help="binary, hex text or a log; - is standard input")
    made.add_argument("--as", dest="form", choices=(*_FORMS, *TEXTS), default="tree")
    made.add_argument("--kind", choices=KIND_NAMES, default="auto")
    made.add_argument("--dialect", choices=_DIALECT_NAMES, default="auto", help="how to read ARM error types")
    made.add_argument("--kernel", type=_release, metavar="6.1.192", help="which Linux prints --as linux (default: 7.2)")
    table.options(made)
    made = command("encode", encode)
    made.add_argument("file", metavar="FILE.json")
    made.add_argument("-o", dest="output", metavar="OUT")
    made = command("roundtrip", roundtrip)
    made.add_argument("file", nargs="+", metavar="FILE")
    made.add_argument("--kind", choices=KIND_NAMES, default="auto")


def decode(args: argparse.Namespace) -> int:
    """Explains any supported bytes."""
    if args.table:
        return table.table(args)
    return each(args.file, lambda name: _decode(args, name))


def _decode(args: argparse.Namespace, name: str) -> int:
    from ..lint import FORM, Level, lint

    status = 0
    for found in holding(name, args.kind):
        if found.kind == "observations":
            status |= _observed(args, name, found)
            continue
        data, record = found.data, _kinds()[found.kind]
        findings = [f for f in lint(record, data, FORM) if f.level is not Level.NOTE]
        if args.form in ("tree", "hex") and len(args.file) > 1:
            print(f"== {name}")
        try:
            print(_shown(args, name, found), end="")
        except ValueError as e:
            if not any(str(e).endswith(f.says) for f in findings):
                raise
        if found.unknown:
            print(f"{name}: {found.note}; it does not tell {', '.join(found.unknown)}", file=sys.stderr)
        for f in findings:
            print(line_of(name, record, f), file=sys.stderr)
            status |= f.level is Level.ERROR
    return status


def _observed(args: argparse.Namespace, name: str, found: Any) -> int:
    """Prints the lines of a text that tell something and hold no record; of what could not be read, why."""
    if args.form == "json":
        lines = [
            dict(one.values) | {"line": one.line, "kind": one.kind, "text": one.text} for one in found.observations
        ]
        print(json.dumps({"file": name, "kind": found.kind, "note": found.note, "observations": lines}))
    elif found.observations:
        print(found.note)
        for one in found.observations:
            values = "".join(f"  {key} {v:#x}" for key, v in one.values if isinstance(v, int))
            print(f"  line {one.line}  {one.kind}: {one.text}{values}")
    if not found.observations:
        print(f"{name}: {found.note}", file=sys.stderr)
    return int(not found.observations)


def _shown(args: argparse.Namespace, name: str, found: Any) -> str:
    """*found* in the form that was asked for. Raises `RecordError` where that form cannot show broken bytes."""
    from ..formats.kinds import KINDS, TITLES
    from ..views import text
    from ..views.fields import record_view

    kind, data = found.kind, found.data
    record, dialect = KINDS[kind], _dialect(args.dialect)
    if args.form in TEXTS:
        return _text(args.form, name, record, data)
    if args.form == "json":
        return json.dumps(_document(name, kind, data, dialect)) + "\n"
    if args.form == "linux":
        return _kernel_text(name, found, args.kernel, dialect)
    view = record_view(record, data, title=TITLES[kind], dialect=dialect)
    return text.hexdump(view) if args.form == "hex" else text.tree(view)


def _text(form: str, name: str, record: Any, data: bytes) -> str:
    """*data* for another tool. C and xxd take any bytes, the others a record."""
    from ..views.export import export
    from ..views.export.c import c
    from ..views.export.xxd import xxd

    if form in ("c", "xxd"):
        return c(record, data) if form == "c" else xxd(data)
    parsed = record.parse(data)
    try:
        return export(parsed, form)
    except ValueError as e:
        raise BadInput(f"{name}: no {form}: {e}") from e


def _release(said: str) -> str:
    if not re.fullmatch(r"\d+\.\d+(\.\d+)?", said):
        raise argparse.ArgumentTypeError(f"{said!r} is not a release of Linux such as 7.2 or 6.1.192")
    return said


def _kernel_text(name: str, found: Any, kernel: str | None, dialect: Any) -> str:
    """What the kernel's own printer would log, or that it refuses; sections of a CPER record as those of a block."""
    from ..formats.cper import CperRecord
    from ..formats.framing import to_status_block
    from ..formats.kinds import TITLES
    from ..views.kernel_log import kernel_log

    if found.kind not in ("status-block", "record"):
        raise BadInput(f"{name}: the kernel prints error records, not a {TITLES[found.kind]}")
    block = found if found.kind == "status-block" else to_status_block(CperRecord.parse(found.data))
    return kernel_log(block, kernel, dialect)


def _document(name: str, kind: str, data: bytes, dialect: Any) -> dict[str, Any]:
    """*data* as one JSON object, from which `encode` makes the same bytes."""
    from ..views.fields import dialects

    record = _kinds()[kind]
    value, read = record.parse(data), dialects(record, data, dialect)
    more = {"as_found": list(value.as_found()), "dialects": read}
    return {"file": name, "kind": kind, **{key: said for key, said in more.items() if said}, "value": value.to_json()}


def encode(args: argparse.Namespace) -> int:
    """The inverse of `decode --as json`."""
    made = b"".join(_made(args.file, document) for document in _json_objects(args.file))
    if args.output:
        Path(args.output).write_bytes(made)
    else:
        sys.stdout.buffer.write(made)
    return 0


def _made(name: str, document: Any) -> bytes:
    """The bytes of one document that `decode --as json` wrote. They are the same in all its `dialects`."""
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
    from ..records import RecordError

    status = 0
    for name in args.file:
        try:
            for found in records(name, args.kind):
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


def holding(name: str, kind: str) -> Any:
    """Everything that the file or folder *name* holds, as it is found; *kind* "auto" looks at the bytes."""
    from ..intake import stream

    try:
        yield from stream(load(name) if name == "-" else Path(name), None if kind == "auto" else kind)
    except ValueError as e:
        raise BadInput(f"{name}: {e}") from e
    except OSError as e:
        raise BadInput(f"{name}: {e.strerror}") from e


def records(name: str, kind: str) -> Any:
    """As `holding`, of bytes alone."""
    some = False
    for found in holding(name, kind):
        if found.kind != "observations":
            some = True
            yield found
        elif not some or not found.observations:
            raise BadInput(f"{name}: {found.note}")


def _json_objects(name: str) -> Iterator[Any]:
    """The JSON values in a file: one, or several one after another."""
    said = load(name).decode("utf-8", "replace").rstrip()
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
    from ..formats.kinds import KINDS

    return KINDS


def _dialect(name: str) -> Any:
    from ..formats.arm import Dialect

    return None if name == "auto" else Dialect(name)
