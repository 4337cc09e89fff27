"""How fast pictures become batches, next to ``torchvision.datasets.CocoCaptions``.

Ours is the loader of training and validation; the peer is ``CocoCaptions`` with the usual Pillow
transforms (resize, crop, to tensor, normalize) in a ``torch.utils.data.DataLoader``. Both have the
same picture files, sizes, interpolation, batches and worker processes, and are timed until the
main process holds float32 pixels; ours get their captions as word ids on top. JPEGs are generated,
with about as many bytes per pixel as photographs have.

The last row is the share of its time, in per cent, that the encoder waits for data while the token
cache is built, our side with a process that reads ahead, the peer without.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from _table import Row, arguments, compare, report, seconds
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader
from torchvision import transforms  # type: ignore[import-untyped]
from torchvision.datasets import CocoCaptions  # type: ignore[import-untyped]

from captioner.data import EvalTransform, read_coco
from captioner.data.batches.dataset import CaptionDataset
from captioner.data.batches.loader import CaptionLoader
from captioner.data.batches.sampler import EpochBatches
from captioner.data.batches.sources import PixelSource
from captioner.data.token_cache.cache import TokenCache
from captioner.data.token_cache.filling import fill_cache
from captioner.encoders import TimmEncoder
from captioner.preprocessing import normalize
from captioner.text import Vocabulary, get_tokenizer

LITE0 = "tf_efficientnet_lite0"
BATCH = 8
CAPTION = "A dog runs over a meadow."
SIZES = {"640x480": (640, 480), "12 megapixels": (4032, 3024)}


def draw(folder: Path, size: tuple[int, int], count: int) -> Path:
    """Write JPEGs and their captions into a folder; return the annotation file."""
    random = np.random.default_rng(0)
    width, height = size
    images, annotations = [], []
    for number in range(count):
        rough = random.integers(0, 255, (24, 32, 3), dtype=np.uint8)
        smooth = np.asarray(Image.fromarray(rough).resize(size, Image.Resampling.BICUBIC))
        grain = random.integers(-12, 12, (height, width, 1), dtype=np.int16)
        picture = Image.fromarray((smooth + grain).clip(0, 255).astype(np.uint8))
        picture.save(folder / f"{number}.jpg", quality=85)
        images.append({"id": number, "file_name": f"{number}.jpg"})
        annotations += [
            {"id": 5 * number + k, "image_id": number, "caption": CAPTION} for k in range(5)
        ]
    file = folder / "captions.json"
    file.write_text(json.dumps({"images": images, "annotations": annotations}))
    return file


class Loading:
    """Bring all pictures of a folder into batches, on either side.

    Args:
        folder: Where the pictures are.
        annotations: Their captions.
        workers: Processes that read ahead.
    """

    def __init__(self, folder: Path, annotations: Path, workers: int) -> None:
        self.preprocessing = TimmEncoder(LITE0, weights="random").preprocessing
        config = self.preprocessing
        examples = read_coco(annotations, str(folder))
        tokenizer = get_tokenizer("ptb")
        words = Vocabulary.build([tokenizer.tokenize(CAPTION)])
        source = PixelSource([each.path for each in examples], EvalTransform(config))
        dataset = CaptionDataset(examples, source, tokenizer, words)
        self.ours = CaptionLoader(dataset, EpochBatches(len(examples), BATCH), num_workers=workers)
        interpolation = transforms.InterpolationMode(config.interpolation)
        usual = [
            transforms.Resize(int(config.size[0] / config.crop_pct), interpolation),
            transforms.CenterCrop(config.size),
            transforms.ToTensor(),
            transforms.Normalize(config.mean, config.std),
        ]
        peer = CocoCaptions(str(folder), str(annotations), transforms.Compose(usual))
        self.peer = DataLoader(
            peer,
            BATCH,
            num_workers=workers,
            persistent_workers=workers > 0,
            collate_fn=stack,
        )
        self.count = len(examples)

    def read_ours(self) -> float:
        """Return our milliseconds per picture."""
        return 1000 * seconds(self._read_ours) / self.count

    def read_peer(self) -> float:
        """Return the peer's milliseconds per picture."""
        return 1000 * seconds(lambda: list(self.peer)) / self.count

    def _read_ours(self) -> None:
        for batch in self.ours:
            normalize(batch.images, self.preprocessing)

    def row(self, name: str, repeats: int) -> Row:
        """Compare both; the first run of each, which starts the workers, does not count."""
        self.read_ours(), self.read_peer()
        row = compare(name, self.read_ours, self.read_peer, unit="ms/picture", repeats=repeats)
        self.ours.close()
        return row


def stack(items: list[tuple[Tensor, list[str]]]) -> tuple[Tensor, list[list[str]]]:
    """Return a batch of pixels, and the captions."""
    return torch.stack([pixels for pixels, _ in items]), [captions for _, captions in items]


class WatchedEncoder(TimmEncoder):
    """Note when encoding begins and ends."""

    def __init__(self) -> None:
        super().__init__(LITE0, weights="random")
        self.spans: list[tuple[float, float]] = []

    def forward(self, pixels: Tensor) -> Tensor:
        """Return image tokens."""
        start = time.perf_counter()
        found = super().forward(pixels)
        self.spans.append((start, time.perf_counter()))
        return found


class WatchedCache(TokenCache):
    """Note how long storing takes."""

    def __init__(self, folder: str, fingerprint: str) -> None:
        super().__init__(folder, fingerprint)
        self.storing: list[float] = []

    def append(self, identities: Sequence[bytes], tokens: Tensor) -> None:
        """Store image tokens."""
        self.storing.append(seconds(partial(super().append, identities, tokens)))


def waiting(folder: Path, *, workers: int) -> float:
    """Return the share of its time, in per cent, that the encoder waits for pictures.

    Time is counted from the first batch, when the processes have started, to the last.
    """
    encoder = WatchedEncoder()
    paths = [str(path) for path in sorted(folder.glob("*.jpg"))]
    with tempfile.TemporaryDirectory() as name:
        cache = WatchedCache(name, encoder.fingerprint())
        fill_cache(cache, paths, encoder, batch_size=BATCH, num_workers=workers)
    whole = encoder.spans[-1][1] - encoder.spans[0][0]
    encoding = sum(end - start for start, end in encoder.spans)
    return 100 * (1 - (encoding + sum(cache.storing[:-1])) / whole)


def main() -> None:
    """Draw the pictures, measure, report."""
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=128, help="pictures of 640x480 pixels")
    parser.add_argument("--large", type=int, default=16, help="pictures of 12 megapixels")
    parser.add_argument("--workers", type=int, default=1, help="processes that read ahead")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for size, count in zip(SIZES, (options.images, options.large), strict=True):
            folder = Path(name) / size
            folder.mkdir()
            loading = Loading(folder, draw(folder, SIZES[size], count), options.workers)
            rows.append(loading.row(f"JPEG of {size}", options.repeats))
        rows.append(
            compare(
                "encoder waits for pictures, 640x480",
                partial(waiting, Path(name) / "640x480", workers=options.workers),
                partial(waiting, Path(name) / "640x480", workers=0),
                unit="%",
                repeats=options.repeats,
            )
        )
    report(rows, json_file=options.json, dtype="uint8 until the device, then float32")


if __name__ == "__main__":
    main()
