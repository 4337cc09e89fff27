"""LightningCLI of ``fit``, ``validate``, ``test`` and ``tune``: parser, checks, order of a run."""
