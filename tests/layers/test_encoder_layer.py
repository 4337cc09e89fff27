"""Our encoder layer with torch's weights is torch's encoder layer."""

from typing import Any

import pytest
import torch
from torch import nn

from captioner.layers import EncoderLayer


@pytest.mark.parametrize("norm_first", [False, True])
def test_equals_torch(norm_first, copy_attention, randomized):
    torch.manual_seed(0)
    peer = randomized(
        nn.TransformerEncoderLayer(12, 3, 20, dropout=0.0, batch_first=True, norm_first=norm_first)
    )
    ours: Any = EncoderLayer(12, 3, 20, norm_first=norm_first)
    copy_attention(ours.self_attention, peer.self_attn)
    ours.feed_forward.expand.load_state_dict(peer.linear1.state_dict())
    ours.feed_forward.reduce.load_state_dict(peer.linear2.state_dict())
    for block, norm in zip(ours.residuals, (peer.norm1, peer.norm2), strict=True):
        block.norm.load_state_dict(norm.state_dict())
    x = torch.randn(2, 7, 12)
    torch.testing.assert_close(ours(x), peer(x), atol=1e-5, rtol=0)


def test_dropout_is_off_in_evaluation():
    torch.manual_seed(0)
    layer = EncoderLayer(8, 2, 16, dropout=0.5)
    x = torch.randn(2, 5, 8)
    assert not torch.equal(layer(x), layer(x))
    layer.eval()
    assert torch.equal(layer(x), layer(x))
