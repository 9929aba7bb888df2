"""Recordings of a real kernel: what was asked, what it did, and what the simulator predicts; no machine needed."""
