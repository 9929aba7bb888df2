"""How it ends: words for every end, and how things stand on the way there.

Stages do not say how it ends; they leave marks. Each mark changes a part of the outcome, and what stands after the last
is the outcome: `Outcome().after(*marks)`.
"""

from collections.abc import Mapping
from typing import NamedTuple

from .sources import table

ENDS: dict[str, str]  # word -> what it means
_SIGNALS: dict[str, str]  # si_code, or SIGKILL -> the end of whoever gets it
ENDS, _SIGNALS = table(__file__, "ends.toml").values()


def sentence(end: str) -> str:
    """The sentence for a word of `ENDS`."""
    return f"{ENDS[end][0].upper()}{ENDS[end][1:]}."


def words(outcome: Mapping[str, str]) -> str:
    """The word of each part that is not none: `end sigbus_ar, host recovered`."""
    return ", ".join(f"{part} {word}" for part, word in outcome.items() if word != "none")


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
