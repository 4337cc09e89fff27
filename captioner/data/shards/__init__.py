"""Data sets in a few large files: pictures and captions in tar shards, as WebDataset lays out."""
