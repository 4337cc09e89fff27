"""CaptionScores: the metric of a validation or test epoch, on any number of devices."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol, cast

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from captioner.errors import CaptionerError
from captioner.scores.idf import IdfTable
from captioner.scores.score_captions import score_captions


class SplitsText(Protocol):
    """Tokenizer, as far as scores need one."""

    def tokenize(self, text: str) -> list[str]:
        """Return the words of ``text``."""


class CaptionScores(Metric):
    """Metric (torchmetrics): BLEU-1 to BLEU-4, ROUGE-L and CIDEr over many batches.

    The texts wait as UTF-8 bytes in a tensor, which, unlike strings, devices can exchange; every
    device computes the scores of the whole set. The scores do not depend on the order of images.

    Args:
        tokenizer: Splits captions and references into words; published numbers use PTB words.
        idf: The n-gram weights of CIDEr; by default those of the references that are scored.

    Example:
        >>> class Spaces:
        ...     def tokenize(self, text):
        ...         return text.split()
        >>> scores = CaptionScores(Spaces())
        >>> scores.update(["a dog runs"], [["a dog runs", "the dog"]])
        >>> scores.update(["a cat"], [["two cats sleep"]])
        >>> round(scores.compute()["CIDEr"], 3)
        2.127
    """

    full_state_update = False
    is_differentiable = False
    higher_is_better = True
    records: list[Tensor]

    def __init__(self, tokenizer: SplitsText, idf: IdfTable | None = None) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.idf = idf
        self.add_state("records", default=[], dist_reduce_fx="cat")
        self._start()

    def _start(self) -> None:
        # A device without images must offer bytes too, or devices exchange different types.
        self.records.append(torch.zeros(0, dtype=torch.uint8, device=self.device))

    def reset(self) -> None:
        """Reset the metric."""
        super().reset()
        self._start()

    def update(
        self,
        captions: Sequence[str],
        references: Sequence[Sequence[str]],
        groups: Sequence[str] | None = None,
        image_ids: Sequence[int] | None = None,
    ) -> None:
        """Collect one batch.

        Args:
            captions: The caption of each of B images.
            references: For each image its references, as their authors wrote them.
            groups: For each image the part of the data set it is reported under separately, or "".
            image_ids: For each image its id. With ids, an image that comes twice counts once, as
                happens where a sampler gives every device as many images by repeating some.

        Raises:
            CaptionerError: If the lists differ in length or an image has no reference.
        """
        ids: Sequence[int | None] = [None] * len(captions) if image_ids is None else image_ids
        groups = [""] * len(captions) if groups is None else groups
        if not len(captions) == len(references) == len(groups) == len(ids):
            raise CaptionerError(
                f"scores: expected as many references, groups and ids as captions, found "
                f"{len(captions)} captions, {len(references)} lists of references, "
                f"{len(groups)} groups, {len(ids)} ids"
            )
        if not all(references):
            raise CaptionerError("scores: expected at least one reference for every image")
        lines = [
            json.dumps([image, group, caption, list(others)]) + "\n"
            for image, group, caption, others in zip(ids, groups, captions, references, strict=True)
        ]
        record = np.frombuffer("".join(lines).encode(), np.uint8).copy()
        self.records.append(torch.from_numpy(record).to(self.device))

    def compute(self) -> dict[str, float]:
        """Score everything collected.

        Returns:
            ``BLEU-1`` to ``BLEU-4``, ``ROUGE-L``, ``CIDEr``, and for each group ``CIDEr/<group>``:
            the mean over its images, with the n-gram weights of the whole set.

        Raises:
            CaptionerError: If nothing was collected.
        """
        rows = self._rows()
        tokenize = self.tokenizer.tokenize
        scores = score_captions(
            [tokenize(caption) for _, _, caption, _ in rows],
            [[tokenize(text) for text in others] for _, _, _, others in rows],
            self.idf,
        )
        values = {name: score.corpus for name, score in scores.items()}
        groups = np.array([group for _, group, _, _ in rows], object)
        for group in sorted({*groups} - {""}):
            values[f"CIDEr/{group}"] = float(scores["CIDEr"].images[groups == group].mean())
        return values

    def _rows(self) -> list[tuple[int | None, str, str, list[str]]]:
        """Return (id, group, caption, references) of each image, once, in an order of its own."""
        text = dim_zero_cat(self.records).cpu().numpy().tobytes().decode()
        unique: dict[object, tuple[int | None, str, str, list[str]]] = {}
        for number, line in enumerate(sorted(text.splitlines())):
            row = cast(tuple[int | None, str, str, list[str]], tuple(json.loads(line)))
            unique.setdefault(("row", number) if row[0] is None else row[0], row)
        return list(unique.values())
