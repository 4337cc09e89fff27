"""Run commands one after the other, as often as there are processes."""

import json
import sys
from pathlib import Path

from captioner.__main__ import main

if __name__ == "__main__":
    for command in json.loads(Path(sys.argv[1]).read_text()):
        code = main(command)
        if code:
            sys.exit(code)
