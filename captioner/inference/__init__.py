"""Layers for inference alone: weights folded and laid out for the CPU, with the same results."""
