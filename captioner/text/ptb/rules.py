"""Token patterns of the PTB tokenizer: a table of rules, and how each writes its token."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from captioner.text.ptb import words
from captioner.text.ptb.characters import DIGITS, LETTERS, MARKS, SYMBOLS

# The pieces of which patterns are made. A soft hyphen counts as a letter and disappears from words;
# (?ai:...) ignores the case of ASCII letters only.
SOFT = "\u00ad"
ENTITY = "&(?ai:[aeiou](?:acute|grave|uml);)"
LETTER = f"(?:[{LETTERS}{MARKS}{SOFT}]|{ENTITY})"
WORD_CHARACTER = f"(?:[{LETTERS}{MARKS}{DIGITS}{SOFT}]|{ENTITY})"
PLAIN = f"[{LETTERS}{DIGITS}]"
DIGIT = f"[{DIGITS}]"
SPACE = "[ \\t\u00a0\u2000-\u200a\u3000]"
APOSTROPHE = "(?:['\u0092\u2019]|&apos;)"
ANY_QUOTE = "(?:['`\u0091\u0092\u2018\u2019\u201b]|&apos;)"
WORD = f"{LETTER}{WORD_CHARACTER}*(?:[.!?]{LETTER}{WORD_CHARACTER}*)*"

# Parts joined by hyphens or underscores; d' and the like may lead a part: "mid-o'clock".
LED = f"(?:[dDoOlL]{ANY_QUOTE}{PLAIN})?{PLAIN}+"
THING = f"{LED}(?:[-_\u058a\u2010\u2011]{LED})*"

INITIALS = r"[A-Za-z](?:\.[A-Za-z])+"
HYPHENATED = f"[A-Za-z0-9][A-Za-z0-9.,{SOFT}]*(?:-(?:{INITIALS}\\.|[A-Za-z0-9{SOFT}]+))+"
AND_NAMES = "[A-Z]+(?:(?:[+&]|(?ai:&amp;))[A-Z]+)+"
NUMBER = f"(?:{DIGIT}*(?:[.:,\u00ad\u066b\u066c]{DIGIT}+)+|{DIGIT}+)"
SLASH = "(?:\\\\?/|\u2044)"
FINAL = "[,;:\u3001]"


def same(token: str) -> str:
    """Return the token as it stands."""
    return token


def without_soft_hyphen(token: str) -> str:
    """Return the token without soft hyphens; of nothing else, a hyphen is left."""
    return token.replace(SOFT, "") or "-"


def join_parts(token: str) -> str:
    """Return the token with no-break spaces for spaces, as one token has no space."""
    return token.replace(" ", "\u00a0")


def name_brackets(token: str) -> str:
    """Return the token with names for round brackets: ":-RRB-"."""
    return join_parts(token).replace("(", "-LRB-").replace(")", "-RRB-")


def straighten(token: str) -> str:
    """Return the token with straight quotes."""
    return re.sub("[\u0092\u2019]|&apos;", "'", re.sub("[\u0091\u2018\u201b]", "`", token))


def plain_ampersand(token: str) -> str:
    """Return the token with "&" for its entity."""
    return re.sub("(?ai)&amp;", "&", token)


def always(text: str) -> Callable[[str], str]:
    """Return a function that writes ``text`` whatever the token is."""
    return lambda _: text


def lookup(table: dict[str, str]) -> Callable[[str], str]:
    """Return a function that writes what ``table`` has for a token, else the token."""
    return lambda token: table.get(token, token)


class Rule(NamedTuple):
    """Rule for one kind of token.

    Attributes:
        pattern: Group 1 is the token. What is matched after it must follow but belongs to the next
            token; it counts when rules compete for the longest match.
        write: Turns the token as it stands in the text into the token as it is written.
        needs: What a text must hold somewhere for the rule to be worth trying. It keeps rules that
            look far ahead from scanning a long text again and again.
    """

    pattern: re.Pattern[str]
    write: Callable[[str], str]
    needs: re.Pattern[str]


RULES: list[Rule] = []


def rule(
    token: str,
    before: str = "",
    write: Callable[[str], str] = same,
    needs: str = "",
) -> None:
    """Add a rule for ``token`` where ``before`` follows it; earlier rules win ties."""
    RULES.append(Rule(re.compile(f"({token}){before}"), write, re.compile(needs)))


_QUOTES = "['`\u0091\u0092\u2018\u2019\u201b&]"
_NOT_URL = ' \\t\\n\\f\\r"<>|(){}'
_PATH = f'(?:/[^ \\t\\n\\f\\r"<>|()]+[^{_NOT_URL}.!?,-])?'
_MAIL = f"[^{_NOT_URL}\u00a0"

rule(f"{SPACE}+", write=always(""))

# Words that are two: the second half is found by going on after the first.
rule("(?ai:can)", "(?ai:not)")
rule("(?ai:gon)", "(?ai:na)")
rule("(?ai:got)", "(?ai:ta)")
rule("(?ai:lem)", "(?ai:me)")
rule("(?ai:gim)", "(?ai:me)")
rule("(?ai:wan)", "(?ai:na)")
rule("'(?ai:t)", "(?ai:is|was)", needs="'")

# Tags and entities of HTML.
_NAME = "[A-Za-z][A-Za-z0-9_:.-]*"
_VALUE = r"(?:'[^\r\n'\"]*'|\"[^\r\n'\"]*\")"
_ATTRIBUTES = f"(?: +(?:{_NAME} *= *{_VALUE}|{_NAME}))*"
_TAG = f"<(?:[!?][A-Za-z-][^>\\r\\n]*|/?{_NAME}{_ATTRIBUTES} */?) *>"
rule(_TAG, write=join_parts, needs="<")
rule("&(?ai:MD|mdash|ndash);|[\u0096\u0097\u2013-\u2015]", write=always("--"))
rule("(?ai:&amp;)", write=always("&"), needs="&")
rule("&(?ai:HT|TL|UR|LR|QC|QL|QR|odq|cdq|#[0-9]+);", needs="&")

# Words, and words before 's, 'll, n't ...
rule(WORD, f"{APOSTROPHE}(?:[msdMSD]|(?ai:re|ve|ll))", without_soft_hyphen, _QUOTES)
rule(
    f"[A-Za-z{SOFT}]*[A-MO-Za-mo-z]{SOFT}*",
    f"(?ai:n){ANY_QUOTE}(?ai:t)",
    without_soft_hyphen,
    _QUOTES,
)
rule(f"{APOSTROPHE}(?ai:n){APOSTROPHE}?", needs=_QUOTES)
rule(f"(?ai:dunkin|somethin|ol){APOSTROPHE}", needs=_QUOTES)
rule(f"{APOSTROPHE}(?ai:em|till?|cause)|{APOSTROPHE}[2-9]0(?ai:s)", needs=_QUOTES)
rule(f"(?ai:{words.WITH_APOSTROPHE})", needs="'")
rule(f"[A-HJ-XZn]{ANY_QUOTE}[{LETTERS}]{{2,}}", needs=_QUOTES)
rule(f"[{LETTERS}]+[aeiouyAEIOUY]{ANY_QUOTE}[aeiouA-Z][{LETTERS}]*", needs=_QUOTES)
rule(f"[oO]{ANY_QUOTE}[oO]", needs=_QUOTES)
rule(f"[lLdDjJ]{APOSTROPHE}", needs=_QUOTES)
rule(f"{APOSTROPHE}[0-9]{{2}}", "[ \\t\\n\u00a0\u2000-\u200a\u3000]", needs=_QUOTES)
rule(f"[yY]{APOSTROPHE}", f"[{LETTERS}]", needs=_QUOTES)
rule(WORD, write=without_soft_hyphen)

# Addresses.
rule(f"(?ai:https?)://[^{_NOT_URL}]+[^{_NOT_URL}.!?,-]", needs="://")
rule(f"(?ai:www)\\.(?:[^{_NOT_URL}.!?,]+\\.)+[a-zA-Z]{{2,4}}{_PATH}", needs=r"(?ai)www\.")
rule(
    f"(?:[^ \\t\\n\\f\\r\"`'|.!(){{}}$,-_]+\\.)+(?ai:com|net|org|edu){_PATH}",
    needs=r"(?ai)\.(?:com|net|org|edu)",
)
rule(
    f"(?:<|(?ai:&lt;))?[a-zA-Z0-9]{_MAIL}]*@(?:{_MAIL}.]+\\.)*{_MAIL}.]+(?:>|(?ai:&gt;))?",
    needs="@",
)
rule("@[A-Za-z_][A-Za-z0-9_]*", needs="@")
rule(f"#{LETTER}+", needs="#")

# Clitics that stand alone.
rule(
    f"{APOSTROPHE}(?:[msdMSD]|(?ai:re|ve|ll))|(?ai:n){ANY_QUOTE}(?ai:t)",
    "[^A-Za-z]",
    straighten,
    _QUOTES,
)

# Dates, numbers, fractions, money.
rule(f"{DIGIT}{{1,2}}[-/]{DIGIT}{{1,2}}[-/]{DIGIT}{{2,4}}", needs="[-/]")
rule(f"[-+]?{NUMBER}", write=without_soft_hyphen)
rule(
    f"(?:{DIGIT}{{1,4}}[- \u00a0])?{DIGIT}{{1,4}}{SLASH}{DIGIT}{{1,4}}",
    write=join_parts,
    needs="[/\u2044]",
)
_FRACTIONS = {"¼": "1/4", "½": "1/2", "¾": "3/4", "\u2153": "1/3", "\u2154": "2/3"}
rule("[¼½¾\u2153-\u215e]", write=lookup(_FRACTIONS))
rule(f"(?ai:{words.WITH_PUNCTUATION})")
rule(r"[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}(?:\\?/[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}){1,2}", needs="/")
rule(r"[A-Z]*\$", needs=r"\$")
_MONEY = {"¢": "cents", "£": "#", "\u0080": "$", "¤": "$", "\u20a0": "$", "€": "$"}
rule("[¢£¤¥\u0080\u20a0\u20ac\u060b\u0e3f\u20a4\uffe0\uffe1\uffe5\uffe6]", write=lookup(_MONEY))

# Abbreviations keep their full stop; some only before a number.
rule(f"(?:{words.ALWAYS})\\.", needs=r"\.")
rule(f"(?:{words.OFTEN})\\.", "(?s:..)", needs=r"\.")
rule(f"(?:{words.OFTEN})", r"\.", lambda token: f"{token}.", r"\.")
rule(f"(?ai:{words.BEFORE_NUMBERS})\\.", f"{SPACE}?[0-9]", needs=r"\.")
rule("[A-Za-z]", f"\\.{SPACE}+(?:{words.SENTENCE_STARTS}|{_TAG})(?:{SPACE}|\n)", needs=r"\.")
rule(f"{INITIALS}\\.", needs=r"\.")
rule(
    f"{WORD_CHARACTER}+(?:\\.{WORD_CHARACTER}+)*\\.(?ai:{words.FILE_ENDINGS})",
    "[ \\t\\n\u00a0\u2000-\u200a\u3000.?!,]",
    needs=r"\.",
)
for _pattern in (WORD, THING, HYPHENATED):
    rule(f"{_pattern}\\.", FINAL, without_soft_hyphen, r"\.")
rule(f"{AND_NAMES}\\.", FINAL, plain_ampersand, r"\.")
rule(
    "(?:\\([0-9]{2,3}\\)[ \u00a0]?|\\+{0,2}(?:[0-9]{2,4}[- \u00a0])?[0-9]{2,4}[- \u00a0])"
    "[0-9]{3,4}[- \u00a0]?[0-9]{3,5}",
    write=name_brackets,
    needs="[0-9]",
)

# Quotes, faces, punctuation.
_PLAIN_QUOTE = '"|(?ai:&quot;)'
rule(_PLAIN_QUOTE, "[A-Za-z0-9$]", lookup({'"': "``", "&quot;": "``"}), '["&]')
rule(_PLAIN_QUOTE, "", lookup({'"': "''", "&quot;": "''"}), '["&]')
rule(r"[<>]?[:;=][-o*']?[()DPdpO\\{@|\[\]]", "[^A-Za-z0-9]", name_brackets, "[:;=]")
rule("[-^xX=~<>']_[-^x=~<>']", needs="_")
rule(r"\([-^x=~<>'][_.]?[-^x=~<>']\)", "", name_brackets, r"\(")
rule("<|(?ai:&lt;)", "", always("<"), "[<&]")
rule(">|(?ai:&gt;)", "", always(">"), "[>&]")
rule("<<|>>", needs="[<>]")
rule("(?ai:&nbsp;)", write=always(""), needs="&")
rule(r"[?!]+|#+|\*+|(?:\\\*)+|@+|_+|[;:,/\\|%~^=+&\u3001\u2044]")
rule(r"(?ai:c)\+\+|[cCfF]#", needs="[+#]")
_BRACKETS = {"(": "-LRB-", ")": "-RRB-", "[": "-LSB-", "]": "-RSB-", "{": "-LCB-", "}": "-RCB-"}
rule(r"[()\[\]{}]", write=lookup(_BRACKETS))
rule("\\.{3,5}|(?:\\.[ \u00a0]){2,4}\\.|[\u0085\u2026]", write=always("..."))
rule(r"\.", needs=r"\.")
rule("-{3,4}", write=always("--"), needs="-")
rule("-+", needs="-")

# The rest of what looks like a word.
rule(AND_NAMES, write=plain_ampersand, needs="[+&]")
rule(HYPHENATED, write=without_soft_hyphen, needs="-")
rule(THING, write=without_soft_hyphen)
_RAISED, _LOWERED = "\u2070\u00b9\u00b2\u00b3\u2074-\u2079", "\u2080-\u2089"
rule(f"[\u207a\u207b\u208a\u208b]?(?:[{_RAISED}]+|[{_LOWERED}]+)")
rule("'", "[A-Za-z][^ \\t\\n\\r\u00a0]", always("`"), "'")
rule(f"{APOSTROPHE}(?:[msdMSD]|(?ai:re|ve|ll))|(?ai:n){ANY_QUOTE}(?ai:t)", "", straighten, _QUOTES)
rule("''?|(?ai:&apos;)", write=lookup({"&apos;": "'"}), needs="['&]")
_SINGLE = dict.fromkeys("\u0091\u2018\u201b\u2039", "`") | dict.fromkeys("\u0092\u2019\u203a", "'")
_DOUBLE = dict.fromkeys("\u0093\u201c\u00ab", "``") | dict.fromkeys("\u0094\u201d\u00bb", "''")
_CURLY = str.maketrans(_SINGLE | _DOUBLE)
rule(
    "[`\u0091-\u0094\u2018-\u201f\u00ab\u00bb\u2039\u203a]{1,2}",
    write=lambda token: token.translate(_CURLY),
)
rule(f"[{SYMBOLS}]", write=without_soft_hyphen)
