"""Annotation files: what is read, and what is refused with which words."""

import json

import pytest

from captioner.data import Example, read_coco
from captioner.errors import CaptionerError

IMAGE = {"id": 7, "file_name": "a.jpg"}
CAPTION = {"id": 1, "image_id": 7, "caption": "A dog."}


@pytest.fixture
def write(tmp_path):
    def write(content):
        file = tmp_path / "captions.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return file

    return write


def test_reads_images_in_order_with_all_captions_and_group(write, capsys):
    file = write(
        {
            "images": [{"id": 9, "file_name": "b.jpg", "group": "unseen"}, IMAGE],
            "annotations": [
                CAPTION,
                {"id": 2, "image_id": 9, "caption": " Two cats.\n"},
                {"id": 3, "image_id": 7, "caption": "It runs."},
            ],
        }
    )
    assert read_coco(file, "photos") == [
        Example(9, "photos/b.jpg", ("Two cats.",), "unseen"),
        Example(7, "photos/a.jpg", ("A dog.", "It runs.")),
    ]
    assert capsys.readouterr().out == ""


def test_looks_for_a_picture_in_each_folder(write, tmp_path):
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "a.jpg").touch()
    file = write({"images": [IMAGE], "annotations": [CAPTION]})
    folders = [str(tmp_path / "first"), str(tmp_path / "second")]
    assert read_coco(file, folders)[0].path == str(tmp_path / "second" / "a.jpg")
    assert read_coco(file, folders[:1])[0].path == str(tmp_path / "first" / "a.jpg")


@pytest.mark.parametrize("number", [1, "a", [], None])
def test_ids_of_annotations_and_categories_do_not_matter(write, number):
    texts = [{**CAPTION, "id": number, "caption": f"Dog {location}."} for location in range(3)]
    file = write({"images": [IMAGE], "annotations": texts, "categories": [{"name": "dog"}, 3]})
    assert read_coco(file, "")[0].captions == ("Dog 0.", "Dog 1.", "Dog 2.")


def test_missing_file(tmp_path):
    with pytest.raises(CaptionerError, match=r"none\.json: expected a caption file, found no such"):
        read_coco(tmp_path / "none.json", "photos")


def _captions(**changes):
    return {"images": [IMAGE], "annotations": [{**CAPTION, **changes}]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not json", r"expected JSON, found Expecting value at line 1 column 1"),
        ('{"images": [', r"expected JSON, found Expecting value at line 1"),
        ("", r"expected JSON, found Expecting value"),
        ([1], r"expected COCO captions with a list 'images', found list"),
        ({"annotations": []}, r"with a list 'images', found \['annotations'\]"),
        ({"images": [IMAGE]}, r"with a list 'annotations', found COCO images without captions"),
        ({"images": [], "info": 1}, r"with a list 'annotations', found \['images', 'info'\]"),
        ({"images": [], "annotations": []}, r"expected at least one image, found none"),
        ({"images": ["a"], "annotations": []}, r"'id' of type int at images\[0\], found 'a'"),
        ({"images": [{"id": "7a"}], "annotations": []}, r"'id' of type int at images\[0\]"),
        (
            {"images": [{"name": "a.jpg"}], "annotations": []},
            r"'id' of type int at images\[0\], found no such key, only 'name'",
        ),
        ({"images": [{"id": 7}], "annotations": []}, r"'file_name' of type str at images\[0\]"),
        ({"images": [IMAGE, IMAGE], "annotations": []}, r"every image id once, found 7 again"),
        (
            {"images": [{**IMAGE, "group": 3}], "annotations": []},
            r"a string as 'group' at images\[0\], found 3",
        ),
        (
            {"images": [IMAGE, {"id": 8, "file_name": "b.jpg"}], "annotations": [CAPTION]},
            r"a caption for every image, found 1 without, first 'b\.jpg'",
        ),
        (_captions(image_id=5), r"image_id listed under 'images' at annotations\[0\], found 5"),
        (_captions(caption=""), r"at annotations\[0\], found empty caption"),
        (_captions(caption=" \n"), r"annotations\[0\]: expected words, found an empty caption"),
        (_captions(caption=3), r"'caption' of type str at annotations\[0\], found 3"),
        (_captions(caption=None), r"'caption' of type str at annotations\[0\], found None"),
        (_captions(image_id=True), r"'image_id' of type int at annotations\[0\], found True"),
        (_captions(image_id=10**30), r"'image_id' of type int at annotations\[0\], found 1000"),
    ],
)
def test_refuses_what_is_no_caption_file(write, content, message):
    with pytest.raises(CaptionerError, match=r"captions\.json: ") as error:
        read_coco(write(content), "photos")
    assert error.match(message)
    assert "\n" not in str(error.value)


def test_refuses_bytes_that_are_no_text(tmp_path):
    file = tmp_path / "captions.json"
    file.write_bytes(b"\xfa\xfe\x00\x81")
    with pytest.raises(
        CaptionerError, match=r"expected a caption file, found bytes that are not UTF-8"
    ):
        read_coco(file, "photos")


def test_refuses_absurdly_nested_json(write):
    with pytest.raises(CaptionerError, match=r"captions\.json: expected JSON"):
        read_coco(write("[" * 200_000), "photos")
