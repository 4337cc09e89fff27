"""Lexer of the PTB tokenizer: at each position the rule with the longest match wins."""

from __future__ import annotations

from captioner.text.ptb.rules import RULES


def lex(text: str) -> list[str]:
    """Return the tokens of ``text`` as the Stanford tokenizer writes them, in lower case.

    At each position the rule with the longest match, look-ahead included, makes the next token; of
    equal ones the first in the table. A character that starts no match is dropped.

    Args:
        text: One caption without line separators, but for the line end that may follow it.

    Example:
        >>> lex("The dog's (isn't here)!")
        ['the', 'dog', "'s", '-lrb-', 'is', "n't", 'here', '-rrb-', '!']
    """
    rules = [rule for rule in RULES if rule.needs.search(text) is not None]
    tokens = []
    position = 0
    while position < len(text):
        furthest, token, write = position, "", None
        for rule in rules:
            match = rule.pattern.match(text, position)
            if match is not None and match.end() > furthest:
                furthest, token, write = match.end(), match[1], rule.write
        if write is None:
            position += 1
            continue
        position += len(token)
        written = write(token)
        if written:
            tokens.append(_lower(written))
    return tokens


def _lower(token: str) -> str:
    """Return ``token`` in lower case; a capital sigma at the end of it becomes a final one.

    Python looks for the end of a word, Java for the last letter of the token.
    """
    if "Σ" not in token:
        return token.lower()
    cased = [index for index, letter in enumerate(token) if letter.lower() != letter.upper()]
    final = cased[-1] if len(cased) > 1 else None
    return "".join(
        letter.lower() if letter != "Σ" else "ς" if index == final else "σ"
        for index, letter in enumerate(token)
    )
