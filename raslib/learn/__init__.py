"""It asks: questions, checks and levels whose keys are computed from the simulator, never written down."""
