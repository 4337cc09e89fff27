"""Pieces of which the patterns of PTB tokens are made."""

from __future__ import annotations

from captioner.text.ptb.characters import DIGITS, LETTERS, MARKS

# A soft hyphen counts as a letter and disappears from words; (?ai:...) ignores the case of ASCII
# letters only.
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
