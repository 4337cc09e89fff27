"""Training pictures change a little, repeatably, and never so that a caption becomes false."""

import pytest
import torch

from captioner.data import Augmentation, TrainTransform
from captioner.errors import CaptionerError
from captioner.preprocessing import Preprocessing

ZERO, ONE = (0.0,) * 3, (1.0,) * 3
PLAIN = Preprocessing((64, 64), ZERO, ONE, "bilinear", 1.0, "center")
RAMP = torch.arange(200, dtype=torch.uint8).expand(3, 200, 200)  # brighter to the right


@pytest.fixture
def picture():
    """Noise, (3, H, W) uint8."""
    return torch.randint(0, 256, (3, 50, 70), generator=torch.Generator().manual_seed(0)).byte()


def draws(augmentation, picture=RAMP, count=50):
    change = TrainTransform(PLAIN, augmentation)
    return [change(picture, f"0 {index}") for index in range(count)]


def test_most_of_the_picture_stays_in_view():
    rows = [pixels[0, 0] * 255 for pixels in draws(Augmentation(colour=0))]
    spans = [float(row[-1] - row[0]) / 199 for row in rows]
    assert min(spans) > 0.75  # side of 70 % of the area, a little narrower
    assert len({round(span, 3) for span in spans}) > 10
    whole = [pixels[0, 0] * 255 for pixels in draws(Augmentation(min_area=1.0, colour=0))]
    assert min(float(row[-1] - row[0]) / 199 for row in whole) > 0.9


def test_left_stays_left_unless_mirroring_is_asked_for():
    assert all(pixels[0, 0, -1] > pixels[0, 0, 0] for pixels in draws(Augmentation()))
    mirrored = [pixels[0, 0, -1] < pixels[0, 0, 0] for pixels in draws(Augmentation(mirror=True))]
    assert 10 < sum(mirrored) < 40


def test_colours_vary_and_keep_their_names():
    red = torch.tensor([180, 60, 40], dtype=torch.uint8).view(3, 1, 1).expand(3, 80, 80)
    seen = torch.stack([pixels[:, 8, 8] for pixels in draws(Augmentation(), red)])
    r, g, b = seen.unbind(dim=1)
    assert ((r > g) & (g > b)).all()
    assert (r > 2 * g).all()
    assert seen.std(dim=0).min() > 0.01
    assert seen.min() >= 0
    assert seen.max() <= 1
    plain = torch.stack([pixels[:, 8, 8] for pixels in draws(Augmentation(colour=0), red)])
    torch.testing.assert_close(plain[0] * 255, red[:, 0, 0].float())
    assert (plain == plain[0]).all()


def test_depends_on_seed_and_key_alone(picture):
    augmentation = Augmentation(mirror=True)
    change = TrainTransform(PLAIN, augmentation, seed=1)
    before = torch.get_rng_state()
    first = change(picture, "0 5")
    assert torch.equal(change(picture, "0 5"), first)
    assert not torch.equal(change(picture, "1 5"), first)
    assert not torch.equal(TrainTransform(PLAIN, augmentation, seed=2)(picture, "0 5"), first)
    assert torch.equal(torch.get_rng_state(), before)


def test_pixels_are_normalized_as_the_encoder_expects(picture):
    half = Preprocessing((64, 64), (0.5,) * 3, (0.25,) * 3, "bilinear", 1.0, "center")
    pixels = TrainTransform(PLAIN, Augmentation())(picture, "0 0")
    torch.testing.assert_close(
        TrainTransform(half, Augmentation())(picture, "0 0"), (pixels - 0.5) / 0.25
    )


def test_one_pixel_is_enough():
    dot = torch.zeros(3, 1, 1, dtype=torch.uint8)
    assert TrainTransform(PLAIN, Augmentation())(dot, "0 0").shape == (3, 64, 64)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"min_area": 0.0}, r"data\.augment\.min_area: expected above 0 to 1, found 0.0"),
        ({"colour": 1.0}, r"data\.augment\.colour: expected 0 to below 1, found 1.0"),
    ],
)
def test_refuses_what_is_no_share(setting, sentence):
    with pytest.raises(CaptionerError, match=sentence):
        Augmentation(**setting)
