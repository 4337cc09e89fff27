"""Files in, sentences out, with one checkpoint and nothing else."""

import pytest
import torch
from PIL import Image

from captioner import load_captioner
from captioner.errors import CaptionerError


def test_captions_depend_on_neither_batch_nor_order(trained, colours):
    pipeline = load_captioner(trained)
    files = sorted((colours / "images").glob("*.png"))
    together = pipeline.caption(files)
    assert len(together) == len(files) == 32
    assert [c.text for c in pipeline.caption(files[::-1], batch_size=5)] == [
        caption.text for caption in reversed(together)
    ]
    alone = pipeline.caption([str(files[3])])[0]
    assert alone.words == together[3].words
    assert alone.log_probability == pytest.approx(together[3].log_probability, abs=1e-4)


def test_a_broken_picture_is_named(trained, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(CaptionerError, match=r"broken\.jpg"):
        load_captioner(trained).caption([tmp_path / "broken.jpg"])


def test_iterate_goes_on_after_a_broken_picture(trained, colours, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    good = next((colours / "images").glob("*.png"))
    found = list(load_captioner(trained).iterate([good, broken, good], batch_size=2))
    assert [path for path, _ in found] == [good, broken, good]
    assert isinstance(found[1][1], CaptionerError)
    assert found[0][1].text == found[2][1].text


def test_no_files_no_captions(trained):
    assert load_captioner(trained).caption([]) == []


def test_a_size_the_model_has_never_seen(trained, tmp_path):
    Image.new("RGB", (7, 301), "red").save(tmp_path / "thin.png")
    assert len(load_captioner(trained).caption([tmp_path / "thin.png"])) == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_a_device_that_is_not_there(trained):
    with pytest.raises(CaptionerError, match="device: expected one of cpu.*, found 'cuda'"):
        load_captioner(trained, device="cuda")
