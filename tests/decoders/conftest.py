"""What tests of decoders share."""

import pytest
from torch import nn


@pytest.fixture(scope="session")
def randomized():
    """Return a function that draws all weights of a module, norms too, and returns it."""

    def draw(module: nn.Module) -> nn.Module:
        for parameter in module.parameters():
            nn.init.normal_(parameter, mean=0.1, std=0.3)
        return module

    return draw
