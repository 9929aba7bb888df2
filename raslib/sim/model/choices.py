"""What can be chosen on the axes of a scenario, in the words that are written, and what each means.

Which axis has which of these, and what is its default, is said in `scenario`. Values are added at the end of their
class, whatever their order is: tokens of long scenarios count them.
"""

import re

from ... import resources
from .axes import AxisValue, Version


class Stance(AxisValue):
    """Whose account is told: what should happen, or what does.

    Every deviation of shipping code from what is intended is a step with a source; the difference between two walks
    that differ in nothing but the stance is a lesson of its own.
    """

    ARCHITECTURE = "architecture", "what the manuals say and the mail intends"
    AS_BUILT = "as-built", "what shipping code does, by its version"


class Begin(AxisValue):
    """What a scenario begins with: an error, or somebody who asks for something.

    Each value has a first stage of its own (`walk.BEGINNINGS`). Where no error begins it, choices about the
    error and the host's firmware are not read.
    """

    ERROR = "error", "hardware meets an error"
    QMP = "qmp", "somebody asks QEMU to give its guest a status block: inject-ghes-v2-error"
    EVENTS = "vcpu-events", "user space asks KVM to let a vCPU meet an SError or an abort: KVM_SET_VCPU_EVENTS"
    RECORDS = "record-read", "a kernel reads an error record of its PE: ERXSTATUS_EL1"


class Category(AxisValue):
    """State of the PE after an error, from the least to the most severe.

    Arm ARM §D20.4; the node records it in ERR<n>STATUS (CE, DE, UE with UET), an SError in ESR_ELx.AET, a SEA in SET.
    What EL3 makes of it as a CPER severity is `el3.firmware`'s.
    """

    CE = "CE", "corrected: nothing is lost"
    DE = "DE", "deferred: the data is lost and marked so (poison); nobody has used it"
    UEO = "UEO", "uncorrected, restartable: not consumed, what runs can go on"
    UER = "UER", "uncorrected, recoverable: contained, if software acts before the consumer goes on"
    UEU = "UEU", "uncorrected, unrecoverable: contained, but the state of the PE is lost"
    UC = "UC", "uncontainable: it may be anywhere"


class ReportedBy(AxisValue):
    """How hardware tells of an error: by an exception of the PE, or by an interrupt of the node.

    A corrected or deferred error is not told by a SEA, whatever is chosen: then the node interrupts.
    """

    SEA = "SEA", "synchronous External Abort: the instruction that consumed it does not complete"
    SERROR = "SError", "SError interrupt: an External Abort that no longer belongs to one instruction"
    DEVICE = "device-SError", "an SError that is not a RAS error: a device raised it, its syndrome is the maker's own"
    UNCATEGORIZED = "uncategorized-SError", "an SError whose syndrome says nothing: ISS is 0"
    INTERRUPT = "interrupt", "the fault handling interrupt of an error record: found before anything consumed it"


class Access(AxisValue):
    """What the PE did when a synchronous abort met it.

    It decides the exception class (0x20 or 0x24) and the fault status in ESR_ELx, and so what `fault_info[]` of Linux
    has
    for it: SIGBUS, or SIGKILL for a walk.
    """

    DATA = "data", "a load or a store"
    FETCH = "fetch", "an instruction fetch"
    WALK = "walk", "a translation table walk of stage 1"
    WALK_2 = "stage-2-walk", "a walk of stage 2, for one of stage 1: only a guest has it"


class SErrorMoment(AxisValue):
    """When an SError is there to be taken: just now, or at a moment that code at a border has to think of.

    KVM: __guest_enter, __guest_exit. TF-A: sync_and_handle_pending_serror, at every entry to EL3.
    """

    RUNNING = "running", "while the code runs"
    ENTERING = "entering-guest", "just before KVM enters the guest"
    LEAVING = "leaving-guest", "just when something else brings the PE out of the guest"
    SMC = "smc", "while EL3 is entered by an SMC of the kernel"


class Running(AxisValue):
    """Whose code the PE executes when the error is met; what consumes it, if it is told by a SEA.

    It decides the level that the exception comes from, and with that its target, whom the kernel may signal, and
    whether APEI is asked at all: do_sea() asks for user mode alone.
    """

    GUEST = "guest", "a guest of KVM; see guest.running"
    USER = "host-user", "an application of the host"
    KERNEL = "host-kernel", "the host's kernel"
    THREAD = "qemu-thread", "a thread of QEMU that is no vCPU, in the memory of its guest"
    HYP = "hyp", "KVM's own code at EL2, between host and guest"
    FIRMWARE = "firmware", "the firmware at EL3"


class Mode(AxisValue):
    """What a guest executes when it meets the error or is told of one: the guest's own `Running`."""

    USER = "user", "an application of the guest"
    KERNEL = "kernel", "the guest's kernel"


class SectionKind(AxisValue):
    """Which kind of CPER section firmware writes (UEFI 2.10 §N.2.2 and after).

    What Linux does for a section hangs on its type: ghes_do_proc(). Of a memory or a processor section it takes an
    address for memory_failure(), of PCI Express the AER registers, and any other is handed to whoever wants it.
    """

    MEMORY = "memory", "platform memory error section"
    PROCESSOR = "ARM-processor", "ARM processor error section: a cache error with its physical address"
    BUS = "ARM-processor-bus", "ARM processor error section: a bus error"
    NO_ADDRESS = "memory-no-address", "platform memory error section without a physical address"
    BAD_ADDRESS = "memory-bad-address", "platform memory error section whose physical address is no memory"
    BOTH = "two-sections", "two sections: a memory error with its address, then a processor's bus error"
    PCIE = "PCIe", "PCI Express error section"
    VENDOR = "vendor", "a section of a type that only its maker knows"


class Corruption(AxisValue):
    """What becomes of the block's bytes on the way to memory.

    The kernel reads what lies there: __ghes_check_estatus() and cper_estatus_check() look at lengths alone, and a
    block that fails them is cleared, acknowledged and lost.
    """

    WHOLE = "whole", "they are as they should be"
    EMPTY = "empty", "all are zero: there is no block"
    SHORT = "short", "data_length says one byte less than the entries have"
    LONG = "long", "data_length says more than the source has room for"
    ENTRY = "entry", "the length of an entry goes beyond the end of the block"
    SEVERITY = "severity", "the block's severity is a number that no document knows"


class SdeiState(AxisValue):
    """How the kernel, or firmware itself, stands to the SDEI event of the source.

    Only a registered and enabled event of a PE that is not masked can be dispatched, and none while its handler runs
    (Arm DEN0054; TF-A services/std_svc/sdei/sdei_intr_mgmt.c: sdei_dispatch_event()).
    """

    READY = "ready", "registered, enabled, and nothing of it outstanding"
    MASKED = "masked", "the PE has events masked: SDEI_PE_MASK"
    UNREGISTERED = "unregistered", "the kernel has not registered it"
    DISABLED = "disabled", "registered, but not enabled"
    RUNNING = "running", "its handler is running"
    NORMAL = "normal-outstanding", "the handler of another event, of normal priority, is running"
    CRITICAL = "critical-outstanding", "the handler of another event, of critical priority, is running"


class Priority(AxisValue):
    """Priority of an SDEI event (Arm DEN0054): of each, one handler may run on a PE.

    Linux registers one callback for normal events and one for critical ones, each with a fixmap slot of its own.
    """

    NORMAL = "normal", "not while any other event is handled"
    CRITICAL = "critical", "also while an event of normal priority is handled"


class First(AxisValue):
    """Who hears of an error of the host first. The hardware decides it by SCR_EL3.EA, firmware sets that when it boots.

    TF-A is built for the one or the other: HANDLE_EA_EL3_FIRST_NS=1 is firmware-first.
    """

    FIRMWARE = "firmware", "firmware-first: SCR_EL3.EA is 1, EL3 hears and reports through a HEST source"
    KERNEL = "kernel", "kernel-first: SCR_EL3.EA is 0, the kernel hears; no HEST source is advertised"


class GuestFirst(AxisValue):
    """Who hears first of an error in a guest: the same choice as `First`, which user space makes for its guest.

    No QEMU and no KVM emulates error records yet, so as built a kernel-first guest is one that nobody tells.
    """

    FIRMWARE = "firmware", "firmware-first: QEMU plays firmware, and writes CPER where its HEST says"
    KERNEL = "kernel", "kernel-first: error records are emulated for the guest, and no HEST source is advertised"


class Config(AxisValue):
    """What a kernel is built without: it costs it an ear or a hand.

    Each value names an option of Kconfig that drivers/acpi/apei/ghes.c asks for (`IS_ENABLED`), and the source it
    refuses or the work it leaves undone. The default has all of them.
    """

    ALL = "nothing", "everything that APEI can use is there"
    NO_GHES = "GHES", "CONFIG_ACPI_APEI_GHES: no source is heard"
    NO_SEA = "SEA", "CONFIG_ACPI_APEI_SEA: a source that notifies by SEA is refused"
    NO_SDEI = "SDEI", "CONFIG_ARM_SDE_INTERFACE: a source that notifies by SDEI is refused"
    NO_MEMORY_FAILURE = "memory-failure", "CONFIG_MEMORY_FAILURE: no page is taken out of use"
    NO_AER = "PCIe-AER", "CONFIG_ACPI_APEI_PCIEAER: no device is recovered from what a PCI Express section says"

    @property
    def option(self) -> str:
        """The option that is off, as Kconfig calls it."""
        return self.means.partition(":")[0]


class AestDriver(AxisValue):
    """A driver that reads error records itself, by the table AEST (Arm DEN0085).

    None is in any release. A series of patches is, and what it would do is told as proposed in every step that it
    takes.
    """

    NONE = "none", "none, as in every release"
    V6 = "v6", "proposed, not merged: the sixth series of an AEST driver, which some vendors' kernels carry"


class Ghes(AxisValue):
    """Version of a generic hardware error source (ACPI 6.5 §18.3.2.7 and §18.3.2.8): how a block is given back.

    Firmware may not write the block again before; see `el3.firmware`.
    """

    V1 = "v1", "generic hardware error source: a block is free again when its status is zero"
    V2 = "v2", "version 2: a block is free again when the read ack register is written"


class Apei(AxisValue):
    """Whether, and by which description, the kernel listens to firmware.

    acpi_hest_init() gives a whole table up at its first fault. What a single source is refused for is
    `linux.hest_init`'s.
    """

    ENABLED = "enabled", "the kernel uses the sources of its HEST"
    DISABLED = "disabled", "it uses none: hest_disable, ghes.disable=1, or a table that it gave up"
    DUPLICATE = "same-ids", "two sources of its HEST have the same id"
    DEVICETREE = "ras-cper", "proposed, not merged: no ACPI, but a block and an interrupt by arm,ras-cper, series v6"


class Page(AxisValue):
    """What the kernel uses the memory for: what memory_failure() can do about it, and how it calls it.

    Pages that a block names beside this one can be told apart by `platform.Ram`.
    """

    ANONYMOUS = "anonymous", "memory of a process that exists nowhere else"
    FILE_CLEAN = "file-clean", "page cache that can be read from the file again"
    KERNEL = "kernel", "the kernel's own"
    FILE_DIRTY = "file-dirty", "page cache that is newer than the file"
    HUGETLB = "hugetlb", "a huge page of 2 MiB"
    POISONED = "poisoned", "already taken out of use, and still mapped by whoever had it"
    FREE = "free", "nobody's: in the page allocator"
    GONE = "poisoned-unmapped", "already taken out of use, and mapped by nobody"

    @property
    def of_a_process(self) -> bool:
        """Is it, or was it, memory of a process, so that somebody is there to be signalled?"""
        return self not in (Page.KERNEL, Page.FREE, Page.GONE)


class PciDevice(AxisValue):
    """What is where a PCI Express section says that an error was: aer_recover_work_func() looks for it later."""

    EXPRESS = "express", "a PCI Express device, which the driver of AER can recover"
    NONE = "none", "nothing"
    PLAIN = "plain-pci", "a plain PCI device on the root bus, with no port above it"


class Owner(AxisValue):
    """Whose memory it is, if the code that runs did not consume the error: whom memory_failure() finds that maps it.

    It decides whom an optional signal goes to, and which address that names.
    """

    GUEST = "guest", "QEMU's, given to the guest as its memory"
    QEMU = "QEMU", "QEMU's own"
    PROCESS = "process", "an ordinary process'"


class Kill(AxisValue):
    """When an ordinary process is told of memory that it has mapped and not touched: find_early_kill_thread().

    QEMU asks to know early (PR_MCE_KILL_EARLY) whatever is chosen here.
    """

    LATE = "late", "signalled when it touches the memory"
    EARLY = "early", "signalled at once: PR_MCE_KILL_EARLY, or vm.memory_failure_early_kill"


class Oops(AxisValue):
    """What an oops of the kernel leads to: die() kills the task that ran, unless nothing can be killed or it must
    not."""

    KILLS = "kills", "the task that ran is killed, and the kernel goes on"
    PANICS = "panics", "panic: panic_on_oops is set, or an interrupt, init or the idle task was interrupted"


class Poll(AxisValue):
    """How often a polled source is looked at, in milliseconds: `poll_interval` of its notification (ACPI 6.5
    §18.3.2.9).

    Linux takes 0 for a source that is disabled.
    """

    SECOND = "1000", "every 1000 ms"
    NEVER = "0", "never: the interval is 0"


class Kvm(AxisValue):
    """Which KVM: as it was merged, or with the patch that the mail argues against.

    The second is kept as a counter-example: invariant I21 finds two hosts that QEMU could tell apart by it.
    """

    MERGED = "merged", "as it was merged: it hands user space signals, not syndromes"
    REJECTED = "v8-7", "with the rejected patch 7/7 of the eighth series: SErrors of the guest exit to user space"


class MachineType(Version):
    """Version of QEMU's machine type virt, which decides what its HEST offers, whichever QEMU runs it.

    It is part of what a virtual machine is promised, and so stays when the machine moves to a newer QEMU.
    """

    V10_1 = "10.1", "virt-10.1 and older: one source, SEA"
    V10_2 = "10.2", "virt-10.2: two sources, SEA and GPIO"


class Nested(AxisValue):
    """Which SErrors of its own guest a hypervisor in the guest has asked for, while that guest runs.

    KVM has no other way to tell a vCPU of an abort that nobody claims than an SError, and since 6.17 routes it as the
    architecture would. It does so by itself: HCRX_EL2.TMEA of the PE stays 0, whatever such a hypervisor writes there
    (since 7.3 NV_HCRX_GUEST_EXCLUDE names it; before, a bit that KVM had not set was never added).
    Told is what becomes of that SError alone; where user space begins it (`vcpu-events`) no such guest runs.
    """

    NONE = "none", "there is no such hypervisor"
    AMO = "AMO", "all: HCR_EL2.AMO is 1, as KVM has it"
    TMEA = "TMEA", "those alone that its guest has masked: HCR_EL2.AMO is 0, and HCRX_EL2.TMEA is 1"


class AsksSerror(AxisValue):
    """What user space asks of KVM for an SError: `struct kvm_vcpu_events` of KVM_SET_VCPU_EVENTS.

    Linux Documentation/virt/kvm/api.rst 4.31 and 4.32.
    """

    NO = "no", "nothing"
    PLAIN = "plain", "an SError: serror_pending alone"
    SYNDROME = "with-syndrome", "an SError with a syndrome: serror_has_esr and ISS[24:0]"
    BAD = "with-bad-syndrome", "an SError whose syndrome has bits outside ISS[24:0]"
    CANCEL = "cancel", "none: serror_pending is 0 while one is pending"


class Migration(AxisValue):
    """Where a virtual machine goes with an SError that is pending: what is read on one host is set on another.

    A host without FEAT_RAS has no VSESR_EL2: there the SError arrives, and its syndrome does not.
    """

    NO = "no", "it stays"
    RAS = "to-RAS", "to a host with FEAT_RAS"
    NO_RAS = "to-no-RAS", "to a host without FEAT_RAS"


class Linux(Version):
    """Releases of Linux that differ, with their stable updates; `of` names the one that does as any other."""

    # update 5.4.69 took do_sea() of 5.8 over, which goes by APEI's answer
    V5_4 = (
        "5.4",
        "to 5.7; up to 5.4.68 APEI is asked and the signal sent all the same; processor errors are only traced",
    )
    V6_12 = "6.12", "to 6.16: get hwpoison page: kernel pages are named otherwise; drivers of CXL are told"
    V6_18 = "6.18", "since 6.17 the consumer isolates its page itself; KVM masks virtual SErrors by the rules"
    V6_19 = "6.19", "and 7.0: a VMM can ask for aborts that APEI does not claim; memory_failure() gets any address"
    V7_1 = "7.1", "looks for a filled block before it takes any lock; lengths of processor sections are checked"
    V5_10 = "5.10", "since 5.8, to 6.0: an answer counts; a consumer for whom nothing was queued goes on"
    V6_1 = (
        "6.1",
        "to 6.11: a consumer for whom nothing was queued is killed; a worker and the consumer race for the page",
    )
    V6_12_118 = "6.12.118", "6.12 with stable updates: as 7.3 for a record seen before, and for several sections"
    V7_2 = "7.2", "an SError that KVM makes up has IL in its syndrome"
    V7_3 = "7.3", "a record seen before is not claimed for a SEA; any queued section counts; kernel pages may panic"

    @property
    def first(self) -> tuple[int, ...]:
        """The first release that does so, where that is older than the one which names it."""
        return {"5.4": (4, 13), "5.10": (5, 8), "6.18": (6, 17)}.get(self.value, self.numbers)

    @classmethod
    def of(cls, release: str) -> "Linux":
        """The value that does as *release*, say 6.6 or 6.1.192-3: the newest that is not newer. Raises ValueError.

        6.12.118 stands for the later updates of its own series alone. What `like` says of a release it does otherwise.
        """
        number = _numbers(release)
        older = [linux for linux in cls if linux.first <= number]
        able = [linux for linux in older if linux.numbers[:2] == number[:2] or not linux.numbers[2:]]
        if not able:
            raise ValueError(f"{release!r} is no release of Linux that is known here; the first is 4.13")
        return max(able, key=lambda linux: linux.first)

    @classmethod
    def like(cls, release: str) -> str:
        """Which value does as *release*, and what *release* does otherwise, in a sentence. Raises ValueError."""
        number, value = _numbers(release)[:2], cls.of(release)
        otherwise = [what for releases, what in _OTHERWISE.items() if _among(number, releases)]
        return f"{release} does as {value.value}" + (", but " + "; ".join(otherwise) if otherwise else "")


def _among(number: tuple[int, ...], releases: str) -> bool:
    """Is the release *number* within one of the spans in *releases*, `5.8 to 5.9, 6.2 to 6.5`?"""
    spans = (map(_numbers, span.split(" to ")) for span in releases.split(", "))
    return any(first <= number <= last for first, last in spans)


def _numbers(release: str) -> tuple[int, ...]:
    """The numbers in a *release*, three at most: of 6.1.192-3 it is (6, 1, 192)."""
    return tuple(map(int, re.findall(r"\d+", release)[:3]))


_OTHERWISE = resources.table(__file__)  # releases, "5.8 to 5.9, 6.2 to 6.5" -> what they did


class TfA(Version):
    """Release of Trusted Firmware-A at EL3. Platform code around it is chosen apart (`host.reports`, `el3.handler`)."""

    V2_12 = "2.12", "Trusted Firmware-A 2.12; 2.13 and 2.14 likewise"
    V2_15 = "2.15", "Trusted Firmware-A 2.15.0: triage rewritten in C"
    MAIN = "main", "its main branch of August 2026, in no release yet: an External Abort is injected into the kernel"


class Qemu(Version):
    """Release of QEMU that runs a guest. What its HEST offers is its machine type's (`MachineType`)."""

    V10_2 = "10.2", "QEMU 10.2"
    V11_0 = "11.0", "QEMU 11.0; 11.1 likewise"
