"""Firmware at EL3, and what it writes; QEMU plays the same part for its guest."""
