"""LightningDataModules of every format."""
