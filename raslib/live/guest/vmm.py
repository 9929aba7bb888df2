"""A virtual machine monitor of one file, for the agent to load: it asks KVM for what QEMU asks it, and tells all of it.

Linux Documentation/virt/kvm/api.rst has the ioctls; the guest's program comes from the host (raslib/live/vmm.py).
Names such as `tell` and `fork` are the agent's, in whose module this runs.
"""

from __future__ import annotations

import _thread
import ctypes
import errno
import fcntl
import mmap
import os
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .agent import command, early_sigbus, follow, fork, fresh_memory, libc, on_sigbus, physical, report_signal, tell

KVM_CREATE_VM, KVM_CHECK_EXTENSION, KVM_GET_VCPU_MMAP_SIZE, KVM_CREATE_VCPU = 0xAE01, 0xAE03, 0xAE04, 0xAE41
KVM_SET_USER_MEMORY_REGION, KVM_RUN = 0x4020_AE46, 0xAE80
KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS = 0x8040_AE9F, 0x4040_AEA0
KVM_GET_ONE_REG, KVM_SET_ONE_REG = 0x4010_AEAB, 0x4010_AEAC
KVM_ARM_VCPU_INIT, KVM_ARM_PREFERRED_TARGET = 0x4020_AEAE, 0x8020_AEAF
KVM_EXIT_MMIO, BUS_MCEERR_AR, MADV_NOHUGEPAGE = 6, 4, 15
CAPABILITIES = {"VCPU_EVENTS": 41, "ARM_INJECT_SERROR_ESR": 158, "ARM_INJECT_EXT_DABT": 178}

CORE, SYSTEM = 0x6030_0000_0010_0000, 0x6030_0000_0013_0000
PC, PSTATE, ELR_EL1, SPSR_EL1 = (CORE | offset // 4 for offset in (0x100, 0x108, 0x118, 0x120))
ESR_EL1, FAR_EL1, VBAR_EL1 = (SYSTEM | 3 << 14 | number for number in (5 << 7 | 2 << 3, 6 << 7, 12 << 7))
SEA, MASKED_EL1H = 0x9600_0010, 0x3C5  # a load at EL1 met an external abort (EC 0x25, IL, DFSC 0x10)


class Vm:
    """A virtual machine with one processor; *plan* says what it has and what is asked of it (see the command `vmm`)."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan, self.seen, self.bad = plan, {}, []  # type: ignore[var-annotated]
        self.base, self.size = plan["base"], plan["size"]
        self.memory = fresh_memory(self.size)  # as QEMU allocates its guest's, but never in huge pages
        libc.madvise(ctypes.c_void_p(self.memory), ctypes.c_size_t(self.size), MADV_NOHUGEPAGE)
        for offset, data in plan["memory"].items():
            ctypes.memmove(self.memory + offset, data, len(data))
        kvm = os.open("/dev/kvm", os.O_RDWR)
        self.vm = fcntl.ioctl(kvm, KVM_CREATE_VM, 0)
        region = struct.pack("<IIQQQ", 0, 0, self.base, self.size, self.memory)
        fcntl.ioctl(self.vm, KVM_SET_USER_MEMORY_REGION, region)
        self.cpu = fcntl.ioctl(self.vm, KVM_CREATE_VCPU, 0)
        fcntl.ioctl(self.cpu, KVM_ARM_VCPU_INIT, fcntl.ioctl(self.vm, KVM_ARM_PREFERRED_TARGET, bytes(32)))
        self.run = mmap.mmap(self.cpu, fcntl.ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0))
        self.set(PC, self.base + plan["entry"])

    def get(self, register: int) -> int:
        value = ctypes.c_uint64()
        fcntl.ioctl(self.cpu, KVM_GET_ONE_REG, struct.pack("<QQ", register, ctypes.addressof(value)))
        return int(value.value)

    def set(self, register: int, to: int) -> None:
        value = ctypes.c_uint64(to)
        fcntl.ioctl(self.cpu, KVM_SET_ONE_REG, struct.pack("<QQ", register, ctypes.addressof(value)))

    # --- what KVM is asked --------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """KVM_SET_VCPU_EVENTS as the plan has it (struct kvm_vcpu_events), and what KVM_GET_VCPU_EVENTS then says."""
        wanted = struct.pack("<BBB5xQ48x", *self.plan["events"])
        self.seen["error"] = ""
        try:
            fcntl.ioctl(self.cpu, KVM_SET_VCPU_EVENTS, wanted)
        except OSError as e:
            self.seen["error"] = errno.errorcode.get(e.errno or 0, str(e))
        found = fcntl.ioctl(self.cpu, KVM_GET_VCPU_EVENTS, bytes(64))
        self.seen["events"] = struct.unpack_from("<BBB5xQ", found)

    def abort(self, address: int) -> None:
        """Have the guest take a synchronous external abort at *address*, by its registers, as QEMU does."""
        self.set(ESR_EL1, SEA)
        self.set(FAR_EL1, address)
        self.set(ELR_EL1, self.get(PC))
        self.set(SPSR_EL1, self.get(PSTATE))
        self.set(PSTATE, MASKED_EL1H)
        self.set(PC, self.get(VBAR_EL1) + 0x200)

    # --- the guest runs -----------------------------------------------------------------------------------------------

    def live(self) -> None:
        """Run the guest to its end, then tell what it has told."""
        try:
            while "finished" not in self.seen:
                self.once()
            tell("guest", pid=os.getpid(), **self.seen)
            os._exit(0)
        except BaseException as e:
            tell("trouble", pid=os.getpid(), said=repr(e))
            os._exit(1)

    def once(self) -> None:
        """Run the guest until it tells something, or until KVM has signalled that its memory is bad."""
        try:
            fcntl.ioctl(self.cpu, KVM_RUN, 0)
        except InterruptedError:
            while self.bad:
                self.abort(self.bad.pop() - self.memory + self.base)
            return
        (why,) = struct.unpack_from("<I", self.run, 8)
        if why != KVM_EXIT_MMIO:
            raise RuntimeError(f"KVM_RUN came back with exit_reason {why}")
        address, data = struct.unpack_from("<Q8s", self.run, 32)
        name = self.plan["names"][(address - self.plan["told"]) // 8]
        self.seen[name] = int.from_bytes(data, "little")
        if name == "ready":
            self.ready()

    def ready(self) -> None:
        """The guest's vectors are set, and it takes no SError yet."""
        if self.plan["events"]:
            self.ask()
        page = self.memory + self.plan["data"]
        tell("vm", pid=os.getpid(), va=page, pa=physical(page), address=self.base + self.plan["data"])

    def signalled(self, code: int, address: int, lsb: int) -> None:
        """A SIGBUS to the thread that runs the guest; KVM_RUN is then interrupted, and `once` goes on."""
        report_signal(self.memory + self.plan["data"], code, address, lsb)
        if code != BUS_MCEERR_AR or not self.memory <= address < self.memory + self.size:
            os._exit(0)
        self.bad.append(address)

    def obey(self, order: str) -> None:
        """Let the guest go on, which is all that it can be told."""
        ctypes.c_uint64.from_address(self.memory + self.plan["go"]).value = 1


@command
def vmm(**plan: Any) -> int:
    """The id of a process with a virtual machine, which it lets go on when it is told to.

    *plan*: the guest's `memory` (by offset) and its `base`, `size` and `entry`; offsets `go` and `data`; where it
    tells things, `told`, and their `names`; what to ask of KVM, `events`; `early` for PR_MCE_KILL_EARLY.
    """

    def life(orders: int) -> None:
        machine = Vm(plan)
        on_sigbus(machine.signalled)
        _thread.start_new_thread(machine.live, ())
        # as in QEMU, the process's first thread is told early of what nobody has touched yet
        watched = [orders, early_sigbus()] if plan["early"] else [orders]
        follow(watched, machine.memory + plan["data"], machine.obey)

    return fork(life)


@command
def capabilities() -> dict[str, int]:
    """What KVM says it can, of what this file uses."""
    kvm = os.open("/dev/kvm", os.O_RDWR)
    found = {name: fcntl.ioctl(kvm, KVM_CHECK_EXTENSION, number) for name, number in CAPABILITIES.items()}
    os.close(kvm)
    return found
