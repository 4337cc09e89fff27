"""Runs: the folder of each, how it is resumed, how it ends, and its job of SLURM."""
