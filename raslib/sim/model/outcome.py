"""How it ends: words for every end, and how things stand on the way there.

Stages do not say how it ends; they leave marks. Each mark changes a part of the outcome, and what stands after the last
is the outcome: `Outcome().after(*marks)`.
"""

from collections.abc import Mapping
from typing import NamedTuple

ENDS: dict[str, str] = {  # each true beside every other: what else happened, other parts of the outcome say
    "none": "it goes on, or was never reached",
    "ignored": "it saw the error, and did and logged nothing",
    "logged": "it logged the error; no memory was taken out of use",
    "recovered": "the memory was taken out of use, or read again from its file",
    "sigbus_ar": "a process got SIGBUS with BUS_MCEERR_AR: it must not touch the memory",
    "sigbus_ao": "a process got SIGBUS with BUS_MCEERR_AO: it may let go of the memory",
    "sigbus_kernel": "a process got SIGBUS with SI_KERNEL: no address, no reason",
    "sigbus_objerr": "a process got SIGBUS with BUS_OBJERR: an error of its bus access, and no word of poison",
    "sigkill": "a process was killed: SIGKILL, which nobody can catch",
    "guest_panic": "the guest's kernel panicked",
    "nested_panic": "the kernel of the guest's own guest panicked; the guest goes on",
    "l1_decides": "the guest's own hypervisor has the SError, and decides about its guest",
    "guest_oops": "the guest's kernel killed what it ran",
    "host_panic": "the host's kernel panicked",
    "host_oops": "the host's kernel killed what it ran",
    "fw_panic": "EL3 stopped the machine; the kernel never heard",
    "pending": "it waits: an exception until it is unmasked, a record until the block is free",
    "read": "an error record was read, and shows the error",
    "no_record": "error records were read, and show nothing",
    "lost": "nobody heard of it who could have acted",
    "vm_exit": "QEMU ended itself",
    "vm_abort": "QEMU aborted, or was killed by the signal",
    "storm": "the same instruction meets the same error again and again",
    "api_error": "a call of user space failed",
    "vmm_decides": "KVM handed the abort to the VMM, which had asked for it",
    "migrated": "the virtual machine goes on elsewhere, with what was pending",
    "syndrome_lost": "the virtual machine goes on elsewhere; what was pending is kept, and its syndrome is lost",
}


def sentence(end: str) -> str:
    """The sentence for a word of `ENDS`."""
    return f"{ENDS[end][0].upper()}{ENDS[end][1:]}."


def words(outcome: Mapping[str, str]) -> str:
    """The word of each part that is not none: `end sigbus_ar, host recovered`."""
    return ", ".join(f"{part} {word}" for part, word in outcome.items() if word != "none")


_SIGNALS = {
    "BUS_MCEERR_AR": "sigbus_ar",
    "BUS_MCEERR_AO": "sigbus_ao",
    "BUS_OBJERR": "sigbus_objerr",
    "SI_KERNEL": "sigbus_kernel",
    "SIGKILL": "sigkill",
}


class Mark(NamedTuple):
    """What a stage notes about how things stand: all marks of a walk, in order, are its outcome.

    kind: ended, acked, claimed or sent
    machine: host, guest, or vm (QEMU)
    word: of `ENDS` for ended; yes or no for acked; APEI or kernel-first for claimed; an si_code or SIGKILL for sent
    """

    kind: str  # ended, acked, claimed or sent
    machine: str  # host, guest, or vm: QEMU
    word: str


def ended(machine: str, end: str) -> Mark:
    """It ended so for this machine, for now; a word of `ENDS`."""
    return Mark("ended", machine, end)


def acked(machine: str, done: bool = True) -> Mark:
    """This machine's source may be used again, or not yet."""
    return Mark("acked", machine, "yes" if done else "no")


def claimed(machine: str, who: str) -> Mark:
    """Somebody in the kernel of this machine took the error as its own."""
    return Mark("claimed", machine, who)


def sent(machine: str, code: str) -> Mark:
    """The kernel of this machine has sent SIGBUS with this si_code, or SIGKILL."""
    return Mark("sent", machine, code)


class Outcome(NamedTuple):
    """How it stands; what was never reached is none.

    end: a word of `ENDS`: the last that happened, to whom it happened
    host, vm, guest: likewise, for the host's kernel, for QEMU, and for the guest's kernel and its process
    claimed: who in the host took the error as its own: APEI or kernel-first
    acked, guest_acked: the source of the host or the guest may be used again: yes or no
    signal: the si_code of each SIGBUS that the host's kernel sent, in order, or SIGKILL
    """

    end: str = "none"  # the last that happened, to whom it happened
    host: str = "none"  # the host's kernel
    claimed: str = "none"  # who took the error as its own: APEI, kernel-first
    acked: str = "none"  # the host's source may be used again: yes, no
    signal: str = "none"  # what the host's kernel sent, in order
    vm: str = "none"  # QEMU
    guest: str = "none"  # the guest's kernel and its process
    guest_acked: str = "none"

    def after(self, *marks: Mark) -> "Outcome":
        """How it stands when these marks have been made, one after the other; *self* stays as it is."""
        stands = self._asdict()
        for kind, machine, word in marks:
            match kind:
                case "ended":
                    stands["end"] = stands[machine] = word
                case "acked":
                    stands["acked" if machine == "host" else "guest_acked"] = word
                case "claimed" if machine == "host":  # who claims in the guest shows in how that ends
                    stands["claimed"] = word
                case "sent":
                    _sent(stands, machine, word)
        return Outcome(**stands)


def _sent(stands: dict[str, str], machine: str, code: str) -> None:
    """A signal of the host's kernel is its end only if nothing else was; one of the guest's is the guest's end."""
    stands["end"] = end = _SIGNALS[code]
    if machine == "guest" or stands["host"] == "none":
        stands[machine] = end
    if machine == "host":
        stands["signal"] = code if stands["signal"] == "none" else f"{stands['signal']}, {code}"
