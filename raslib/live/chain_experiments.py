"""What the lab asks two kernels at once: memory of a host is lost, and a process of its guest reads it."""

from dataclasses import dataclass, replace

from .chain import HEST, Guest, more
from .machine import Machine
from .plan import Boot, listed
from .reaction import NORMAL, Reaction

HOST_PAGE = 0x4C00_0000

BOOTS = (
    Boot(
        "chain",
        "a host whose Linux runs Debian's QEMU and KVM, and a guest in it",
        HEST,
        later=more,
        alone=True,
    ),
)


@dataclass(frozen=True)
class Strike:
    """The guest boots; a page of a process in it is reported to the host; the process touches it.

    The reaction has both logs, each line with the machine that said it; the process and its signals are the guest's.
    In every recording the page is at `HOST_PAGE` of the host, and where every victim's page is of the guest.
    """

    title: str
    victim: str = "late"

    def do(self, machine: Machine) -> Reaction:
        struck = Guest(machine).boot().strike()
        host, inner = struck.host.normal(), struck.guest.normal()
        log = [*(f"host: {_of_host(line)}" for line in host.log), *(f"guest: {line}" for line in inner.log)]
        assert host.block
        return replace(
            host,
            log=tuple(log),
            raw=(*struck.host.raw, *struck.guest.raw),
            block=host.block.replace(NORMAL.pa.to_bytes(8, "little"), HOST_PAGE.to_bytes(8, "little")),
            signals=inner.signals,
            page=inner.page,
            victim=inner.victim,
        )


def _of_host(line: str) -> str:
    """A line of the host's log in its normal form, with the page's address in the host."""
    numbered = line.replace(f"{NORMAL.pa:016x}", f"{HOST_PAGE:016x}")
    return numbered.replace(f"{NORMAL.pa >> 12:#x}:", f"{HOST_PAGE >> 12:#x}:")


EXPERIMENTS = listed(
    "chain",
    [("chain", "one write to the host's memory, and a process of its guest gets SIGBUS", Strike("the page is lost"))],
)
