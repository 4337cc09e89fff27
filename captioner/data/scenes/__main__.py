"""What a drawing process runs: pictures on standard input, drawn into the folder it is given."""

import signal
import sys

from captioner.data.scenes.worker import draw_from_stdin

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever has started it ends it
    sys.exit(draw_from_stdin(sys.argv[1]))
