"""The one exception that is meant for the person at the keyboard."""


class CaptionerError(Exception):
    """Tell the user, in one sentence, what is wrong with an input.

    The sentence names the file or key, what was expected and what was found. The command line
    prints it without a traceback and exits with code 2; library users catch it like any exception.

    Example:
        >>> raise CaptionerError("data.batch_size: expected a number above 0, found -1")
        Traceback (most recent call last):
        captioner.errors.CaptionerError: data.batch_size: expected a number above 0, found -1
    """
