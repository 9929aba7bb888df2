"""A kernel log as the simulator says that a scenario is logged: the record by our printer, all else in quoted words."""

import random
import re
from collections.abc import Iterable, Iterator
from typing import Any

from raslib.diagnosis.agree import _Watch
from raslib.diagnosis.evidence import PRINTED, Constraint
from raslib.sim.explore.monitor import Objection
from raslib.sim.model.platform import PHYSICAL_ADDRESS
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.model.trace import ArmException, CperBytes, Step, Trace
from raslib.sim.walk import events, walk
from raslib.views.kernel_log import kernel_log

PFN = PHYSICAL_ADDRESS >> 12
QUOTED = re.compile(r'"([^"]+)"')
OWN = {
    "apei.fatal": "Kernel panic - not syncing: Fatal hardware error!",
    "kernel.oops-panics": "Kernel panic - not syncing: synchronous external abort: Fatal exception",
    "mm.by-consumer": "Memory failure: {pfn:#x}: recovery action for dirty LRU page: Recovered",
    "mm.by-kick": "Memory failure: {pfn:#x}: recovery action for dirty LRU page: Recovered",
    "mm.by-worker": "Memory failure: {pfn:#x}: recovery action for dirty LRU page: Recovered",
    "mm.drops": "Memory failure: {pfn:#x}: recovery action for clean LRU page: Recovered",
    "mm.signals-ao": "Memory failure: {pfn:#x}: Sending SIGBUS to {whom}:12 due to hardware memory corruption",
    "mm.signals-ar": "Memory failure: {pfn:#x}: Sending SIGBUS to {whom}:12 due to hardware memory corruption",
}

OFTEN_OTHERWISE = (
    "error.category",
    "error.report",
    "error.access",
    "error.touched_later",
    "cpu.running",
    "cper.section",
)
OFTEN_OTHERWISE += ("cper.severity", "host.notify", "host.linux", "host.page", "host.owner", "host.kill", "host.oops")


def logged(s: Scenario, seed: int = 0) -> str:
    """The log of *s*, or as much of it as *seed* leaves: each line but the record's may be missing. Empty: nothing."""
    lines = [f"Linux version {s.host.linux.value}.0-test (builder@host)"] if seed % 3 else []
    rng, at = random.Random(seed), 0.0
    for block in _blocks(walk(s)):
        at += 1.0
        if seed == 0 or len(block) > 3 or rng.random() < 0.8:
            lines += [f"[{at + n / 1000:12.6f}] {line}" for n, line in enumerate(block)]
    return "\n".join(lines) if at else ""


def _blocks(trace: Trace) -> Iterator[list[str]]:
    """What each step of the host logs."""
    s, block = trace.scenario, b""
    for step in trace:
        if isinstance(step.carries, CperBytes) and step.machine == "host":
            block = step.carries.block
        if step.machine != "host":
            continue
        if step.text.key in PRINTED and not s.host.repeated:
            head = "{1}[Hardware Error]: "
            source = "Hardware error from APEI Generic Hardware Error Source: 0"
            yield [head + line for line in (source, *kernel_log(block, s.host.linux.value).splitlines())]
        if isinstance(step.carries, ArmException) and step.el != "HW":
            continue
        yield from ([line] for line in _lines(step, trace))


def _lines(step: Step, trace: Trace) -> Iterator[str]:
    key = step.text.key
    if key in ("kernel.oops", "kernel.oops-panics"):
        esr = next((t.carries.esr for t in reversed(trace.steps) if isinstance(t.carries, ArmException)), 0)
        yield f"Internal error: synchronous external abort: {esr:016x} [#1] SMP"
    if key in OWN:
        whom = "qemu-system-aar" if any(name == "QEMU signal" for name, _ in step.sets) else "app"
        yield OWN[key].format(pfn=PFN, whom=whom)
    elif step.actor == "memory_failure" and "log" in dict(step.args):
        yield from (f"Memory failure: {PFN:#x}: {words}" for words in QUOTED.findall(str(dict(step.args)["log"])))
    elif step.el not in ("EL0", "HW"):
        panics = "Kernel panic - not syncing: " if "panics" in step.does and step.el != "EL3" else ""
        lead = (
            "GHES: " if step.actor == "APEI" and not panics else f"Memory failure: {PFN:#x}: " if "mm." in key else ""
        )
        yield from (f"{panics}{'' if panics else lead}{words}" for words in QUOTED.findall(step.does))


def random_scenario(rng: random.Random) -> Scenario:
    """Any scenario of a host that begins with an error; its guest as by default."""
    chosen = {}
    for name, axis in AXES.items():
        if name not in ("stance", "begin") and not name.startswith(("guest.", "ask.")):
            often = 0.3 if name in OFTEN_OTHERWISE else 0.93
            chosen[name] = axis.default if rng.random() < often else rng.choice(axis.values)
    return Scenario.from_json({name: AXES[name].word(value) for name, value in chosen.items()})


def agrees(s: Scenario, constraints: Iterable[Constraint]) -> bool:
    """Does the one scenario *s* agree? By its own walk, without the diagram."""
    watch = _Watch(constraints, {})
    state: Any = watch.first
    for axis in AXES:
        state = watch.choice(state, axis, s[axis])
        if isinstance(state, Objection):
            return False
    for event in events(s):
        state = watch.step(state, event) if isinstance(event, Step) else watch.mark(state, event)
    return watch.end(state) is None
