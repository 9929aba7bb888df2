"""Commands about one scenario under other releases, and outside the simulator."""

import argparse

from .shared import BadInput, hest, put, scenario, shown


def versions(args: argparse.Namespace) -> None:
    """One scenario under every release of firmware, kernels and QEMU: which are one story, and where others part.

    Example: raslib versions host.notify=SDEI
    """
    from ..sim.model.outcome import sentence
    from ..sim.releases import versions as found_in

    lines = []
    for version in (found := found_in(scenario(args.scenario))):
        lines.append(f"{version.axis} {', '.join(version.words)}: {sentence(version.outcome['end'])}")
        if version.parts:
            at, there, here = version.parts
            lines.append(f"    from step {at} on: {here or 'nothing more'}; before: {there or 'nothing more'}")
    shown(args.form, [version._asdict() for version in found], lines)


def since(args: argparse.Namespace) -> None:
    """Since which release a scenario ends as it does, and until which; all else as it is.

    Example: raslib since error.category=UEU
    """
    from ..sim.releases import since as found_in

    lines = []
    for axis, first, last, before, after in (found := found_in(scenario(args.scenario), args.of)):
        earlier = "in all that are older" if before is None else f"before: {before}"
        later = "in all that are newer" if after is None else f"after: {after}"
        lines.append(f"{axis}: so from {first} ({earlier}) to {last} ({later})")
    shown(args.form, [row._asdict() for row in found], lines)


def impact(args: argparse.Namespace) -> None:
    """What another release, or a patch, moves: how many scenarios end otherwise with it, exactly, and how.

    Example: raslib impact host.linux=7.1 host.linux=7.3 host.notify=SEA
    """
    from ..sim.explore import Space
    from ..sim.model.scenario import pair_of, values_of
    from ..sim.releases import impact as found_in

    before, after = (values_of(dict([pair_of(said)])) for said in (args.before, args.after))
    if before.keys() != after.keys():
        raise BadInput(f"{args.before} and {args.after} are not values of one axis")
    space = Space.of(*args.given)
    if before.keys() & space.given.keys():
        raise BadInput(f"{args.before.partition('=')[0]} is given twice")
    found = found_in(space, before, after, args.of)
    moved = [row for row in found if row.before != row.after]
    lines = [
        f"{sum(row.scenarios for row in moved):,} of {sum(row.scenarios for row in found):,} scenarios end otherwise"
    ]
    lines += [f"  {r.scenarios:,}: {r.before} -> {r.after}  [raslib walk --token {r.witness.token()}]" for r in moved]
    shown(args.form, [row._asdict() | {"witness": row.witness.token()} for row in found], lines)


def reproduce(args: argparse.Namespace) -> None:
    """A scenario as a file that does it again, with what it needs and what is expected to happen.

    A QMP script in Python, a shell script for the kernel's EINJ files, one that makes ACPI tables for a guest of QEMU,
    a C program for KVM, or an experiment of the lab. What a form cannot do is refused, and the reason given.

    Example: raslib reproduce begin=qmp cper.severity=FATAL --as qmp -o inject.py
    """
    from ..reproductions import reproduce as reproduced

    s = scenario(" ".join(args.scenario) or "-")
    table = hest(args.hest, args.limit) if args.hest else None
    try:
        text = str(reproduced(s, args.form, hest=table))
    except ValueError as e:
        raise BadInput(f"no {args.form}: {e}") from e
    put(text, args.output)
