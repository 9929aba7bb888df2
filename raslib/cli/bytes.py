"""Commands about bytes: explained, made, and checked."""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ..files import replacing
from ..formats.kinds import KINDS
from ..plain import check_json, printable
from . import table
from .shared import BAD, BadInput, each, holding, line_of, load, note, records, why


def decode(args: argparse.Namespace) -> int:
    """Explains any supported bytes.

    Errors that firmware records (CPER records, status blocks) and the ACPI tables that tell of them, from a file of
    bytes, hex text, a kernel's log or a mail: field by field, as JSON, as a page, as the kernel would print
    them, or as code.

    Example: raslib decode dump.bin --as linux
    """
    if args.table:
        return table.table(args)
    return each(args.file, lambda name: _decode(args, name))


def _decode(args: argparse.Namespace, name: str) -> int:
    from ..rules import FORM, FindingLevel, check

    status = 0
    for number, found in enumerate(holding(name, args.kind, args.limit)):
        if number and args.form == "html":
            raise BadInput(f"{printable(name)}: a page shows one record, and this file has more")
        if found.kind == "observations":
            status |= _observed(args, name, found)
            continue
        explained = KINDS[found.kind].explain(found.data)
        findings = [f for f in check(explained, FORM) if f.level is not FindingLevel.NOTE]
        if args.form in ("tree", "hex") and len(args.file) > 1:
            print(f"== {printable(name)}")
        try:
            print(_shown(args, name, found, explained), end="")
        except ValueError as e:
            if not any(str(e).endswith(f.says) for f in findings):
                raise
        if found.unknown:
            note(f"{printable(name)}: {found.note}; it does not tell {', '.join(found.unknown)}")
        for f in findings:
            with suppress(OSError):  # if nobody reads what is wrong, what is right is shown all the same
                print(line_of(name, explained.kind, f, sys.stderr), file=sys.stderr)
            status |= f.level is FindingLevel.ERROR
    return status


def _observed(args: argparse.Namespace, name: str, found: Any) -> int:
    """Prints the lines of a text that tell something and hold no record; of what could not be read, why."""
    if args.form == "json":
        lines = [{"line": o.line, "kind": o.kind, "text": o.text, **dict(o.values)} for o in found.observations]
        print(json.dumps({"file": name, "kind": found.kind, "note": found.note, "observations": lines}))
    elif found.observations:
        print(found.note)
        for one in found.observations:
            values = "".join(f"  {key} {v:#x}" for key, v in one.values if isinstance(v, int))
            print(f"  line {one.line}  {one.kind}: {one.text}{values}")
    if not found.observations:
        print(f"{printable(name)}: {found.note}", file=sys.stderr)
    return int(not found.observations)


def _shown(args: argparse.Namespace, name: str, found: Any, explained: Any) -> str:
    """What was read in the form that was asked for. Raises `RecordError` where that form cannot show broken bytes."""
    from ..formats.arm import Dialect
    from ..views import text
    from ..views.fields import explained_view

    dialect = None if args.dialect == "auto" else Dialect(args.dialect)
    if args.form == "html":
        from ..views.bytes_view import bytes_view
        from ..views.page import record_page

        return record_page(bytes_view(explained.kind, explained.data, dialect=dialect))
    if args.form == "json":
        return json.dumps(_document(name, found.kind, explained, dialect)) + "\n"
    if args.form == "linux":
        return _kernel_text(name, found, args.kernel, dialect)
    if args.form not in ("tree", "hex"):
        return _text(args.form, name, explained)
    view = explained_view(explained, title=explained.kind.title, dialect=dialect)
    return text.hexdump(view) if args.form == "hex" else text.tree(view)


def _text(form: str, name: str, explained: Any) -> str:
    """What was read for another tool. C and xxd take any bytes, the others a record."""
    from ..views.export import export
    from ..views.export.c import c, xxd

    if form in ("c", "xxd"):
        return c(explained.kind, explained.data) if form == "c" else xxd(explained.data)
    try:
        return export(explained.whole(), form)
    except ValueError as e:
        raise BadInput(f"{printable(name)}: no {form}: {e}") from e


def _kernel_text(name: str, found: Any, kernel: str | None, dialect: Any) -> str:
    """What the kernel's own printer would log, or that it refuses; sections of a CPER record as those of a block."""
    from ..formats.cper import CperRecord
    from ..formats.framing import to_status_block
    from ..views.kernel_log import kernel_log

    if found.kind not in ("status-block", "record"):
        raise BadInput(f"{printable(name)}: the kernel prints error records, not a {KINDS[found.kind].title}")
    block = found if found.kind == "status-block" else to_status_block(CperRecord.parse(found.data))
    return kernel_log(block, kernel, dialect)


def _document(name: str, kind: str, explained: Any, dialect: Any) -> dict[str, Any]:
    """What was read as one JSON object, from which `encode` makes the same bytes."""
    from ..views.fields import dialects

    value, read = explained.whole(), dialects(explained, dialect)
    more = {"as_found": list(value.as_found()), "dialects": read}
    return {"file": name, "kind": kind, **{key: said for key, said in more.items() if said}, "value": value.to_json()}


def encode(args: argparse.Namespace) -> None:
    """The inverse of `decode --as json`.

    Lengths, offsets, counts and checksums that the text leaves as they were are counted anew.

    Example: raslib encode edited.json -o block.bin
    """
    made = b"".join(_made(printable(args.file), document) for document in _json_objects(args.file, args.limit))
    if args.output:
        with replacing(args.output) as new:
            new.write_bytes(made)
    else:
        sys.stdout.buffer.write(made)


def _made(name: str, document: Any) -> bytes:
    """The bytes of one document that `decode --as json` wrote. They are the same in all its `dialects`."""
    if not isinstance(document, dict) or "value" not in document:
        raise BadInput(f"{name}: needs objects with kind and value, as `raslib decode --as json` writes them")
    kind, found = document.get("kind"), document.get("as_found", [])
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadInput(f"{name}: kind is {kind!r}, not one of {', '.join(KINDS)}")
    if not isinstance(found, list) or not all(isinstance(path, str) for path in found):
        raise BadInput(f"{name}: as_found is {found!r}, not a list of paths")
    return KINDS[kind].from_json(document["value"], frozenset(found)).build()


def roundtrip(args: argparse.Namespace) -> int:
    """Parses and builds again, and says whether the bytes are the same.

    A line of JSON for each file.

    Example: raslib roundtrip *.bin
    """
    from ..records import RecordError

    status = 0
    for name in args.file:
        try:
            for found in records(name, args.kind, args.limit):
                same = KINDS[found.kind].parse(found.data).build() == found.data
                print(json.dumps({"file": name, "kind": found.kind, "identical": same}))
                status |= not same
        except RecordError as e:
            print(json.dumps({"file": name, "error": str(e), "path": e.path, "offset": e.offset}))
            status = 1
        except (*BAD, RecursionError) as e:
            print(json.dumps({"file": name, "error": why(e), "path": "", "offset": None}))
            status = 1
    return status


def _json_objects(name: str, limit: int) -> Iterator[Any]:
    """The JSON values in a file: one, or several one after another."""
    said, name = load(name, limit).decode("utf-8", "replace").rstrip(), printable(name)
    decoder, at = json.JSONDecoder(), 0
    try:
        check_json(said)
        while at < len(said) or not said:  # a file of nothing is no JSON
            value, at = decoder.raw_decode(said, _BLANK.match(said, at).end())  # type: ignore[union-attr]
            yield value
    except json.JSONDecodeError as e:
        raise BadInput(f"{name}: no JSON at line {e.lineno}, column {e.colno}: {e.msg}") from e


_BLANK = re.compile(r"\s*")
