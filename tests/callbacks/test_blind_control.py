"""The blind control moves every picture to another row, and nothing else."""

import pytest
import torch

from captioner.callbacks import BlindControl
from captioner.types import CaptionBatch

pytestmark = pytest.mark.integration


def blinded(rows, batch_idx=0, stage="train"):
    """Return a batch after the callback; row i began with picture i + 1."""
    captions = torch.arange(rows * 3).reshape(rows, 1, 3)
    pictures = torch.arange(1.0, rows + 1).reshape(rows, 1, 1).expand(rows, 2, 3)
    batch = CaptionBatch(pictures, captions, image_ids=list(range(rows)))
    getattr(BlindControl(), f"on_{stage}_batch_start")(None, None, batch, batch_idx)
    assert torch.equal(batch.captions, captions)
    assert batch.image_ids == list(range(rows))
    return batch.images[:, 0, 0].tolist()


@pytest.mark.parametrize("stage", ["train", "validation", "test"])
@pytest.mark.parametrize("rows", [2, 4, 7])
def test_every_row_gets_another_picture(stage, rows):
    own = [float(row) for row in range(1, rows + 1)]
    for batch_idx in range(20):
        seen = blinded(rows, batch_idx, stage)
        assert sorted(seen) == own
        assert all(picture != mine for picture, mine in zip(seen, own, strict=True))


@pytest.mark.parametrize("stage", ["train", "validation", "test"])
def test_a_single_picture_is_blanked(stage):
    assert blinded(1, stage=stage) == [0.0]


def test_pictures_move_by_any_number_of_rows():
    # Rows are sorted by length, so a neighbour's picture would say how long the caption is.
    shifts = [int(1 - blinded(32, batch_idx)[0]) % 32 for batch_idx in range(300)]
    assert set(shifts) == set(range(1, 32))


def test_runs_can_be_repeated_and_draw_nothing_from_the_global_random_state():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = [blinded(16, batch_idx) for batch_idx in range(5)]
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(1)
    assert [blinded(16, batch_idx) for batch_idx in range(5)] == first
