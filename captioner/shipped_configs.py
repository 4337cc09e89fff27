"""Shipped configurations, found by name: ``lstm``, ``flickr8k/elmo``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from captioner.errors import CaptionerError
from captioner.files import kind_of_path

_PACKAGE = Path(__file__).parent


def shipped_configs() -> dict[str, Path]:
    """Return the shipped YAML files by name, sorted.

    A wheel has them inside of the package; in a checkout they lie beside it, in ``configs/``, the
    one place where they are written.

    Example:
        >>> "flickr8k/transformer" in shipped_configs()
        True
    """
    inside = _PACKAGE / "configs"
    folder = inside if inside.is_dir() else _PACKAGE.parent / "configs"
    files = folder.rglob("*.yaml")
    named = {file.relative_to(folder).with_suffix("").as_posix(): file for file in files}
    return dict(sorted(named.items()))


def find_config(name: str) -> Path:
    """Return the YAML file that is meant: one that is there, or else the shipped one of that name.

    Args:
        name: Path of a file, or name of a shipped one, with or without ``.yaml``, and with or
            without the folder ``configs/`` that has them in a checkout.

    Raises:
        CaptionerError: If there is neither; it names shipped ones that are written alike. Or if it
            is a device or a pipe.

    Example:
        >>> find_config("flickr8k/elmo").name, find_config("configs/lstm.yaml").name
        ('elmo.yaml', 'lstm.yaml')
        >>> find_config("lstmm")
        Traceback (most recent call last):
        captioner.errors.CaptionerError: lstmm: expected a YAML file, found none, nor a\
 shipped configuration of that name; near it is lstm
    """
    path = Path(name)
    if _is_there(path):
        if not path.is_file():  # read once it is empty, and it is read more than once
            raise CaptionerError(f"{name}: expected a YAML file, found {kind_of_path(path)}")
        return path
    shipped = shipped_configs()
    wanted = path.as_posix().removeprefix("configs/")
    wanted = wanted.removesuffix(".yaml").removesuffix(".yml")
    if wanted in shipped:
        return shipped[wanted]
    raise CaptionerError(
        f"{name}: expected a YAML file, found none, nor a shipped configuration of that name; "
        + _hint(wanted, list(shipped))
    )


def _is_there(path: Path) -> bool:
    try:
        return path.exists() and not path.is_dir()
    except (OSError, ValueError):  # too long a name, a folder that may not be looked into
        return False


def _hint(wanted: str, names: list[str]) -> str:
    """Return which names are near, by their whole or by their last part."""
    last = wanted.rpartition("/")[2]
    same = [name for name in names if name.rpartition("/")[2] == last]
    near = list(dict.fromkeys(same + get_close_matches(wanted, names, 3, 0.7)))
    if near:
        return f"near it are {', '.join(near)}" if len(near) > 1 else f"near it is {near[0]}"
    return "python -m captioner configs lists them"


@dataclass(frozen=True)
class Header:
    """Header of a shipped YAML file: the comment that it opens with.

    Attributes:
        purpose: What it trains or reads, and on which data: the first sentence.
        time: How long it takes on which machine: the first sentence behind ``Time:``.
        score: What comes out: the first sentence behind ``Score:``. Blocks of settings that are
            given behind others have neither, hence empty text.
    """

    purpose: str
    time: str
    score: str


def read_header(text: str) -> Header:
    r"""Return what the comment at the top of a YAML file says.

    Example:
        >>> read_header("# An LSTM. Small.\n#\n#   fit --config lstm\n#\n# Time: 5\n# minutes.\n")
        Header(purpose='An LSTM.', time='5 minutes.', score='')
    """
    parts, current = {"Purpose": ""}, "Purpose"
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        words = line.removeprefix("#").removeprefix(" ")
        if not words or words.startswith(" "):  # a command, or the end of a paragraph
            current = ""
            continue
        if label := re.match(r"(Time|Score): ", words):
            current, words = label[1], words[label.end() :]
        parts[current] = f"{parts.get(current, '')} {words}"
    first = {name: _first_sentence(" ".join(part.split())) for name, part in parts.items()}
    return Header(first["Purpose"], first.get("Time", ""), first.get("Score", ""))


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.) (?=[\"A-Z0-9])", text, maxsplit=1)[0]
