"""Random split by hash: a division of pictures that stays the same when more are added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b

from captioner.data.formats.example import Example


def random_split(
    examples: Sequence[Example],
    name: Callable[[Example], str],
    *,
    val_share: float,
    test_share: float,
    seed: int,
) -> dict[str, list[Example]]:
    """Divide examples at random, by image, into training, validation and test splits.

    A picture's hash depends on its name and the seed alone: another order changes nothing, and when
    pictures are added, few of the others change their split.

    Args:
        examples: All pictures.
        name: What a picture is called, wherever the folder of the pictures is.
        val_share: Share of the validation pictures, at least one if it is above 0.
        test_share: The same of the test pictures.
        seed: Other seeds give other divisions.

    Returns:
        The splits, each in the order of ``examples``.

    Example:
        >>> photos = [Example(n, f"{n}.jpg", ("A",)) for n in range(10)]
        >>> shares = {"val_share": 0.2, "test_share": 0.1}
        >>> splits = random_split(photos, lambda photo: photo.path, **shares, seed=0)
        >>> {split: [example.image_id for example in each] for split, each in splits.items()}
        {'train': [0, 1, 2, 3, 4, 6, 8], 'val': [5, 7], 'test': [9]}
    """
    shuffled = sorted(examples, key=lambda example: _hash(name(example), seed))
    test = _count(test_share, len(examples))
    val = test + _count(val_share, len(examples))
    ids = {"test": shuffled[:test], "val": shuffled[test:val], "train": shuffled[val:]}
    chosen = {split: {example.image_id for example in each} for split, each in ids.items()}
    return {
        split: [example for example in examples if example.image_id in chosen[split]]
        for split in ("train", "val", "test")
    }


def _hash(name: str, seed: int) -> bytes:
    return blake2b(f"{seed} {name}".encode(), digest_size=16).digest()


def _count(share: float, total: int) -> int:
    return max(1, round(share * total)) if share else 0
