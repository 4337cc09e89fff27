"""Pictures: files to pixels."""
