"""``CaptionerError``: the one exception that is meant for the person at the keyboard."""

import re

# Ends of lines, what moves a terminal's cursor, and halves of characters, which no one can print.
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class CaptionerError(Exception):
    r"""Bad input, told to the user in one sentence.

    The sentence names the file or key, what was expected and what was found. The command line
    prints it without a traceback and exits with code 2; library users catch it like any exception.

    What a file of unknown origin says may be part of the sentence. Line ends and control characters
    are written as Python does, so that it stays one line and changes nothing in a terminal.

    Args:
        sentence: The sentence.

    Example:
        >>> raise CaptionerError("data.batch_size: expected a number above 0, found -1")
        Traceback (most recent call last):
        captioner.errors.CaptionerError: data.batch_size: expected a number above 0, found -1
        >>> print(CaptionerError("a\nb.jpg: expected a picture, found an empty file"))
        a\nb.jpg: expected a picture, found an empty file
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(_UNPRINTED.sub(lambda found: ascii(found[0])[1:-1], sentence))
