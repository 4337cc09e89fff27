"""``download`` against a server that breaks off, lies, redirects, changes its mind and hangs."""

import hashlib
from pathlib import Path

import pytest

from captioner.data.preparing import download as download_module
from captioner.data.preparing.download import Expected, RetryPolicy, download
from captioner.errors import CaptionerError

pytestmark = pytest.mark.integration

CONTENT = bytes(range(256)) * 40
OTHER = bytes(reversed(CONTENT))
SHA256 = hashlib.sha256(CONTENT).hexdigest()
KNOWN = Expected(len(CONTENT), len(CONTENT), SHA256)
UNKNOWN = Expected(4 * len(CONTENT))
KNOWLEDGE = pytest.mark.parametrize("expected", [KNOWN, UNKNOWN], ids=["known", "unknown"])


@pytest.fixture
def get(site, hasty, tmp_path):
    """Download ``/a`` and other paths; the file that arrived."""
    site.files["/a"] = CONTENT

    def get(*paths, expected=KNOWN, retry_policy=hasty):
        addresses = [f"{site.address}{path}" for path in paths or ["/a"]]
        arrival = download(addresses, tmp_path / "file", expected, retry_policy)
        content = (tmp_path / "file").read_bytes()
        assert arrival.sha256 == hashlib.sha256(content).hexdigest()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]
        return content, arrival.address.removeprefix(site.address)

    return get


@KNOWLEDGE
def test_a_file_arrives(get, site, expected):
    assert get(expected=expected) == (CONTENT, "/a")
    assert site.requests == [("/a", None)]


@KNOWLEDGE
def test_what_broke_off_goes_on_where_it_was(get, site, expected):
    site.faults["/a"] = [lambda to: to.serve(CONTENT, stop_after=1000)] * 2
    assert get(expected=expected)[0] == CONTENT
    assert [asked for _, asked in site.requests] == [None, "bytes=1000-", "bytes=2000-"]


def test_a_bad_line_gets_there_in_the_end(get, site):
    # a hundred tries in a row, each of which brings something
    site.faults["/a"] = [lambda to: to.serve(CONTENT, stop_after=101)] * 101
    assert get(retry_policy=RetryPolicy(retries=0, pause=0.0, progress=100))[0] == CONTENT


def test_a_server_that_always_begins_anew_and_never_ends_is_given_up(get, site):
    def begin(to, end):
        to.answer(200, {"Content-Length": len(CONTENT)}, CONTENT[:end])

    ends = [3000, 1000, 2000, 1000, 2000, 1000]  # more than the time before is no progress
    site.faults["/a"] = [lambda to, end=end: begin(to, end) for end in ends]
    with pytest.raises(
        CaptionerError, match=r"2,000 of 10,240 bytes, then nothing \(tried 4 times"
    ):
        get(retry_policy=RetryPolicy(retries=3, pause=0.0, progress=500))


@KNOWLEDGE
def test_a_server_that_knows_no_parts_sends_all_again(get, site, expected):
    def whole(to):
        to.answer(200, {"Content-Length": len(CONTENT)}, CONTENT)

    site.faults["/a"] = [lambda to: to.serve(CONTENT, stop_after=1000), whole]
    assert get(expected=expected)[0] == CONTENT


def test_a_shorter_version_is_fetched_from_its_beginning(get, site):
    site.files["/a"] = OTHER[:500]
    site.faults["/a"] = [
        lambda to: to.serve(CONTENT, stop_after=1000),
        lambda to: to.send_error(416),
    ]
    assert get(expected=UNKNOWN)[0] == OTHER[:500]


@pytest.mark.parametrize("place", ["0-99", "1" * 5000 + "-99"])
def test_parts_that_were_not_asked_for_are_refused(place, get, site):
    part = {"Content-Range": f"bytes {place}/{len(CONTENT)}"}
    site.faults["/a"] = [
        lambda to: to.serve(CONTENT, stop_after=1000),
        lambda to: to.answer(206, part, CONTENT[:100]),
    ]
    assert get()[0] == CONTENT


def test_the_rest_may_come_from_a_mirror_if_the_checksum_is_known(get, site):
    site.files["/b"] = CONTENT
    site.faults["/a"] = [lambda to: to.serve(CONTENT, stop_after=1000)] + [
        lambda to: to.send_error(500)
    ] * 3
    assert get("/a", "/b") == (CONTENT, "/b")
    assert site.requests[-1] == ("/b", "bytes=1000-")


def test_halves_that_do_not_fit_are_fetched_again_as_one(get, site, tmp_path):
    (tmp_path / "file.part").write_bytes(OTHER[:1000])
    assert get()[0] == CONTENT
    assert [asked for _, asked in site.requests] == ["bytes=1000-", None]


def test_wrong_bytes_are_not_kept(get, site, tmp_path):
    site.files["/b"] = OTHER
    with pytest.raises(CaptionerError, match=r"file: .* /?\S*/b: other bytes than its known SHA-"):
        get("/b")
    assert list(tmp_path.iterdir()) == []
    assert len(site.requests) == 1
    assert get("/b", "/a") == (CONTENT, "/a")


def test_another_size_than_the_known_one_is_not_even_fetched(get, site):
    site.files["/b"] = CONTENT + b"!"
    with pytest.raises(CaptionerError, match=r"10,241 bytes in place of 10,240"):
        get("/b")


def test_a_file_that_is_shorter_than_announced_is_not_whole(get, site, tmp_path):
    def lie(to):
        to.answer(200, {"Content-Length": len(CONTENT) + 5}, CONTENT)

    site.faults["/a"] = [lie] * 3
    with pytest.raises(CaptionerError, match=r"10,240 of 10,245 bytes, then nothing \(tried 3"):
        get(expected=UNKNOWN)
    assert not (tmp_path / "file").exists()


def test_content_without_end_is_cut_off(get, site, tmp_path):
    def endless(to):
        to.send_response(200)
        to.end_headers()
        while not to.stop.is_set():
            try:
                to.wfile.write(CONTENT * 100)
            except OSError:  # the other side has hung up
                return

    site.faults["/a"] = [endless]
    with pytest.raises(CaptionerError, match=r"more than 40,960 bytes"):
        get(expected=UNKNOWN)
    assert list(tmp_path.iterdir()) == []


def test_far_more_than_expected_is_refused_before_it_comes(get, site):
    site.files["/a"] = CONTENT * 5
    with pytest.raises(CaptionerError, match=r"51,200 bytes, more than 40,960"):
        get(expected=UNKNOWN)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_what_is_not_there_is_looked_for_elsewhere_at_once(get, site, status):
    site.faults["/b"] = [lambda to: to.send_error(status)]
    assert get("/b", "/a") == (CONTENT, "/a")
    assert [path for path, _ in site.requests] == ["/b", "/a"]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(get, site, status, caplog):
    site.faults["/a"] = [lambda to: to.send_error(status)] * 2
    assert get() == (CONTENT, "/a")
    assert caplog.text.count(f"found HTTP {status}") == 2


def test_pauses_grow_until_a_try_is_worth_it(get, site, monkeypatch):
    slept = []
    monkeypatch.setattr("time.sleep", slept.append)
    busy = [lambda to: to.send_error(503)]
    site.faults["/a"] = [*busy * 3, lambda to: to.serve(CONTENT, stop_after=1000), *busy * 2]
    get(retry_policy=RetryPolicy(retries=3, pause=0.5, progress=1000))
    assert slept == [0.5, 1.0, 2.0, 0.5, 0.5, 1.0]


def test_a_server_that_hangs_is_given_up(get, site, caplog):
    site.faults["/b"] = [lambda to: to.stop.wait(20)] * 2
    site.faults["/c"] = [lambda to: (to.serve(CONTENT, stop_after=10), to.stop.wait(20))] * 2
    quick = RetryPolicy(timeout=0.1, retries=1, pause=0.0)
    twice = r"no answer in time \(tried 2 times\)"
    with pytest.raises(CaptionerError, match=rf"/b: {twice}; http.*/c: {twice}"):
        get("/b", "/c", retry_policy=quick)
    assert caplog.text.count("found no answer in time; trying again") == 2
    assert get() == (CONTENT, "/a")


def test_a_server_that_is_not_there_is_one_sentence(hasty, tmp_path):
    with pytest.raises(CaptionerError, match=r"http://127.0.0.1:9/a: no connection .* \(tried 3"):
        download(["http://127.0.0.1:9/a"], tmp_path / "file", KNOWN, hasty)


def test_redirects_are_followed_but_not_in_circles(get, site):
    site.faults["/b"] = [lambda to: to.answer(302, {"Location": "/a"})]
    assert get("/b") == (CONTENT, "/b")
    site.faults["/c"] = [lambda to: to.answer(301, {"Location": "/c"})] * 20
    with pytest.raises(CaptionerError, match=r"/c: HTTP 301 .*infinite loop"):
        get("/c")
    assert len(site.requests) < 15


def test_the_rest_is_asked_for_through_a_redirect(get, site):
    site.faults["/b"] = [lambda to: to.answer(302, {"Location": "/a"})] * 2
    site.faults["/a"] = [lambda to: to.serve(CONTENT, stop_after=1000)]
    assert get("/b") == (CONTENT, "/b")
    assert site.requests[-1] == ("/a", "bytes=1000-")


@pytest.mark.parametrize("place", ["file:///etc/hostname", "ftp://127.0.0.1/a", "data:,a"])
def test_redirects_do_not_lead_off_the_web(get, site, place):
    site.faults["/b"] = [lambda to: to.answer(302, {"Location": place})]
    with pytest.raises(
        CaptionerError, match=r"/b: (a redirect from http to ftp|HTTP 302 .* is not allowed)"
    ):
        get("/b")


@pytest.mark.parametrize(
    "address", ["file:///etc/hostname", "a.zip", "", "http://", "http://[a", "http://a b/"]
)
def test_only_addresses_of_the_web_are_asked(address, hasty, tmp_path):
    with pytest.raises(CaptionerError, match=r"^file: expected to get it from"):
        download([address], tmp_path / "file", KNOWN, hasty)


def test_what_is_no_http_is_a_failed_try(get, site):
    site.faults["/a"] = [lambda to: to.wfile.write(b"220 ready\r\n")]
    assert get()[0] == CONTENT


def test_an_interrupted_call_is_gone_on_with(get, site, tmp_path, monkeypatch):
    pieces = iter([CONTENT[:700]])

    def interrupted(answer):
        for piece in pieces:
            return piece
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(download_module, "_read", interrupted)
        with pytest.raises(KeyboardInterrupt):
            get(expected=UNKNOWN)
    assert not (tmp_path / "file").exists()
    assert get(expected=UNKNOWN)[0] == CONTENT
    assert site.requests[-1] == ("/a", "bytes=700-")


@KNOWLEDGE
@pytest.mark.parametrize("says_total", [True, False])
def test_of_a_whole_file_that_lacks_only_its_name_no_byte_is_fetched(
    get, site, monkeypatch, expected, says_total
):
    def killed(part, target):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            get(expected=expected)
    if not says_total:
        site.faults["/a"] = [lambda to: to.send_error(416)]
    site.files["/b"] = CONTENT
    site.faults["/b"] = [lambda to: to.send_error(404)]
    assert get("/b", "/a", expected=expected) == (CONTENT, "/a")
    fetched = [asked for _, asked in site.requests if asked is None]
    assert len(fetched) == (1 if says_total or expected is KNOWN else 2)
