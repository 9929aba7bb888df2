"""What goes wrong, and how each machine was set up to hear of it. Choices; no behaviour.

Each line of a group is an axis: its values (`choices`), its default, what it is about, and where it is written that
there is such a choice (`sources`). A stage reads what it needs of a scenario, and nothing changes one.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any, Self

from ...formats.cper import Severity
from ...formats.hest import Hest, Notify
from . import choices as c
from . import platform
from .axes import Axis, ChoiceGroup, ScenarioError, axis, from_token, made, named, to_token

_GUEST_NOTIFY = (None, Notify.POLLED, Notify.GPIO, Notify.SEA, Notify.SEI, Notify.GSIV, Notify.SDEI)

# fmt: off


# of the TOML that is read: the time that tomllib takes grows with the square of the parts of a key
LONGEST, DOTS = 1 << 16, 200


class ErrorChoices(ChoiceGroup):
    """What goes wrong: the error itself, whoever it is told to.

    Arm ARM §D20.4 and the RAS System Architecture (IHI 0100) say what there is.
    """

    category:     c.Category = axis("c", c.Category.UER, "how bad the error is", "arm.states")
    report:     c.ReportedBy = axis("r", c.ReportedBy.SEA, "how hardware tells of it", "arm.reporting")
    access:         c.Access = axis("a", c.Access.DATA, "what the PE did, if a synchronous abort tells of it",
                                    "arm.sea-iss")
    again: c.Category | None = axis("n", None, "a second error of the node, before a kernel has read the first",
                                    "arm.overwrite", values=(None, *c.Category))
    touched_later:      bool = axis("t", False, "its owner uses the memory again, if nothing had consumed the error",
                                    "linux.do_page_fault")


class CpuChoices(ChoiceGroup):
    """What the PE does when the error is met: where the exception comes from, and whether it can be taken.

    Of a guest's own state see `GuestChoices`.
    """

    running:     c.Running = axis("r", c.Running.GUEST, "whose code the PE executes", "mail.steps")
    masked:           bool = axis("m", False,
                                  "PSTATE.A is 1 in the host's kernel, or at EL3 while it runs: SErrors wait",
                                  "arm.serror-masking")
    moment: c.SErrorMoment = axis("o", c.SErrorMoment.RUNNING, "when an SError is there to be taken",
                                  "linux.guest_exit")
    ras:              bool = axis("f", True, "the PE has FEAT_RAS", "arm.serror-iss")


class El3Choices(ChoiceGroup):
    """What EL3 firmware is doing, and how it was built, where an error that is firmware-first meets it.

    The names are TF-A's. A kernel-first host reads `traps_records` of these, and no other.
    """

    previous_read:  bool = axis("p", True, "the kernel has acknowledged the error that was reported before",
                                "acpi.ghesv2")
    busy:           bool = axis("b", False, "EL3 is still dealing with an External Abort", "tf-a.ea_proceed")
    handler:        bool = axis("h", True, "platform code has a handler for the error record", "tf-a.ras_ea_handler")
    traps_records:  bool = axis("t", False, "built with RAS_TRAP_NS_ERR_REC_ACCESS: SCR_EL3.TERR is 1", "tf-a.traps")
    sdei:    c.SdeiState = axis("s", c.SdeiState.READY, "how it stands with the SDEI event of the source",
                                "tf-a.sdei_dispatch_event")
    priority: c.Priority = axis("e", c.Priority.NORMAL, "priority of that event", "tf-a.sdei_dispatch_event")


class CperChoices(ChoiceGroup):
    """The block that is written: by EL3 firmware for the host, or by QEMU for its guest if it is asked to by QMP.

    The other blocks that QEMU writes are always the same: one memory section, recoverable.
    """

    section:            c.SectionKind = axis("s", c.SectionKind.MEMORY, "which kind of section", "uefi.sections")
    severity:         Severity | None = axis("v", None, "which severity; by-category says what the error is",
                                             "uefi.severity", values=(None, *Severity), none="by-category")
    threshold_exceeded:          bool = axis("t", False, "corrected errors came too often", "uefi.section-flags")
    section_severity: Severity | None = axis("e", None, "severity of the section; as-block says that of its block",
                                             "uefi.severity", values=(None, *Severity), none="as-block")
    bytes:               c.Corruption = axis("b", c.Corruption.WHOLE, "what becomes of the bytes", "acpi.status-block")


class HostChoices(ChoiceGroup):
    """The machine, its firmware and its kernel.

    What the machine advertises of them is `hest()`; what the kernel makes of that is `linux.hest_init`'s.
    """

    first:          c.First = axis("f", c.First.FIRMWARE, "who hears of errors first", "arm.scr-ea")
    notify:          Notify = axis("n", Notify.SEA, "how the HEST source notifies", "acpi.notification")
    ghes:            c.Ghes = axis("g", c.Ghes.V2, "version of the HEST source", "acpi.ghesv2")
    apei:            c.Apei = axis("a", c.Apei.ENABLED, "whether the kernel uses its HEST", "linux.acpi_hest_init")
    config:        c.Config = axis("b", c.Config.ALL, "what the kernel is built without", "linux.ghes_probe")
    aest:      c.AestDriver = axis("j", c.AestDriver.NONE,
                                   "a driver for error records: proposed code, in no release", "linux.aest-v6")
    reports:           bool = axis("r", True, "platform code in EL3 writes CPER and notifies; TF-A itself tells nobody",
                                   "tf-a.plat_ea_handler")
    vhe:               bool = axis("v", True, "the kernel runs at EL2 (VHE); else at EL1, and KVM alone at EL2",
                                   "arm.vhe")
    page:            c.Page = axis("p", c.Page.ANONYMOUS, "what the memory is to its kernel", "linux.memory_failure")
    pci_device: c.PciDevice = axis("c", c.PciDevice.EXPRESS, "what is where a PCIe section says that the error was",
                                   "linux.aer_recover_work_func")
    owner:          c.Owner = axis("o", c.Owner.GUEST, "whose memory it is, if nothing had consumed the error",
                                   "linux.memory_failure")
    kill:            c.Kill = axis("k", c.Kill.LATE, "when an ordinary process is signalled", "linux.kill_proc")
    linux:          c.Linux = axis("l", c.Linux.V7_1, "the host's kernel", "linux.do_sea")
    tf_a:             c.TfA = axis("t", c.TfA.V2_12, "the firmware at EL3", "tf-a.ea_proceed")
    poll:            c.Poll = axis("i", c.Poll.SECOND, "how often a polled source is looked at", "acpi.notification")
    repeated:          bool = axis("d", False, "the same record was reported less than 10 s ago",
                                   "linux.ghes_estatus_cached")
    memory_left:       bool = axis("m", True, "ghes_estatus_pool has room for a copy of the block",
                                   "linux.ghes_estatus_pool")
    recovery:          bool = axis("e", True, "vm.memory_failure_recovery is 1", "linux.memory_failure")
    page_panics:       bool = axis("y", False, "vm.panic_on_unrecoverable_memory_failure is 1; since 7.3",
                                   "linux.panic_on_unrecoverable_mf")
    oops:            c.Oops = axis("u", c.Oops.KILLS, "what an oops leads to", "linux.die")
    kvm:              c.Kvm = axis("x", c.Kvm.MERGED, "which KVM", "mail.rejected")

    def hest(self) -> Hest:
        """The table by which this machine tells its kernel of error sources; without any if it is kernel-first."""
        if self.first is c.First.KERNEL or self.apei is c.Apei.DEVICETREE:
            return Hest()
        twice = self.apei is c.Apei.DUPLICATE
        return platform.host_table(self.notify, self.ghes is c.Ghes.V2, int(self.poll.value), twice)


class GuestChoices(ChoiceGroup):
    """The virtual machine: QEMU is its firmware, and `qemu` and `machine` say which.

    Its kernel is one like the host's, and its stages are the same; what is not chosen here is as it is by default.
    """

    first:    c.GuestFirst = axis("f", c.GuestFirst.FIRMWARE, "who hears of errors first, QEMU or the guest's kernel",
                                  "mail.either-or")
    notify:  Notify | None = axis("n", Notify.SEA, "how QEMU tells the guest; none: ras=off, no HEST", "qemu.hest",
                                  values=_GUEST_NOTIFY)
    acked:            bool = axis("a", True, "the guest has acknowledged the previous error", "qemu.ghes_record")
    running:        c.Mode = axis("r", c.Mode.USER, "what the guest executes when it meets the error or is told",
                                  "mail.steps")
    page:           c.Page = axis("p", c.Page.ANONYMOUS, "what the memory is to its kernel", "linux.memory_failure")
    kill:           c.Kill = axis("k", c.Kill.LATE, "when a process of the guest is signalled", "linux.kill_proc")
    sea_to_user:      bool = axis("s", False, "the VMM enabled KVM_CAP_ARM_SEA_TO_USER; QEMU does not",
                                  "linux.kvm_handle_guest_sea")
    linux:         c.Linux = axis("l", c.Linux.V7_1, "the guest's kernel", "linux.do_sea")
    qemu:           c.Qemu = axis("q", c.Qemu.V10_2, "the VMM", "qemu.kvm_arch_on_sigbus_vcpu")
    machine: c.MachineType = axis("m", c.MachineType.V10_2, "the machine type of the VMM", "qemu.hest")
    booted:           bool = axis("b", True, "the guest's firmware has written back where its HEST lies", "qemu.hest")
    stashed:          bool = axis("h", False, "the vCPU's thread has a SIGBUS that it has not dealt with",
                                  "qemu.sigbus_handler")
    masked:           bool = axis("c", False, "PSTATE.A is 1 in the guest: a virtual SError waits",
                                  "arm.virtual-serror")
    unmasks:          bool = axis("v", False, "later it sets PSTATE.A to 0, where a virtual SError waits",
                                  "arm.virtual-serror")
    nested:       c.Nested = axis("t", c.Nested.NONE, "which SErrors a hypervisor in the guest asks for, "
                                  "while its own guest runs", "linux.kvm_serror_target_is_el2")
    repeated:         bool = axis("d", False, "the same record was reported less than 10 s ago",
                                  "linux.ghes_estatus_cached")
    recovery:         bool = axis("e", True, "vm.memory_failure_recovery is 1", "linux.memory_failure")
    oops:           c.Oops = axis("u", c.Oops.KILLS, "what an oops leads to", "linux.die")

    def hest(self) -> Hest:
        """The table that QEMU gives this guest; without any source if it advertises none. `offered` is the inverse."""
        if self.first is c.GuestFirst.KERNEL:
            return Hest()
        return platform.guest_table(self.notify, self.machine is c.MachineType.V10_2)

    def offered(self, hest: Hest) -> Self:
        """These choices, but for what the guest's own table *hest* decides: how QEMU tells it, and the machine type.

        The first source counts that notifies as a guest may choose it. Raises ValueError if there are others alone.
        """
        offers = [source.notify for source in platform.advertised_by(hest)]
        notify = next((Notify(n) for n in offers if n in _GUEST_NOTIFY), None)
        if offers and notify is None:
            names = ", ".join(map(platform.name_of, offers))
            raise ValueError(f"no guest is told by {names}, which is all that this HEST has")
        machine = c.MachineType.V10_2 if Notify.GPIO in offers else c.MachineType.V10_1
        return self.but(first=c.GuestFirst.FIRMWARE, notify=notify, machine=machine)
# fmt: on


class AskChoices(ChoiceGroup):
    """What is asked of KVM, QEMU or the PE, where a scenario does not begin with an error."""

    serror: c.AsksSerror = axis("s", c.AsksSerror.SYNDROME, "which SError user space asks KVM for", "linux.vcpu_events")
    abort: bool = axis("a", False, "user space asks KVM for a synchronous External Abort as well", "linux.vcpu_events")
    migration: c.Migration = axis(
        "m", c.Migration.NO, "where the virtual machine goes while it is pending", "linux.vcpu_events"
    )
    twice: bool = axis("t", False, "QMP asks again before the guest has acknowledged", "qemu.inject_ghes")
    by_guest: bool = axis("g", False, "the guest's kernel reads the error record, not the host's", "linux.access_ras")


class Scenario(ChoiceGroup):
    """One way that an error can go; every combination of choices is one.

    A frozen value of frozen groups: `s.host.notify` reads a choice, `s["host.notify"]` reads it by the axis' name, and
    `s.choose("host.notify=SDEI")` is another scenario. `AXES` has all axes, in this order.

    >>> from raslib import Scenario
    >>> s = Scenario.of("host.notify=SDEI", host_vhe=False)
    >>> s.chosen()
    {'host.notify': 'SDEI', 'host.vhe': 'false'}
    >>> Scenario.from_token(s.token()) == s
    True
    """

    stance: c.Stance = axis("", c.Stance.AS_BUILT, "whose account is told", "mail.intent")
    begin: c.Begin = axis("b", c.Begin.ERROR, "what it begins with", "mail.steps")
    error: ErrorChoices = ErrorChoices()
    cpu: CpuChoices = CpuChoices()
    el3: El3Choices = El3Choices()
    cper: CperChoices = CperChoices()
    host: HostChoices = HostChoices()
    guest: GuestChoices = GuestChoices()
    ask: AskChoices = AskChoices()

    @classmethod
    def of(cls, *pairs: str, **named: Any) -> Self:
        """The default scenario with these choices, as `choose` takes them. Raises `ScenarioError`."""
        return cls().choose(*pairs, **named)

    def choose(self, *pairs: str, **choices: Any) -> Self:
        """This scenario with other choices: `choose("host.vhe=false", host_notify="SDEI")`.

        *pairs* are texts AXIS=VALUE, *choices* have the dot of an axis written as an underscore; values are words in
        any case, or the values themselves. Raises `ScenarioError` for what is no axis, or none of its values.
        """
        return self.given(dict(map(pair_of, pairs)) | choices)

    def given(self, choices: Mapping[str, Any]) -> Self:
        """This scenario with *choices*: axis name -> value, or the word for one. Raises `ScenarioError`."""
        groups: dict[str, dict[str, Any]] = {}
        for name, value in values_of(choices).items():
            group, _, short = name.rpartition(".")
            groups.setdefault(group, {})[short] = value
        top = groups.pop("", {})
        return self.but(**top, **{group: getattr(self, group).but(**new) for group, new in groups.items()})

    def __getitem__(self, name: str) -> Any:
        """The choice on the axis *name*. Raises `ScenarioError`."""
        return (CHOICE.get(name) or CHOICE[named(AXES, name).name])(self)

    def chosen(self) -> dict[str, str]:
        """What is not a default: axis -> word. The default scenario has nothing here."""
        return {name: a.word(self[name]) for name, a in AXES.items() if self[name] is not a.default}

    def token(self) -> str:
        """What is chosen in few signs, with one to check them; empty for the default scenario.

        It fits into a line or a URL, and says the same in every later version; see `axes.to_token`.
        """
        return to_token(AXES, {name: self[name] for name in AXES})

    @classmethod
    def from_token(cls, token: str) -> Self:
        """The scenario of `token`. Raises `ScenarioError`, for the token of a story with a HEST, too."""
        if (at := token.find("~")) >= 0:
            raise ScenarioError(f"{token!r} is of a story with a HEST, {token[at:]}, which has to be given with it")
        return cls().given(from_token(AXES, token))

    def to_json(self) -> dict[str, Any]:
        """Every choice, by the name of its axis: a word, or true or false. `from_json` reads it again."""
        return {name: self[name] if isinstance(self[name], bool) else a.word(self[name]) for name, a in AXES.items()}

    @classmethod
    def from_json(cls, choices: Any) -> Self:
        """The inverse of `to_json`; what is left out is the default. Raises `ScenarioError`."""
        if not isinstance(choices, Mapping):
            raise ScenarioError(f"a scenario is an object of axes and their values, not {choices!r}")
        return cls().given(choices)

    def to_toml(self) -> str:
        """What is not a default, a table for each group: to keep with a report, and to read again by `from_toml`."""
        tables: dict[str, list[str]] = {}
        for name, word in self.chosen().items():
            group, _, short = name.rpartition(".")
            plain = word if isinstance(self[name], bool) else f'"{word}"'
            tables.setdefault(group, []).append(f"{short} = {plain}\n")
        heads = {group: f"\n[{group}]\n" if group else "" for group in tables}
        return "".join(heads[group] + "".join(lines) for group, lines in tables.items()).lstrip()

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """The inverse of `to_toml`; what is left out is the default. Raises `ScenarioError`."""
        if len(text) > LONGEST or any(line.count(".") > DOTS for line in text.splitlines() if line.lstrip()[:1] != "#"):
            raise ScenarioError(f"a scenario has no more than {LONGEST} letters, and no line of more than {DOTS} dots")
        try:
            table = tomllib.loads(text)
        except RecursionError:
            raise ScenarioError("this is TOML that is nested too deep") from None
        except ValueError as e:
            raise ScenarioError(f"this is no TOML: {e}") from None
        groups = {group: entry for group, entry in table.items() if isinstance(entry, dict)}
        chosen = {name: entry for name, entry in table.items() if name not in groups}
        return cls().given(chosen | {f"{g}.{name}": entry for g, of in groups.items() for name, entry in of.items()})

    def source(self, hest: Hest, source_id: int | None = None) -> platform.GhesSource | None:
        """The source of *hest* by which the host's firmware tells of the error: the first that notifies by host.notify.

        Of several that do, *source_id* says which. None if firmware tells of none: the host is kernel-first, or no
        error begins the scenario. Raises ValueError if the table has no such source.
        """
        by_firmware = self.begin is c.Begin.ERROR and self.host.first is c.First.FIRMWARE
        return platform.source_of(hest, self.host.notify, source_id) if by_firmware else None

    def __str__(self) -> str:
        """The scenario in a line: its error, and how each machine is told; or what it begins with instead."""
        return self.describe()

    def describe(self, hest: Hest | None = None, source_id: int | None = None) -> str:
        """The same where *hest* is the host's table: which of its sources speaks. Raises ValueError as `source`."""
        if self.begin is not c.Begin.ERROR:
            return self.begin.means
        word = {name: a.word(self[name]) for name, a in AXES.items()}
        host = f"{word['host.first']}-first host"
        if self.host.first is c.First.FIRMWARE:
            host += f" notified by {word['host.notify']}"
        if hest is not None:
            source = self.source(hest, source_id)
            host += f" ({platform.which(hest, source) if source else 'whose HEST is not used'})"
        return (
            f"{word['error.category']} error, told by {word['error.report']} while {word['cpu.running']} runs; "
            f"{host}; guest notified by {word['guest.notify']}"
        )


def pair_of(pair: str) -> tuple[str, str]:
    """An axis and the word of a value that *pair* names, AXIS=VALUE. Raises `ScenarioError`."""
    name, equals, word = pair.partition("=") if isinstance(pair, str) else ("", "", "")
    if not equals:
        raise ScenarioError(f"{pair!r} is not AXIS=VALUE")
    return name.strip(), word.strip()


def values_of(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The values of axes, by the names of those, that *chosen* has in words. Raises `ScenarioError`."""
    axes = ((named(AXES, name), word) for name, word in chosen.items())
    return {axis_.name: axis_.value(word) for axis_, word in axes}


def _axes() -> dict[str, Axis]:
    """Every axis that the fields of the groups declare, in their order; the letter of a group begins its codes."""
    letters = {"error": "e", "cpu": "c", "el3": "f", "cper": "r", "host": "h", "guest": "g", "ask": "a"}
    axes = []
    for f in fields(Scenario):
        if f.metadata:
            axes.append(made("", "s", f))
        else:
            axes += [made(f.name, letters[f.name], inner) for inner in fields(type(f.default))]  # type: ignore[arg-type]
    return {a.name: a for a in axes}


AXES: dict[str, Axis] = _axes()
# axis -> the choice on it, of a scenario
CHOICE: dict[str, Callable[[Scenario], Any]] = {name: attrgetter(name) for name in AXES}
