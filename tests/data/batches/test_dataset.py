"""Items and batches: word ids, padding, and what happens to broken pictures."""

import pytest
import torch

from captioner.data.batches.collate import collate
from captioner.data.batches.dataset import CaptionDataset
from captioner.data.formats.example import Example
from captioner.errors import CaptionerError
from captioner.text import PTBTokenizer, Vocabulary

VOCABULARY = Vocabulary(["a", "dog", "runs"])


def _dataset(count=3, broken=(), **options):
    def source(index, epoch):
        if index in broken:
            raise CaptionerError(f"picture {index} is broken")
        return torch.full((2, 4), float(100 * epoch + index))

    captions = [("A dog.",), ("A dog.", "A dog runs, a cat")]
    examples = [
        Example(10 + i, f"{i}.jpg", captions[i % 2], ("even", "")[i % 2]) for i in range(count)
    ]
    return CaptionDataset(examples, source, PTBTokenizer(), VOCABULARY, **options)


def test_items_hold_image_and_word_ids():
    item = _dataset()[2, 1]
    assert item.example.image_id == 11
    assert item.image.unique().tolist() == [201.0]
    assert item.captions.tolist() == [[1, 4, 5, 2, 0, 0, 0], [1, 4, 5, 6, 4, 3, 2]]
    assert item.broken == []


def _items(*captions, **options):
    examples = [Example(7, "7.jpg", captions)]
    dataset = CaptionDataset(
        examples, lambda *_: torch.zeros(2, 4), PTBTokenizer(), VOCABULARY, **options
    )
    return dataset, dataset[0, 0]


def test_words_that_are_spelt_like_special_ones_are_unknown():
    _, item = _items("A <pad> dog <eos> runs <bos> <unk>")
    assert item.captions.tolist() == [[1, 4, 3, 5, 3, 6, 3, 3, 2]]


def test_captions_without_a_word_are_not_learnt():
    dataset, item = _items("...", "A dog.", "!")
    assert item.captions.tolist() == [[1, 4, 5, 2]]
    assert item.example.captions == ("...", "A dog.", "!")  # the scores see what was written
    assert dataset.longest() == [2]


def test_an_image_whose_captions_have_no_word_has_an_unknown_one():
    dataset, item = _items("...", "!")
    assert item.captions.tolist() == [[1, 3, 2]]
    assert dataset.longest() == [1]


def test_long_captions_are_cut_before_the_end_word():
    item = _dataset(max_words=2)[0, 1]
    assert item.captions.tolist() == [[1, 4, 5, 2], [1, 4, 5, 2]]


def test_the_longest_caption_of_each_example_is_known_in_advance():
    for options in ({}, {"max_words": 3}):
        dataset = _dataset(**options)
        padded = [dataset[0, index].captions.shape[1] for index in range(3)]
        assert dataset.longest() == [length - 2 for length in padded]  # but for <bos> and <eos>


def test_a_broken_picture_gives_its_place_to_the_next():
    item = _dataset(4, broken=(1, 2), attempts=3)[0, 1]
    assert item.example.image_id == 13
    assert item.captions[0].tolist() == [1, 4, 5, 2, 0, 0, 0]
    assert item.broken == ["picture 1 is broken", "picture 2 is broken"]
    assert _dataset(3, broken=(2,), attempts=2)[0, 2].example.image_id == 10  # round the end


def test_attempts_end():
    item = _dataset(4, broken=(1, 2), attempts=2)[0, 1]
    assert item.image is None
    assert len(item.broken) == 2


def test_collate_pads_references_and_words_with_the_longest_first():
    dataset = _dataset()
    loaded = collate([dataset[0, 0], dataset[0, 1]])
    batch = loaded.batch
    assert batch is not None
    assert loaded.broken == []
    assert batch.images.shape == (2, 2, 4)
    assert batch.captions.dtype == torch.int64
    assert batch.captions.tolist() == [
        [[1, 4, 5, 6, 4, 3, 2], [1, 4, 5, 2, 0, 0, 0]],
        [[1, 4, 5, 2, 0, 0, 0], [0] * 7],
    ]
    assert torch.equal(batch.images, torch.stack([dataset[0, 1].image, dataset[0, 0].image]))
    assert batch.references == [["A dog.", "A dog runs, a cat"], ["A dog."]]
    assert batch.image_ids == [11, 10]
    assert batch.groups == ["", "even"]
    assert len(batch) == 2


def test_collate_leaves_broken_rows_out_and_keeps_their_reports():
    dataset = _dataset(broken=(0,))
    loaded = collate([dataset[0, 0], dataset[0, 1]])
    assert loaded.batch is not None
    assert loaded.batch.image_ids == [11]
    assert loaded.broken == ["picture 0 is broken"]
    assert collate([dataset[0, 0]]).batch is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="page-locked memory needs a GPU")
def test_pinned_memory():
    batch = collate([_dataset()[0, 0]]).pin_memory().batch
    assert batch is not None
    assert batch.images.is_pinned()
