"""The whole space of scenarios, known exactly: its outcomes counted, its stories told, nothing sampled."""
