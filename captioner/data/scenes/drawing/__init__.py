"""Drawing: one file for each family of things, the backdrops, and the picture as a whole."""

from captioner.data.scenes.drawing.picture import ARTISTS, draw

__all__ = ["ARTISTS", "draw"]
