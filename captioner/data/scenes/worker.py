"""Drawing in processes of their own.

The workers are plain Python processes that import this file, not children made by
``multiprocessing``: a fork would copy the threads' locks of torch, and ``spawn`` runs the main
script of the user again, which fails where that has no ``if __name__ == "__main__"``.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Lock

import numpy as np

import captioner
from captioner.data.scenes.drawing import draw
from captioner.data.scenes.splits import Picture

ENDING = ".jpg"
_QUALITY = 92
_FEWEST = 40  # pictures for which it pays to start a process


def draw_pictures(
    pictures: Sequence[Picture], folder: Path, workers: int, drawn: Callable[[], object]
) -> None:
    """Draw pictures into a folder.

    Args:
        pictures: What to draw.
        folder: An existing folder.
        workers: How many processes may be started; with 1, everything happens in this one.
        drawn: Called after each picture, from any thread.

    Raises:
        OSError: If a picture cannot be written.
    """
    workers = min(workers, len(pictures) // _FEWEST)
    if workers <= 1:
        for picture in pictures:
            _save(picture, folder)
            drawn()
        return
    parts = [pictures[number::workers] for number in range(workers)]
    crew = _Crew()
    with ThreadPoolExecutor(workers) as pool:
        try:
            working = [pool.submit(_delegate, part, folder, drawn, crew) for part in parts]
            for done in as_completed(working):  # whichever fails first ends the others
                done.result()
        except BaseException:  # or the pool would wait until all is drawn
            crew.dismiss()
            raise


class _Crew:
    """Pool of drawing processes, which end together."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._dismissed = False

    def add(self, process: subprocess.Popen[bytes]) -> None:
        """Take a process in, or end it if the others have been ended."""
        with self._lock:
            self._processes.append(process)
            if self._dismissed:
                process.kill()

    def dismiss(self) -> None:
        """End all processes."""
        with self._lock:
            self._dismissed = True
            for process in self._processes:
                process.kill()


def _save(picture: Picture, folder: Path) -> None:
    image = draw(picture.scene, np.random.default_rng(picture.drawing))
    image.save(folder / f"{picture.name}{ENDING}", quality=_QUALITY, subsampling=0)


def _delegate(
    pictures: Sequence[Picture], folder: Path, drawn: Callable[[], object], crew: _Crew
) -> None:
    """Have one worker draw ``pictures``: it gets them pickled and answers a line for each."""
    root = str(Path(captioner.__file__).parents[1])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "captioner.data.scenes", str(folder)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    ) as process:
        crew.add(process)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with process.stdin:
                pickle.dump(list(pictures), process.stdin)
            trouble = [line for line in process.stdout if not _is_progress(line, drawn)]
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        reason = b"".join(trouble).decode(errors="replace").strip()
        raise OSError(reason or f"a drawing process ended with code {process.returncode}")


def _is_progress(line: bytes, drawn: Callable[[], object]) -> bool:
    if line.strip() != b".":
        return False
    drawn()
    return True


def draw_from_stdin(folder: str) -> int:
    """Draw the pictures pickled on standard input; this is what a worker process does.

    Returns:
        The exit code: 1 if a picture could not be written, after a line that says why.
    """
    pictures: list[Picture] = pickle.load(sys.stdin.buffer)
    try:
        for picture in pictures:
            _save(picture, Path(folder))
            # Where the parent has been killed this line fails, and the worker ends as well.
            print(".", flush=True)
    except OSError as error:
        print(error, flush=True)
        return 1
    return 0
