"""Inference optimizations: BatchNorm folding and weights prepacked for the CPU."""
