"""What a story is made of: choices, messages between stages, what a step says, how it ends."""
