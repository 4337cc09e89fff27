"""The blind control moves every picture to another row, and nothing else."""

import pytest
import torch

from captioner.callbacks import BlindControl
from captioner.types import CaptionBatch


@pytest.mark.parametrize("stage", ["train", "validation", "test"])
def test_every_row_gets_another_picture(stage):
    captions = torch.arange(12).reshape(4, 1, 3)
    batch = CaptionBatch(torch.arange(4.0).reshape(4, 1, 1), captions, image_ids=[0, 1, 2, 3])
    getattr(BlindControl(), f"on_{stage}_batch_start")(None, None, batch, 0)
    seen = batch.images.flatten()
    assert not (seen == torch.arange(4.0)).any()
    assert sorted(seen.tolist()) == [0.0, 1.0, 2.0, 3.0]
    assert torch.equal(batch.captions, captions)
    assert batch.image_ids == [0, 1, 2, 3]
