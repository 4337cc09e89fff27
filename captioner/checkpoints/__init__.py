"""Checkpoints: files of tensors and plain values, read without trust."""
