"""What is said to the person at the keyboard is one line, whatever a file says."""

import pickle

import pytest

from captioner.errors import CaptionerError


@pytest.mark.parametrize("odd", ["\n", "\r", "\x1b[2J", "\x00", "\x85", "\u2028", "\udcff"])
def test_a_sentence_stays_one_line_that_can_be_printed(odd):
    sentence = str(CaptionerError(f"a{odd}b.jpg: expected a picture, found none"))
    assert len(sentence.splitlines()) == 1
    assert sentence.startswith("a\\")
    assert sentence.encode().endswith(b"b.jpg: expected a picture, found none")


def test_letters_of_all_languages_stay_as_they_are():
    sentence = r"C:\n\été 犬 👩‍👩‍👧.jpg: expected a picture, found none"
    assert str(CaptionerError(sentence)) == sentence


def test_comes_back_from_a_worker_process():
    error = pickle.loads(pickle.dumps(CaptionerError("a\nb: expected one")))
    assert str(error) == r"a\nb: expected one"
