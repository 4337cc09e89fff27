"""What cached image tokens save, in delivering them and in a whole training epoch.

Ours is the token cache, the peer is the same code without it: every picture is read, decoded and
encoded again. Pictures are those of ``scenes``. Weights are random, which costs the same time.

- Delivery: image tokens of all pictures, from files that are not in the system's page cache
  (where the system lets a program drop them), the index of the cache read anew in each run.
- Epoch: one training epoch of the default LSTM captioner, the decoder's work included.
- First epoch: the same from pictures only, so that our side has to build the cache on the way.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

import lightning
import torch
from _table import Row, arguments, compare, report, seconds

from captioner.captioners import LSTMCaptioner
from captioner.data import CocoDataModule
from captioner.data.batches.sources import PixelSource, TokenSource, image_source
from captioner.data.pictures.transforms import EvalTransform
from captioner.data.scenes import write_scenes
from captioner.data.token_cache.cache import TokenCache
from captioner.encoders import TimmEncoder

LITE0 = "tf_efficientnet_lite0"
EPOCHS = (LITE0, "resnet101", "vit_base_patch16_224")
BATCH = 32


def drop_from_memory(folder: Path) -> None:
    """Ask the system to forget the contents of the files in ``folder``."""
    if not hasattr(os, "posix_fadvise"):
        return
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class Delivery:
    """Bring the image tokens of all pictures into memory, batch by batch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths = sorted(str(path) for path in (folder / "images").iterdir())
        self.encoder = TimmEncoder(LITE0, weights="random")
        image_source(
            self.paths,
            self.encoder,
            cache_dir=str(folder / "cache"),
            augmentation=None,
            seed=0,
            batch_size=BATCH,
            num_workers=0,
        )
        self.fingerprint = self.encoder.fingerprint()

    def cached(self) -> float:
        """Return the milliseconds per picture from the cache."""
        drop_from_memory(self.folder)
        return 1000 * seconds(self._read_cache) / len(self.paths)

    def encoded(self) -> float:
        """Return the milliseconds per picture from the picture files."""
        drop_from_memory(self.folder)
        return 1000 * seconds(self._encode) / len(self.paths)

    def _read_cache(self) -> None:
        source = TokenSource(TokenCache(self.folder / "cache", self.fingerprint), self.paths, {})
        for batch in self._batches():
            torch.stack([source(index, 0) for index in batch]).float()

    def _encode(self) -> None:
        source = PixelSource(self.paths, EvalTransform(self.encoder.preprocessing))
        for batch in self._batches():
            self.encoder(torch.stack([source(index, 0) for index in batch]))

    def _batches(self) -> list[range]:
        count = len(self.paths)
        return [range(start, min(start + BATCH, count)) for start in range(0, count, BATCH)]


class EpochClock(lightning.Callback):
    """Time the training epoch without what Lightning sets up before it."""

    def on_train_epoch_start(self, *_: object) -> None:
        """Start the clock."""
        self.start = time.perf_counter()

    def on_train_epoch_end(self, *_: object) -> None:
        """Stop the clock."""
        self.seconds = time.perf_counter() - self.start


def fit(folder: Path, encoder: str, cache_dir: str | None) -> float:
    """Return the seconds of one training epoch; everything else is made anew for it.

    Args:
        folder: Where the data set is.
        encoder: A timm model.
        cache_dir: Where image tokens are stored, or None for none.
    """
    torch.manual_seed(0)  # the same random weights each time, so that the cache fits
    data = CocoDataModule(
        str(folder / "annotations" / "captions_train.json"),
        images=str(folder / "images"),
        num_workers=0,
        cache_tokens=cache_dir is not None,
        cache_dir=cache_dir or "",
    )
    model = LSTMCaptioner(data.vocabulary, data.tokenizer.name, encoder=encoder)
    model.has_weights = True
    clock = EpochClock()
    trainer = lightning.Trainer(
        accelerator="cpu",
        max_epochs=1,
        limit_val_batches=0,
        callbacks=[clock],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model, datamodule=data)
    return clock.seconds


def first_fit(folder: Path, encoder: str, *, cache: bool) -> float:
    """Return the seconds from pictures to the end of the first epoch, building the cache if any."""
    with tempfile.TemporaryDirectory() as fresh:
        return seconds(lambda: fit(folder, encoder, fresh if cache else None))


def epoch_row(folder: Path, encoder: str, repeats: int) -> Row:
    """Compare epochs with a cache that is there and without one."""
    cache = str(folder / "cache")
    fit(folder, encoder, cache)  # fills it
    return compare(
        f"training epoch, {encoder}",
        partial(fit, folder, encoder, cache),
        partial(fit, folder, encoder, None),
        unit="s",
        repeats=repeats,
    )


def main() -> None:
    """Draw the pictures, measure, report."""
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=64, help="training pictures")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    # Lightning advises to use worker processes, of which both sides have none on purpose.
    warnings.filterwarnings("ignore", module="lightning")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "scenes"
        write_scenes(folder, sizes={"train": options.images, "val": 0, "test": 0}, progress=False)
        delivery = Delivery(folder)
        rows = [
            compare(
                f"image tokens of a picture, {LITE0}",
                delivery.cached,
                delivery.encoded,
                unit="ms",
                repeats=options.repeats,
            ),
            *(epoch_row(folder, encoder, options.repeats) for encoder in EPOCHS),
            compare(
                f"first epoch from pictures, {LITE0}",
                partial(first_fit, folder, LITE0, cache=True),
                partial(first_fit, folder, LITE0, cache=False),
                unit="s",
                repeats=options.repeats,
            ),
        ]
    report(rows, json_file=options.json, dtype="float32, cached as float16")


if __name__ == "__main__":
    main()
