"""Sections of error records outside the story of arm64 memory errors: other architectures, buses, vendors."""
