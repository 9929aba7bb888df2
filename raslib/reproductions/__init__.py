"""A scenario as something that runs elsewhere: QMP, EINJ, ACPI tables, a program for KVM, an experiment of the lab.

`reproduce` is the verb. Each form is a function; it says what it needs, how the machine has to be set up, and what the
simulator expects to happen. What a form cannot do it refuses in a sentence.
"""

from collections.abc import Callable

from ..formats.hest import Hest
from ..sim.model.scenario import Scenario
from .kvm import kvm
from .live import live
from .parts import Reproduction
from .scripts import acpi, einj, qmp

_Form = Callable[[Scenario, Hest | None], Reproduction]
FORMS: dict[str, _Form] = {"qmp": qmp, "einj": einj, "acpi": acpi, "kvm": kvm, "live": live}


def reproduce(s: Scenario, form: str, *, hest: Hest | None = None) -> Reproduction:
    """*s* as a file in one of `FORMS`; `str` of it is the file.

    - "qmp": a Python script that has QEMU give its guest the block (`inject-ghes-v2-error`, QEMU 10.2).
    - "einj": a shell script that asks firmware for the error through the kernel's EINJ files.
    - "acpi": a shell script that compiles the host's HEST, moved to memory that QEMU has, for a guest's initrd.
    - "kvm": a C program that asks KVM for what a vCPU is to meet (`KVM_SET_VCPU_EVENTS`), and compares.
    - "live": a Python script that has `raslib.live` ask a real kernel under QEMU.

    *hest* is the host's table, as for `walk`.

    >>> from raslib import Scenario
    >>> print(reproduce(Scenario.of("begin=qmp"), "qmp").expected[0])
    The guest: A process got SIGBUS with BUS_MCEERR_AO: it may let go of the memory.
    >>> reproduce(Scenario.of("begin=qmp"), "einj")
    Traceback (most recent call last):
    ValueError: EINJ injects errors of hardware, and this scenario begins with none: somebody asks QEMU ...

    Raises ValueError where there is no such form, where *s* cannot be had by it, and as `walk` does.
    """
    if form not in FORMS:
        raise ValueError(f"{form!r} is none of {', '.join(FORMS)}")
    return FORMS[form](s, hest)
