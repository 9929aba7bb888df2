"""Commands about what is wrong with bytes, and about what happened."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..formats.kinds import KINDS
from ..plain import printable
from .shared import TOO_LARGE, BadInput, each, line_of, load, put, records


def lint(args: argparse.Namespace) -> int:
    """Says which rules bytes break: where, who minds, and by which document or code.

    A finding is an error, a warning or a note; with an error the exit status is 1.

    What a kernel does with a source of a HEST depends on its release and configuration; --kernel and --config, which
    may be given more than once, say which it is.

    Example: raslib lint /sys/firmware/acpi/tables/HEST --kernel 6.1 --config CONFIG_ARM_SDE_INTERFACE=n
    """
    return each(args.file, lambda name: _lint(args, name))


def _lint(args: argparse.Namespace, name: str) -> int:
    from ..rules import FindingLevel, check

    status = 0
    for one in records(name, args.kind, args.limit):
        record = KINDS[one.kind]
        explained = record.explain(one.data)
        findings = check(explained)
        if one.kind == "hest" and not explained.error and (args.kernel or args.config):
            findings += tuple(_refused(args, explained, findings))
        status |= any(f.level is FindingLevel.ERROR for f in findings)
        for f in findings:
            as_json = {"file": name, "kind": one.kind, **f.to_json()}
            print(json.dumps(as_json) if args.form == "json" else line_of(name, record, f, sys.stdout))
        if not findings and args.form == "text":
            print(f"{printable(name)}: nothing is wrong with this {record.title}")
    return status


def _refused(args: argparse.Namespace, explained: Any, findings: Any) -> Iterator[Any]:
    """The sources of a HEST that the Linux which is asked for refuses, and of which no finding says so yet."""
    from ..formats.hest import GenericSource
    from ..rules import Finding, FindingLevel
    from ..rules.hest import architecture
    from ..sim.linux.hest_init import probe
    from ..sim.model.choices import Config, Linux
    from ..sim.model.scenario import Scenario
    from ..sim.model.sources import label

    hest, release = explained.record, args.kernel or Scenario().host.linux.value
    known = {f.path.partition(".notification")[0] for f in findings if f.level is FindingLevel.ERROR}
    for config in [_config(option) for option in args.config or ()] or [Config.ALL]:
        if architecture(hest) == "x86" and config is not Config.NO_GHES:
            continue  # the others decide on arm64 alone
        s = Scenario.of(host_linux=Linux.of(release), host_config=config)
        for i, probed in enumerate(probe(hest, s, "host")):
            where, source = f"error_sources[{i}]", probed.source
            refused = isinstance(source, GenericSource) and source.enabled and not probed.used
            if refused and where not in known:
                known.add(where)
                offset = next(span.start for span in explained.spans if span.path.startswith(where))
                says, why = f"Linux {release} does not use this source", "; ".join([probed.why, *probed.words])
                yield Finding(FindingLevel.ERROR, where, offset, says, why, label("linux.ghes_probe"))


def _config(option: str) -> Any:
    """What a kernel is built without: a value of host.config, or the option that it names, as `CONFIG_X=n`."""
    from ..sim.model.choices import Config

    options: dict[str, Config] = {value.option: value for value in Config if value is not Config.ALL}
    found = options.get(option.upper().removesuffix("=N")) or next((c for c in Config if c.value == option), None)
    if found is None:
        says = "is no option that decides what APEI hears or does; there are"
        raise BadInput(f"{option!r} {says} {', '.join(options)}")
    return found


def diagnose(args: argparse.Namespace) -> None:
    """What happened, from any mixture of logs, tables, records and panics: the story, its rules, what to do.

    Every scenario there is is held to what was seen: those that agree are counted, and the observation that would tell
    them apart is named. With --as html it is a page that stands alone; with --redact it can be mailed.

    Example: dmesg | raslib diagnose - /sys/firmware/acpi/tables/HEST
    """
    from ..diagnosis import diagnose as diagnosed
    from ..progress import Bar

    with Bar() as bar:
        inputs = [_input(name, args.limit) for name in args.file]
        seen = (lambda done, of: bar("reading", done, of)) if sys.stderr.isatty() else None
        found = diagnosed(*inputs, release=args.release, progress=seen)
    if args.redact:
        found = found.redacted()
    put(_written(found, args.form) + "\n", args.output)


def _input(name: str, limit: int) -> tuple[str, Any]:
    """What `diagnose` takes for a name: a folder or a file to be read as it comes, or the bytes of a pipe."""
    path = Path(name)
    if name != "-" and path.is_dir():
        return printable(name), path
    if name != "-" and path.is_file():
        if path.stat().st_size > limit:
            raise BadInput(TOO_LARGE.format(printable(name), limit))
        return printable(path.name), path
    return ("standard input" if name == "-" else printable(path.name)), load(name, limit)


def _written(found: Any, form: str) -> str:
    if form == "json":
        return json.dumps(found.to_json())
    if form == "html":
        from ..views.diagnosis import page

        return page(found)
    return "\n".join(map(printable, found.text().split("\n")))
