"""The adapter: scale of the features does not matter, position does where asked for."""

import torch

from captioner.layers import ImageAdapter


def test_reads_float16_tokens_and_normalizes():
    torch.manual_seed(0)
    adapter = ImageAdapter(features=6, width=64, grid=(2, 3))
    tokens = torch.randn(2, 6, 6)
    memory = adapter(tokens.half())
    assert memory.shape == (2, 6, 64)
    assert memory.dtype == torch.float32
    torch.testing.assert_close(memory.mean(-1), torch.zeros(2, 6), atol=1e-5, rtol=0)
    torch.testing.assert_close(memory, adapter(tokens), atol=5e-3, rtol=0)


def test_positions_tell_rows_from_columns():
    adapter = ImageAdapter(features=4, width=8, grid=(2, 3), positions=True)
    same_everywhere = torch.ones(1, 6, 4)
    memory = adapter(same_everywhere)
    torch.testing.assert_close(memory, memory[:, :1].expand_as(memory))  # vectors start at zero
    assert adapter.row_positions is not None
    assert adapter.column_positions is not None
    with torch.no_grad():
        adapter.row_positions.data += torch.tensor([1.0, 2.0])[:, None, None]
        adapter.column_positions.data += torch.tensor([0.0, 10.0, 20.0])[None, :, None]
    moved = (adapter(same_everywhere) - memory)[0, :, 0]
    torch.testing.assert_close(moved, torch.tensor([1.0, 11.0, 21.0, 2.0, 12.0, 22.0]))
