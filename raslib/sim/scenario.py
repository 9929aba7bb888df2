"""What goes wrong, and how each machine was set up to hear of it. Choices; no behaviour."""

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any, Self

from ..formats.cper import Severity
from ..formats.hest import Hest, Notify
from . import platform
from .axes import Axis, Choice, Choices, ScenarioError, Version, axis, from_token, made, named, to_token


class Stance(Choice):
    ARCHITECTURE = "architecture", "what the manuals say and the mail intends"
    AS_BUILT = "as-built", "what shipping code does, by its version"


class Category(Choice):
    """State of the PE after an error, from the least to the most severe."""

    CE = "CE", "corrected: nothing is lost"
    DE = "DE", "deferred: the data is lost and marked so (poison); nobody has used it"
    UEO = "UEO", "uncorrected, restartable: not consumed, what runs can go on"
    UER = "UER", "uncorrected, recoverable: contained, if software acts before the consumer goes on"
    UEU = "UEU", "uncorrected, unrecoverable: contained, but the state of the PE is lost"
    UC = "UC", "uncontainable: it may be anywhere"


class Report(Choice):
    """How hardware tells of an error."""

    SEA = "SEA", "synchronous External Abort: the instruction that consumed it does not complete"
    SERROR = "SError", "SError interrupt: an External Abort that no longer belongs to one instruction"
    DEVICE = "device-SError", "an SError that is not a RAS error: a device raised it, its syndrome is the maker's own"
    INTERRUPT = "interrupt", "the fault handling interrupt of an error record: found before anything consumed it"


class Running(Choice):
    """Whose code the PE executes."""

    GUEST = "guest", "a guest of KVM; see guest.running"
    USER = "host-user", "an application of the host"
    KERNEL = "host-kernel", "the host's kernel"


class Mode(Choice):
    USER = "user", "an application of the guest"
    KERNEL = "kernel", "the guest's kernel"


class Section(Choice):
    """Which kind of CPER section firmware writes."""

    MEMORY = "memory", "platform memory error section"
    PROCESSOR = "ARM-processor", "ARM processor error section: a cache error with its physical address"


class First(Choice):
    """Who hears of an error first."""

    FIRMWARE = "firmware", "firmware-first: SCR_EL3.EA is 1, EL3 hears and reports through a HEST source"
    KERNEL = "kernel", "kernel-first: SCR_EL3.EA is 0, the kernel hears; no HEST source is advertised"


class Ghes(Choice):
    V1 = "v1", "generic hardware error source: a block is free again when its status is zero"
    V2 = "v2", "version 2: a block is free again when the read ack register is written"


class Apei(Choice):
    ENABLED = "enabled", "the kernel uses the sources of its HEST"
    DISABLED = "disabled", "it uses none: hest_disable, ghes.disable=1, or a table that it gave up"


class Page(Choice):
    """What the kernel uses the memory for."""

    ANONYMOUS = "anonymous", "memory of a process that exists nowhere else"
    FILE_CLEAN = "file-clean", "page cache that can be read from the file again"
    KERNEL = "kernel", "the kernel's own"


class Owner(Choice):
    """Whose memory it is, if the code that runs did not consume the error."""

    GUEST = "guest", "QEMU's, given to the guest as its memory"
    QEMU = "QEMU", "QEMU's own"
    PROCESS = "process", "an ordinary process'"


class Kill(Choice):
    LATE = "late", "signalled when it touches the memory"
    EARLY = "early", "signalled at once: PR_MCE_KILL_EARLY, or vm.memory_failure_early_kill"


class Linux(Version):
    V5_4 = "5.4", "APEI is asked, but its answer does not stop the signal"
    V6_12 = "6.12", "since 5.8 an answer counts; page isolation may run before the consumer returns"
    V6_18 = "6.18", "since 6.17 the consumer isolates its page itself; KVM masks virtual SErrors by the rules"
    V6_19 = "6.19", "a VMM can ask for aborts that APEI does not claim"
    V7_1 = "7.1", "looks for a filled block before it takes any lock"


class TfA(Version):
    V2_12 = "2.12", "Trusted Firmware-A 2.12"
    V2_15 = "2.15", "Trusted Firmware-A 2.15: triage rewritten in C"


class Qemu(Version):
    V10_2 = "10.2", "QEMU 10.2"
    V11_0 = "11.0", "QEMU 11.0"


_GUEST_NOTIFY = (None, Notify.POLLED, Notify.GPIO, Notify.SEA, Notify.SEI, Notify.GSIV, Notify.SDEI)

# fmt: off


class Error(Choices):
    """What goes wrong."""

    category: Category = axis("c", Category.UER, "how bad the error is", "arm.states")
    report:     Report = axis("r", Report.SEA, "how hardware tells of it", "arm.reporting")
    touched_later: bool = axis("t", False, "its owner uses the memory again, if nothing had consumed the error",
                               "linux.do_page_fault")


class Cpu(Choices):
    """What the PE does when the error is met."""

    running: Running = axis("r", Running.GUEST, "whose code the PE executes", "mail.steps")
    masked:     bool = axis("m", False, "PSTATE.A is 1 in the host's kernel: SErrors wait", "arm.serror-masking")


class Cper(Choices):
    """What EL3 firmware writes for the host."""

    section:            Section = axis("s", Section.MEMORY, "which kind of section", "uefi.sections")
    severity:   Severity | None = axis("v", None, "which severity; by-category says what the error is", "uefi.severity",
                                       values=(None, *Severity), none="by-category")
    threshold_exceeded:    bool = axis("t", False, "corrected errors came too often", "uefi.section-flags")


class Host(Choices):
    """The machine, its firmware and its kernel."""

    first:     First = axis("f", First.FIRMWARE, "who hears of errors first", "arm.scr-ea")
    notify:   Notify = axis("n", Notify.SEA, "how the HEST source notifies", "acpi.notification")
    ghes:       Ghes = axis("g", Ghes.V2, "version of the HEST source", "acpi.ghesv2")
    apei:       Apei = axis("a", Apei.ENABLED, "whether the kernel uses its HEST", "linux.acpi_hest_init")
    reports:    bool = axis("r", True, "platform code in EL3 writes CPER and notifies; TF-A itself tells nobody",
                            "tf-a.plat_ea_handler")
    vhe:        bool = axis("v", True, "the kernel runs at EL2 (VHE); else at EL1, and KVM alone at EL2", "arm.vhe")
    page:       Page = axis("p", Page.ANONYMOUS, "what the memory is to its kernel", "linux.memory_failure")
    owner:     Owner = axis("o", Owner.GUEST, "whose memory it is, if nothing had consumed the error",
                            "linux.memory_failure")
    kill:       Kill = axis("k", Kill.LATE, "when an ordinary process is signalled", "linux.kill_proc")
    linux:     Linux = axis("l", Linux.V7_1, "the host's kernel", "linux.do_sea")
    tf_a:        TfA = axis("t", TfA.V2_12, "the firmware at EL3", "tf-a.ea_proceed")

    def hest(self) -> Hest:
        """The table by which this machine tells its kernel of error sources; without any if it is kernel-first."""
        if self.first is First.KERNEL:
            return Hest()
        return platform.host_table(self.notify, self.ghes is Ghes.V2)


class Guest(Choices):
    """The virtual machine: QEMU is its firmware."""

    notify: Notify | None = axis("n", Notify.SEA, "how QEMU tells the guest; none: ras=off, no HEST", "qemu.hest",
                                 values=_GUEST_NOTIFY)
    acked:           bool = axis("a", True, "the guest has acknowledged the previous error", "qemu.ghes_record")
    running:         Mode = axis("r", Mode.USER, "what the guest executes when it meets the error or is told",
                                 "mail.steps")
    page:            Page = axis("p", Page.ANONYMOUS, "what the memory is to its kernel", "linux.memory_failure")
    kill:            Kill = axis("k", Kill.LATE, "when a process of the guest is signalled", "linux.kill_proc")
    sea_to_user:     bool = axis("s", False, "the VMM enabled KVM_CAP_ARM_SEA_TO_USER; QEMU does not",
                                 "linux.kvm_handle_guest_sea")
    linux:          Linux = axis("l", Linux.V7_1, "the guest's kernel", "linux.do_sea")
    qemu:            Qemu = axis("q", Qemu.V10_2, "the VMM", "qemu.kvm_arch_on_sigbus_vcpu")

    def hest(self) -> Hest:
        """The table that QEMU gives this guest; without any source if it advertises none."""
        return platform.guest_table(self.notify)
# fmt: on


class Scenario(Choices):
    """One way that an error can go; every combination of choices is one."""

    stance: Stance = axis("", Stance.AS_BUILT, "whose account is told", "mail.intent")
    error: Error = Error()
    cpu: Cpu = Cpu()
    cper: Cper = Cper()
    host: Host = Host()
    guest: Guest = Guest()

    @classmethod
    def of(cls, *pairs: str, **named: Any) -> Self:
        """The default scenario with these choices, as `choose` takes them."""
        return cls().choose(*pairs, **named)

    def choose(self, *pairs: str, **choices: Any) -> Self:
        """This scenario with other choices: `choose("host.vhe=false", host_notify="SDEI")`. Raises `ScenarioError`."""
        chosen: dict[str, Any] = {}
        for pair in pairs:
            name, equals, said = pair.partition("=")
            if not equals:
                raise ScenarioError(f"{pair!r} is not AXIS=VALUE")
            chosen[name.strip()] = said.strip()
        return self._with(chosen | choices)

    def _with(self, chosen: Mapping[str, Any]) -> Self:
        groups: dict[str, dict[str, Any]] = {}
        for name, said in chosen.items():
            found = named(AXES, name)
            group, _, short = found.name.rpartition(".")
            groups.setdefault(group, {})[short] = found.value(said)
        top = groups.pop("", {})
        return replace(self, **top, **{group: replace(getattr(self, group), **new) for group, new in groups.items()})

    def __getitem__(self, name: str) -> Any:
        """The choice on the axis *name*. Raises `ScenarioError`."""
        group, _, short = named(AXES, name).name.rpartition(".")
        return getattr(getattr(self, group) if group else self, short)

    def chosen(self) -> dict[str, str]:
        """What is not a default: axis -> word."""
        return {name: a.word(self[name]) for name, a in AXES.items() if self[name] is not a.default}

    def token(self) -> str:
        """What is chosen in few signs, with one to check them; empty for the default scenario."""
        return to_token(AXES, {name: self[name] for name in AXES})

    @classmethod
    def from_token(cls, token: str) -> Self:
        """The scenario of `token`. Raises `ScenarioError`."""
        return cls()._with(from_token(AXES, token))

    def to_json(self) -> dict[str, Any]:
        """Every choice, by the name of its axis: a word, or true or false."""
        return {name: self[name] if isinstance(self[name], bool) else a.word(self[name]) for name, a in AXES.items()}

    @classmethod
    def from_json(cls, choices: Any) -> Self:
        """The inverse of `to_json`; what is left out is the default. Raises `ScenarioError`."""
        if not isinstance(choices, Mapping):
            raise ScenarioError(f"a scenario is an object of axes and their values, not {choices!r}")
        return cls()._with(choices)

    def __str__(self) -> str:
        """The scenario in a line: its error, and how each machine is told."""
        word = {name: a.word(self[name]) for name, a in AXES.items()}
        host = f"{word['host.first']}-first host"
        if self.host.first is First.FIRMWARE:
            host += f" notified by {word['host.notify']}"
        return (
            f"{word['error.category']} error, told by {word['error.report']} while {word['cpu.running']} runs; "
            f"{host}; guest notified by {word['guest.notify']}"
        )


@cache
def _axes() -> dict[str, Axis]:
    letters = {"error": "e", "cpu": "c", "cper": "r", "host": "h", "guest": "g"}
    found = []
    for f in fields(Scenario):
        if f.metadata:
            found.append(made("", "s", f))
        else:
            found += [made(f.name, letters[f.name], inner) for inner in fields(type(f.default))]  # type: ignore[arg-type]
    return {a.name: a for a in found}


AXES: dict[str, Axis] = _axes()
