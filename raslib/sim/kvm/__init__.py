"""KVM: exits of the guest, the world switch, and the calls by which a VMM injects errors."""
