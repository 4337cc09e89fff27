"""Text changed at random: values of another kind in JSON, broken rows, other encodings."""

import gzip
import json
from collections.abc import Iterator, Sequence
from typing import Any

from tests.fuzz.mutations import Random, mutate_bytes

# As written in a file: json.dumps would not write most of them.
_TOKENS = (
    *("NaN", "Infinity", "-Infinity", "1e999", "-0", "0", "1", "-1", "1.5", "true", "null"),
    *("2147483648", "9223372036854775808", "18446744073709551616", "9" * 400, "1" * 5000),
    *("[]", "{}", '""', '"1"', '"x"', "[1]", '{"a": 1}', '[["x"]]', "[null]", '{"": null}'),
    *('"\\ud800"', '"\\udc00x"', '"\\u0000"', '"a\\nb"', '"\\u001b[2J"', '"\\u202e"', '" "'),
    *('"../x.jpg"', '"/etc/passwd"', '"C:\\\\x.jpg"', '"a\\\\b.jpg"', '"a/"', '"."', '"~"'),
    *(
        '"' + "x" * 5000 + '"',
        "[" * 500 + "]" * 500,
        "[" * 100_000,
        '{"a":' * 3000 + "1" + "}" * 3000,
    ),
    *("'a'", "undefined", "", ",", '"', "01", "+1", "0x10", "1_000", "//", '"\\x"', "tru"),
)
_CELLS = (
    *(
        "",
        " ",
        '"',
        '""',
        '"a',
        'a"b',
        '"a"b',
        '"a,b"',
        '"a\nb"',
        "\0",
        "\x1b[2J",
        "\ud800",
        "\ufeff",
    ),
    *("1", "-1", "NaN", "null", "#", "#0", "a.jpg#0", "a.jpg#" + "9" * 5000, "|", "a.jpg| 0| x"),
    *(
        "../x.jpg",
        "/etc/passwd",
        "a\\b.jpg",
        "x" * 200_000,
        " " * 3000,
        "é",
        "e\u0301",
        "\u2028",
        "\x85",
    ),
    *("file", "caption", "split", "train", "val", "\x0b", "\x1c", "'", ";", "\t", ",", "=1+1", "@"),
)
_MARK = "\ue000"  # stands for a token in a string that json.dumps writes


def mutate_json(rng: Random, seeds: Sequence[bytes]) -> bytes:
    """Return JSON, or lines of it, in which values have other kinds, or are not there."""
    if rng.random() < 0.2:
        return _encode(rng, mutate_lines_text(rng, rng.choice(seeds).decode()))
    text = rng.choice(seeds).decode()
    if text.count("\n") <= 1:
        return _encode(rng, _change_json(rng, text))
    lines = text.splitlines()
    for place in {rng.randrange(len(lines)) for _ in range(rng.choice((1, 1, 3)))}:
        lines[place] = _change_json(rng, lines[place])
    return _encode(rng, "\n".join(lines) + "\n")


def mutate_lines(rng: Random, seeds: Sequence[bytes]) -> bytes:
    """Return text in which lines and cells are odd."""
    return _encode(rng, mutate_lines_text(rng, rng.choice(seeds).decode()))


def mutate_lines_text(rng: Random, text: str) -> str:
    """Return text with lines repeated, lost or swapped and with cells of other content."""
    lines = text.split("\n")
    for _ in range(rng.choice((1, 1, 2, 4))):
        place, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        what = rng.randrange(6)
        if what == 0:
            lines.insert(other, lines[place])
        elif what == 1 and len(lines) > 1:
            del lines[place]
        elif what == 2:
            lines[place], lines[other] = lines[other], lines[place]
        elif what == 3:
            lines[place] = _change_cell(rng, lines[place])
        else:
            at = rng.randrange(len(lines[place]) + 1)
            end = at + rng.choice((0, 0, 1, 5))
            lines[place] = lines[place][:at] + rng.choice(_CELLS) + lines[place][end:]
    return rng.choice(("\n", "\n", "\n", "\r\n", "\r", "\n\n")).join(lines)


def change_value(rng: Random, content: Any, values: Sequence[Any]) -> Any:
    """Return plain content with one value replaced, lost, repeated or under another key.

    Args:
        rng: Draws what is changed.
        content: Lists and dictionaries, which are changed in place.
        values: What a value is replaced by.
    """
    places = list(_places(content))
    if not places:
        return rng.choice(values)
    holder, key = rng.choice(places)
    what = rng.random()
    if what < 0.6:
        holder[key] = rng.choice(values)
    elif what < 0.75:
        del holder[key]
    elif what < 0.9:
        there, under = rng.choice(places)
        if under in there if isinstance(there, dict) else under < len(there):
            holder[key] = there[under]
    elif isinstance(holder, dict):
        holder[rng.choice(("id", "", "caption", "images", "x"))] = holder.pop(key)
    else:
        holder.insert(key, holder[key])
    return content


def _change_json(rng: Random, text: str) -> str:
    content = json.loads(text)
    if rng.random() < 0.02:
        return rng.choice(_TOKENS)
    values = [f"{_MARK}{index}{_MARK}" for index in range(len(_TOKENS))]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        content = change_value(rng, content, values)
        if isinstance(content, str):
            break
    try:
        written = json.dumps(content, ensure_ascii=False, indent=rng.choice((None, None, None, 1)))
    except (ValueError, RecursionError):  # content that holds itself
        written = "[" * 1000
    for index, token in enumerate(_TOKENS):
        written = written.replace(f'"{_MARK}{index}{_MARK}"', token)
    return written


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every (container, key) inside of content, each container once."""
    waiting, seen = [content], set()
    while waiting:
        holder = waiting.pop()
        if not isinstance(holder, dict | list) or id(holder) in seen:
            continue
        seen.add(id(holder))
        for key in holder if isinstance(holder, dict) else range(len(holder)):
            yield holder, key
            waiting.append(holder[key])


def _change_cell(rng: Random, line: str) -> str:
    separator = max("\t,;|", key=line.count)
    cells = line.split(separator)
    cells[rng.randrange(len(cells))] = rng.choice(_CELLS)
    if rng.random() < 0.2:
        rng.shuffle(cells)
    return separator.join(cells)


def _encode(rng: Random, text: str) -> bytes:
    what = rng.randrange(24)
    encoding = {0: "utf-16", 1: "utf-16-le", 2: "utf-32", 3: "latin-1", 4: "utf-8-sig", 5: "cp1252"}
    name = encoding.get(what, "utf-8")
    data = text.encode(name, "surrogatepass" if name.startswith("utf") else "replace")
    if what == 6:
        data = gzip.compress(data, 1, mtime=0)
    elif what == 7:
        data = mutate_bytes(rng, [gzip.compress(data, 1, mtime=0)])
    elif what in (8, 9, 10):
        data = mutate_bytes(rng, [data])
    return data
