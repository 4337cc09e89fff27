"""Settings of the ``Trainer``: those that cannot work, and what they need of the machine."""
