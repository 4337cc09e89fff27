"""The embedded data set: pictures drawn by code, each with five true captions.

The way of a picture: ``composition`` decides what is in it, ``layout`` where, ``grammar`` how
people would say it, ``drawing`` what it looks like, ``writer`` puts all of it on disk. Nothing
here imports torch: the processes that draw start in a fraction of a second.
"""

from captioner.data.scenes.writer import DEFAULT_SIZES, write_scenes

__all__ = ["DEFAULT_SIZES", "write_scenes"]
