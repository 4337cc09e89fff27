"""The tokenizer equals the Java one, caption by caption, and its words can be written again."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import subprocess
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.text.ptb.tokenizer import PTBTokenizer

TOKENIZER = PTBTokenizer()
FROZEN = Path(__file__).parent / "ptb_frozen.json"

# What the Java program writes is filtered here as the COCO caption evaluation does it.
PUNCTUATION = {"''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-"} | {
    *(".", "?", "!", ",", ":", "-", "--", "...", ";")
}

PIECES = """
a I the The dog Dogs man cats St Mr Dr. Ph.D U.S U.S.A. etc. no No. fig. p. Wed. Az. a.m. e.g. J. He
n't 's 'll 've 're 'm 'd 'em 'n' 'til cannot Gonna wanna gotta lemme don't can't won’t they're isn't
o'clock O'Brien d'art l'eau rock'n'roll y'all ol' 'tis 'Twas '90s 90s Hawai'i s'mores c'mon dogs' 90
café naïve éa Ελλάς привет 日本 한국 שלום ไทย हिन्दी ÀÉ ﬁn ǆ µm x² H₂O 5° ½ ¼ 3½ ⅔ ⅝ 1/2 11/12 1⁄2
1 2 12 555 1234 1,000 10,000.50 .5 3.5 10:30 1st 2nd 100th 4x4 -5 +5 5% 5' 6'' 12" #1 #tag @home
$ $5 $5.00 US$ £5 €10 ¥ ¢ ₤ 555-1234 (555) +1 1-800-555-1234 12/25/2012 01-02-03 24/7 9/11
http://www.foo.com/a?b=c https://x.org. www.foo.com foo.com foo.org/xy me@foo.com a.b@c.de MY.NET
AT&T A&B M&M's a&b A+B c++ C# t-shirt black-and-white 10-year-old and/or black/white w/ s/he his/her
foo.jpg img1.png 3d.txt index.html <b> </b> <br/> <a href="x"> <3 < > << :) :-) ;) :( =D ^_^ -_-
(^^) ... . . . .. …  -- - --- — – ‐ ( ) [ ] { } " ' `` '' ` ´ ‘ ’ “ ” « » ‹ › „ , . ; : ! ? ?! !!!
/ \\ | & * ** # @ ~ ^ _ __ = + % § © ® ™ × ÷ ± • 🐶 👨‍👩‍👧 ❤️ 🏳️‍🌈 👍🏽 😀
&amp; &lt; &gt; &quot; &apos; &nbsp; &eacute;
-LRB- -lrb- pro- anti- Yahoo! it.A it.a A.B.C a_b x.y S&P-500 Cap'n
""".split()  # noqa: SIM905
PIECES += ["\u00a0", "\u3000", "\u2003", "\u00ad", "\u200b", "\ufeff", "\u0301", "\t", "\n", "\r\n"]
PIECES += ["\u2028", "\u0085", "\v", "\x07", "\ufffd"]
CHARACTERS = "aAbnNdolysStTm 1205'’`\".,-–/:;!?()&$#@<>=_+*%\\é日😀½\u00a0"


def generated(seed: int) -> str:
    """Make one caption: of ordinary and odd pieces, of single characters, or a very long one."""
    random_ = random.Random(seed)
    if seed % 4 == 3:
        return "".join(random_.choices(CHARACTERS, k=random_.randint(1, 14)))
    count = 400 if seed % 500 == 0 else random_.randint(1, 9)
    joints = random_.choice([[" "], ["", " ", " ", ". ", ", "], ["", " ", ".", ",", "'", "-"]])
    return "".join(random_.choice(PIECES) + random_.choice(joints) for _ in range(count))


def with_odd_ends() -> list[str]:
    """Make captions whose last words depend on what Java sees behind them."""
    faces = [
        f"{eyes}{nose}{mouth}"
        for eyes in ":;="
        for nose in ("", "-", "o", "O")
        for mouth in "()DpO|]"
    ]
    clitics = product(
        ["should", "y'all", "it", "'", "dogs"], ["n't", "'ll", "’s", ""], ["'ve", "'", ""]
    )
    initials = [
        f"J. {word}{end}" for word in ("The", "It", "Dogs", "<b>") for end in ("", ".", " x")
    ]
    other = [
        "5'10",
        "5'10.",
        "'90",
        "the '90s",
        "3d.txt",
        "no.",
        "St.",
        "e.g.",
        "U.S",
        "<b",
        "x@y.z",
    ]
    ends = [*faces, *map("".join, clitics), *initials, *other]
    return [f"a dog {end}" for end in ends] + ends + [f"({end} " for end in ends]


def run_java(folder: Path, *arguments: str) -> bytes:
    """Run the Java tokenizer in ``folder`` and return what it prints."""
    peer = pytest.importorskip("pycocoevalcap.tokenizer.ptbtokenizer")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    jar = Path(peer.__file__).parent / peer.STANFORD_CORENLP_3_4_1_JAR
    command = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", str(jar)]
    command += ["edu.stanford.nlp.process.PTBTokenizer", "-preserveLines", "-lowerCase"]
    command += arguments
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120).stdout


def java_words(line: str) -> list[str]:
    return [word for word in line.rstrip().split(" ") if word and word not in PUNCTUATION]


def words_of_lines(captions: list[str], folder: Path) -> list[list[str]]:
    """Let Java tokenize a file with a caption on each line, as the field's scorer does.

    Between captions stands a line of its own, as Java looks over a line end to see whether the next
    caption begins a sentence.
    """
    line_ends = str.maketrans(dict.fromkeys("\n\r\v\f\u0085\u2028\u2029", " "))
    lines = [caption.translate(line_ends) for caption in captions]
    (folder / "text").write_bytes("".join(f"{line}\nx\n" for line in lines).encode())
    tokens = run_java(folder, "text").decode().split("\n")
    return [java_words(line) for line in tokens[: 2 * len(lines) : 2]]


def differences(captions: list[str], expected: list[list[str]]) -> list[object]:
    found = map(TOKENIZER.tokenize, captions)
    return [row for row in zip(captions, expected, found, strict=True) if row[1] != row[2]]


def test_frozen_expectations():
    """Made-up captions that Java has tokenized once, for machines without Java.

    Some were generated by ``generated``, some put together by ``with_odd_ends``; ``words`` is what
    ``words_of_lines`` returned for them, each joined by spaces.
    """
    frozen = json.loads(FROZEN.read_text(encoding="utf-8"))
    assert len(frozen["captions"]) > 2000
    assert differences(frozen["captions"], [java_words(line) for line in frozen["words"]]) == []


def test_ten_thousand_generated_captions_against_java(tmp_path):
    captions = [generated(seed) for seed in range(10_000)]
    assert differences(captions, words_of_lines(captions, tmp_path)) == []


def test_captions_with_odd_ends_against_java(tmp_path):
    captions = with_odd_ends()
    assert differences(captions, words_of_lines(captions, tmp_path)) == []


@pytest.mark.slow
def test_all_real_captions_against_java(tmp_path):
    """Of Flickr8k, Flickr30k and COCO, 264,945 in all."""
    folder = os.environ.get("CAPTIONER_REAL_DATA")
    if folder is None:
        pytest.skip("CAPTIONER_REAL_DATA does not name the folder of real data")
    captions = []
    for file in sorted((Path(folder) / "text").glob("*.jsonl.gz")):
        with gzip.open(file, "rt") as lines:
            captions += [text for line in lines for text in json.loads(line)["captions"]]
    for file in sorted(Path(folder).glob("*/annotations/captions_*.json")):
        rows = json.loads(file.read_text(encoding="utf-8"))["annotations"]
        captions += [row["caption"] for row in rows]
    assert len(captions) > 260_000
    assert differences(captions, words_of_lines(captions, tmp_path)) == []


def test_captions_that_differ_from_java_are_known():
    """Java ends a word at a letter without case, such as a CJK one, before it looks for a sigma."""
    assert TOKENIZER.tokenize("A\u7210\u03a3") == ["a\u7210\u03c2"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \n ", []),
        ("...", []),
        ("A red (stop) sign.", ["a", "red", "-lrb-", "stop", "-rrb-", "sign"]),
        ("one\r\ntwo\u2028three", ["one", "two", "three"]),
        ("A colour photo, grey", ["a", "colour", "photo", "grey"]),
        ("lone \ud83d surrogate", ["lone", "surrogate"]),
        ("A dog :)", ["a", "dog", ":-rrb-"]),
        ("A man 5'10", ["a", "man", "5", "'10"]),
        ("You shouldn't've", ["you", "should", "n't", "'ve"]),
        ("A dog :)\n", ["a", "dog", ":-rrb-"]),
    ],
)
def test_examples(text, words):
    assert TOKENIZER.tokenize(text) == words


@settings(max_examples=300)
@given(st.text() | st.text(alphabet=CHARACTERS))
def test_any_text_gives_words_of_which_none_is_punctuation(text):
    words = TOKENIZER.tokenize(text)
    assert all(words)
    assert not PUNCTUATION.intersection(words)


@pytest.mark.parametrize("piece", ["a", "a-", "a@", "*a.", "'", "<a ", "1 ", "(", "http://", "日"])
def test_very_long_text_is_split(piece):
    """In about a second even where no fast path applies; scanning ahead each time takes minutes."""
    words = TOKENIZER.tokenize(piece * 20_000)
    assert len(words) <= 60_000


PLAIN = ["a", "man", "ca", "n't", "dog", "'s", "do", "they", "'ve", "gon", "na", "1", "1/2", "st"]
PLAIN += [
    "u.s.",
    "etc.",
    "-lrb-",
    "-rrb-",
    "$",
    "5",
    "%",
    "at&t",
    "no",
    "i",
    "it",
    "the",
    "is",
]


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PLAIN), max_size=12))
def test_words_survive_being_written(words):
    assert TOKENIZER.tokenize(TOKENIZER.detokenize(words)) == words


@pytest.mark.parametrize("seed", range(300))
def test_generated_captions_survive_being_written(seed):
    words = TOKENIZER.tokenize(generated(seed))
    assert TOKENIZER.tokenize(TOKENIZER.detokenize(words)) == words


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], ""),
        (["a", "man", "'s", "hat"], "A man's hat."),
        (["he", "ca", "n't", "gon", "na", "run"], "He can't gonna run."),
        (["main", "st."], "Main st."),
        (["main", "st"], "Main st"),
        (["a", "-lrb-", "red", "-rrb-", "bus"], "A (red) bus."),
        (["$", "5", "at", "at&t"], "$5 at AT&T."),
        (["1", "1/2"], "1, 1/2."),
    ],
)
def test_sentences_look_as_people_write_them(words, text):
    assert TOKENIZER.detokenize(words) == text
