"""Sentences without pictures, for language models."""
