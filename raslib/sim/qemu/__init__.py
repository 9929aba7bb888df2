"""QEMU: a process of the host that gets SIGBUS, and the firmware of its guest."""
