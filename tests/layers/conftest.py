"""Torch's attention weights, put where ours are."""

import pytest
import torch
from torch import nn

from captioner.layers import CrossAttention, SelfAttention


@torch.no_grad()
def copy_self(ours: SelfAttention, peer: nn.MultiheadAttention) -> None:
    ours.query_key_value.weight.copy_(peer.in_proj_weight)
    ours.query_key_value.bias.copy_(peer.in_proj_bias)
    ours.output.load_state_dict(peer.out_proj.state_dict())


@torch.no_grad()
def copy_cross(ours: CrossAttention, peer: nn.MultiheadAttention) -> None:
    width = peer.embed_dim
    ours.query.weight.copy_(peer.in_proj_weight[:width])
    ours.query.bias.copy_(peer.in_proj_bias[:width])
    ours.key_value.weight.copy_(peer.in_proj_weight[width:])
    ours.key_value.bias.copy_(peer.in_proj_bias[width:])
    ours.output.load_state_dict(peer.out_proj.state_dict())


@pytest.fixture(scope="session")
def copy_attention():
    """Return a function that gives our attention the weights of ``nn.MultiheadAttention``."""

    def copy(ours: SelfAttention | CrossAttention, peer: nn.MultiheadAttention) -> None:
        if isinstance(ours, SelfAttention):
            copy_self(ours, peer)
        else:
            copy_cross(ours, peer)

    return copy


@pytest.fixture(scope="session")
def randomized():
    """Return a function that draws all weights of a module, norms too, and returns it."""

    def draw(module: nn.Module) -> nn.Module:
        for parameter in module.parameters():
            nn.init.normal_(parameter, mean=0.1, std=0.3)
        return module

    return draw
