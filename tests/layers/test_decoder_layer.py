"""Our decoder layer with torch's weights is torch's decoder layer."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

from captioner.layers import DecoderLayer, attend


@pytest.mark.parametrize("norm_first", [False, True])
def test_equals_torch(norm_first, copy_attention, randomized):
    torch.manual_seed(0)
    peer = randomized(
        nn.TransformerDecoderLayer(12, 3, 20, dropout=0.0, batch_first=True, norm_first=norm_first)
    )
    ours: Any = DecoderLayer(12, 3, 20, norm_first=norm_first)
    copy_attention(ours.self_attention, peer.self_attn)
    copy_attention(ours.cross_attention, peer.multihead_attn)
    ours.feed_forward.expand.load_state_dict(peer.linear1.state_dict())
    ours.feed_forward.reduce.load_state_dict(peer.linear2.state_dict())
    for block, norm in zip(ours.residuals, (peer.norm1, peer.norm2, peer.norm3), strict=True):
        block.norm.load_state_dict(norm.state_dict())
    x, memory = torch.randn(2, 5, 12), torch.randn(2, 7, 12)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    keys, values = ours.cross_attention.keys_values(memory).unbind(dim=2)
    found = ours(x, partial(attend, causal=True), lambda queries: attend(queries, keys, values))
    torch.testing.assert_close(found, peer(x, memory, tgt_mask=mask), atol=1e-5, rtol=0)


def test_dropout_is_off_in_evaluation():
    torch.manual_seed(0)
    layer = DecoderLayer(8, 2, 16, dropout=0.5)
    x = torch.randn(2, 5, 8)

    def run() -> torch.Tensor:
        return layer(x, attend, lambda queries: queries)

    assert not torch.equal(run(), run())
    layer.eval()
    assert torch.equal(run(), run())
