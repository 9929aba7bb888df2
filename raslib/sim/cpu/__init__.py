"""The processor: where an error is taken, and what its registers then say."""
