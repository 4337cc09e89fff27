"""A name that is repeated in a settings file is no setting that is silently dropped."""

import pytest
import yaml

from captioner.__main__ import main
from captioner.commands.parsing.config_files import RepeatedNameError, UniqueNameLoader

DEFAULTS = """
base: &base {width: 1, heads: 2}
deep:
  A: &A
    <<: *base
    width: 3
B:
  <<: *A
  heads: 4
"""


@pytest.mark.parametrize("text", [DEFAULTS, "1: a\n'1': b", "- A: 1\n- A: 2", "A: {A: {A: 1}}"])
def test_names_of_different_mappings_may_be_the_same(text):
    assert yaml.load(text, UniqueNameLoader) == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("models:\n  A: {config: a}\n  A: {config: b}", "'A' again in line 3"),
        ("A: 1\n'A': 2", "'A' again in line 2"),
        ("- {A: 1, 'a b': 2, 'a b': 3}", "'a b' again in line 1"),
        ("x: &x {A: 1}\ny:\n  <<: *x\n  B: 1\n  B: 2", "'B' again in line 5"),
    ],
)
def test_names_of_one_mapping_are_each_there_once(text, found):
    with pytest.raises(RepeatedNameError, match=f"^expected every name once, found {found}$"):
        yaml.load(text, UniqueNameLoader)


def test_a_file_that_repeats_a_captioner_is_named(tmp_path, capsys):
    file = tmp_path / "p.yaml"
    file.write_text("models:\n  A: {config: a.yaml}\n  A: {config: b.yaml}\n")
    assert main(["compare", f"--config={file}"]) == 2
    sentence = f"{file}: expected every name once, found 'A' again in line 3"
    assert capsys.readouterr().err == f"captioner: {sentence}\n"
