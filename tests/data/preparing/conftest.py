"""A web server on this machine that can misbehave in every way that a test asks for."""

import hashlib
import io
import json
import threading
import zipfile
from collections import defaultdict
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from captioner.data.preparing.catalog import COCO2017
from captioner.data.preparing.download import RetryPolicy
from captioner.data.preparing.preparation import prepare

PLACES = ("first", "second")  # where archives may be; the first has none


class Server(ThreadingHTTPServer):
    """A server that knows what it is asked for."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.site = Site(self)


class Handler(BaseHTTPRequestHandler):
    """Serve files and parts of files; the faults of a path come first, one a request."""

    server: Server

    def do_GET(self):
        """Answer a request."""
        site = self.server.site
        self.asked, self.stop = self.headers.get("Range"), site.stop
        site.requests.append((self.path, self.asked))
        if site.faults[self.path]:
            site.faults[self.path].pop(0)(self)
        elif self.path in site.files:
            self.serve(site.files[self.path])
        else:
            self.send_error(404)

    def serve(self, content, stop_after=None):
        """Serve a file, or the rest of it; ``stop_after`` bytes of that, if given."""
        start = int(self.asked[6:-1]) if self.asked else 0
        if start >= len(content) > 0:
            self.answer(416, {"Content-Range": f"bytes */{len(content)}", "Content-Length": 0})
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:][:stop_after])

    def answer(self, status, headers=(), content=b""):
        """Send just this."""
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        """Keep the output of the tests readable."""


class Site:
    """A server's ``files``, its ``faults`` by path, and the ``requests`` that it got."""

    def __init__(self, server):
        self.address = f"http://127.0.0.1:{server.server_address[1]}"
        self.files = {}
        self.faults = defaultdict(list)
        self.requests = []
        self.stop = threading.Event()


@pytest.fixture
def site(monkeypatch):
    """A web server on this machine."""
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.site
    server.site.stop.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def hasty():
    """Someone who tries again at once."""
    return RetryPolicy(timeout=20.0, retries=2, pause=0.0)


def zipped(files):
    """Return a zip file of names and contents."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def picture(colour="red"):
    """Return a small JPEG."""
    content = io.BytesIO()
    Image.new("RGB", (12, 10), colour).save(content, "JPEG")
    return content.getvalue()


def captions(names):
    """Return COCO captions of some pictures."""
    images = [{"id": number, "file_name": name} for number, name in enumerate(names, 1)]
    written = [
        {"id": image["id"], "image_id": image["id"], "caption": "A red square."} for image in images
    ]
    return json.dumps({"images": images, "annotations": written})


@pytest.fixture
def pack():
    """The function that makes a zip file of names and contents."""
    return zipped


@pytest.fixture
def small_coco(site):
    """COCO 2017 with six and three pictures, on the server, two addresses for each archive."""
    names = {
        "train2017": [f"{number:012}.jpg" for number in range(6)],
        "val2017": [f"{number:012}.jpg" for number in range(10, 13)],
    }
    contents = {
        f"{split}.zip": zipped({f"{split}/{name}": picture() for name in names[split]})
        for split in names
    }
    contents["annotations_trainval2017.zip"] = zipped(
        {f"annotations/captions_{split}.json": captions(names[split]) for split in names}
        | {"annotations/instances_train2017.json": "not wanted"}
    )
    archives = []
    for archive in COCO2017.archives:
        content = contents[archive.name]
        site.files[f"/second/{archive.name}"] = content
        archives.append(
            replace(
                archive,
                addresses=tuple(f"{site.address}/{place}/{archive.name}" for place in PLACES),
                packed=len(content),
                unpacked=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                count=len(names.get(archive.folder, names)),
            )
        )
    return replace(COCO2017, archives=tuple(archives))


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data" / "coco"


@pytest.fixture
def go(root, hasty):
    """Prepare a data set in ``root``; what is said meanwhile."""

    def go(wanted, **settings):
        said = []
        prepare(wanted, root, retry_policy=hasty, say=said.append, **settings)
        return said

    return go


@pytest.fixture
def everything(root):
    """Return a function that tells what is where, without the marks of the lock."""
    return lambda: {
        str(path.relative_to(root)): path.stat().st_mtime_ns
        for path in root.rglob("*")
        if path.is_file() and path.name != ".prepare.lock"
    }
