"""The splits of a data set: training, validation and test images."""
