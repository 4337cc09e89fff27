"""LightningCLI: the parser of ``fit``, ``validate``, ``test`` and ``tune``, and what it links."""
