"""The kernel, of the host or of the guest: who claims an error, and what becomes of page and process."""
