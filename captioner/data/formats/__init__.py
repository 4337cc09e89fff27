"""Formats of captions: files of annotations to pictures with captions."""
