"""``prepare`` from a server on this machine that takes its time."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread
from time import sleep
from typing import Any

from PIL import Image

from captioner.data.preparing.public_set import Archive
from tests.kill.outcome import contents, names
from tests.kill.scenario import Outcome, Scenario

_PIECE = 1 << 16  # bytes that are sent at a time
_PAUSE = 0.01  # seconds between two of them
_PICTURES = {"train2017": 12, "val2017": 5}
_SPLITS = ("train", "dev", "test")


def main(argv: list[str]) -> int:
    """Run ``prepare`` for a data set of few files; the folder of its archives comes first."""
    from captioner.__main__ import main as run
    from captioner.data.preparing.catalog import PUBLIC_SETS

    archives = Path(argv[0])
    for name, wanted in PUBLIC_SETS.items():
        here = tuple(
            _small(each, archives / each.name)
            for each in wanted.archives
            if (archives / each.name).exists()
        )
        PUBLIC_SETS[name] = replace(wanted, archives=here)
    return run(argv[1:])


def draw(argv: list[str]) -> int:
    """Run ``prepare`` for scenes of few pictures, drawn by two processes."""
    from captioner.__main__ import main as run
    from captioner.data.scenes import writer

    patched: Any = writer
    patched.DEFAULT_SIZES.update(train=84, val=4, test=4)
    patched._cores = lambda: 2
    return run(argv)


def _small(archive: Archive, file: Path) -> Archive:
    """Return what is known of the small archive that takes the place of one."""
    content = file.read_bytes()
    known = {} if archive.sha256 is None else {"sha256": sha256(content).hexdigest()}
    count = None if archive.count is None else _PICTURES.get(archive.folder, 2)
    if archive.name == "Flickr8k_Dataset.zip":
        count = 3 * len(_SPLITS)
    size = len(content)
    return replace(archive, packed=size, unpacked=size, count=count, addresses=(), **known)


@contextmanager
def serving(shared: Path) -> Iterator[None]:
    """Serve the archives while the block runs; ``address.txt`` says where."""
    folder = shared / "archives"
    if not folder.exists():
        _write_archives(folder)
    server = _Server(folder)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    (shared / "address.txt").write_text(f"http://127.0.0.1:{server.server_address[1]}/sets")
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """Serve the files of a folder."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder


class _Handler(BaseHTTPRequestHandler):
    """Send files, or the rest of them, slowly."""

    server: _Server

    def do_GET(self) -> None:
        """Answer a request."""
        file = self.server.folder / Path(self.path).name
        if not file.is_file():
            self.send_error(404)
            return
        content = file.read_bytes()
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        try:
            for place in range(start, len(content), _PIECE):
                self.wfile.write(content[place : place + _PIECE])
                sleep(_PAUSE)
        except OSError:  # whoever asked has been killed
            self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def _write_archives(folder: Path) -> None:
    folder.mkdir()
    random = Random(0)
    for split, count in _PICTURES.items():
        files = {f"{split}/{number:012}.jpg": _picture(random) for number in range(count)}
        (folder / f"{split}.zip").write_bytes(_zipped(files))
    captions = {
        f"annotations/captions_{split}.json": json.dumps({"images": []}).encode()
        for split in _PICTURES
    }
    (folder / "annotations_trainval2017.zip").write_bytes(_zipped(captions))
    photos = [f"{number}_{split}.jpg" for split in _SPLITS for number in range(3)]
    images = {f"Flicker8k_Dataset/{name}": _picture(random) for name in photos}
    (folder / "Flickr8k_Dataset.zip").write_bytes(_zipped(images))
    tokens = "".join(f"{name}#{place}\tA dog .\n" for name in photos for place in range(5))
    texts = {"Flickr8k.token.txt": tokens.encode()}
    for split in _SPLITS:
        lines = "".join(f"{name}\n" for name in photos if split in name)
        texts[f"Flickr_8k.{split}Images.txt"] = lines.encode()
    (folder / "Flickr8k_text.zip").write_bytes(_zipped(texts))


def _picture(random: Random) -> bytes:
    """Return a JPEG of noise, which takes some time to arrive."""
    content = io.BytesIO()
    Image.frombytes("RGB", (256, 256), random.randbytes(3 << 16)).save(content, "JPEG", quality=95)
    return content.getvalue()


def _zipped(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return content.getvalue()


def _prepare(shared: Path, folder: Path, name: str) -> list[str]:
    mirror = (shared / "address.txt").read_text()
    return [f"{shared}/archives", "prepare", name, "--root=set", f"--mirror={mirror}"]


def _coco(shared: Path, folder: Path) -> list[str]:
    return _prepare(shared, folder, "coco2017")


def _flickr8k(shared: Path, folder: Path) -> list[str]:
    return _prepare(shared, folder, "flickr8k")


def _scenes(shared: Path, folder: Path) -> list[str]:
    return ["prepare", "scenes", "--root=scenes"]


def _all_bytes(folder: Path) -> Outcome:
    return names(folder) | contents(folder, "**/*")


PREPARING = {
    "prepare": Scenario((_coco,), _all_bytes, function="tests.kill.preparing:main", server=True),
    # no checksum is known of these: the one that arrives first is noted
    "prepare-unchecked": Scenario(
        (_flickr8k,), _all_bytes, function="tests.kill.preparing:main", server=True
    ),
    "scenes": Scenario((_scenes,), _all_bytes, function="tests.kill.preparing:draw", children=True),
}
