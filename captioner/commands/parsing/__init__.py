"""Arguments and settings files as they are read before torch or Lightning is imported."""
