"""What captions are worth: scores, intervals, differences, groups of images."""
