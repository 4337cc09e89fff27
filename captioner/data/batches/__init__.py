"""Batches: examples to tensors, in an order that can be gone on with."""
