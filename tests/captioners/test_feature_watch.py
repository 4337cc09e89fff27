"""Features that are not finite, found without a wait in every step."""

import pytest
import torch

from captioner import devices
from captioner.captioners import feature_watch
from captioner.captioners.feature_watch import FeatureWatch
from captioner.errors import CaptionerError

GOOD, BAD = torch.zeros(2, 1, 3), torch.tensor([[[1.0]], [[torch.inf]]])


def test_a_cpu_is_asked_at_once():
    watch = FeatureWatch()
    watch.add(GOOD, [3, 5])
    with pytest.raises(CaptionerError, match="^image 9: expected image features that are finite"):
        watch.add(BAD, [7, 9])
    watch.check()  # what was said is not said again


def test_a_gpu_is_asked_later_and_the_first_picture_named(monkeypatch):
    monkeypatch.setattr(feature_watch, "is_ready", lambda value: False)
    watch = FeatureWatch()
    for batch, image_ids in ((GOOD, [3, 5]), (BAD, [7, 9]), (BAD, [11, 13])):
        watch.add(batch, image_ids)
    with pytest.raises(CaptionerError, match="^image 9: "):
        watch.check()
    watch.add(BAD, [15, 17])
    for _ in range(devices.CHECK_EVERY - 2):
        watch.add(GOOD, range(2))
    with pytest.raises(CaptionerError, match="^image 17: "):
        watch.add(GOOD, range(2))
