"""What runs inside the guest; the host only reads it, to hand it over."""
