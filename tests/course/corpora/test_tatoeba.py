"""Fetching: from a server on this machine that behaves as badly as servers do."""

import hashlib
import http.server
import io
import json
import threading
import zipfile

import pytest

from course.kit.corpora import Pair, tatoeba
from course.kit.corpora.dataset import open_dataset
from course.kit.errors import UserError
from course.kit.language import use_language

# Random-looking and long, so that it doesn't shrink to nothing and can be cut in the middle.
LINES = "".join(
    f"Lamp {hashlib.sha256(str(i).encode()).hexdigest()}.\t灯{i}。\tmade up, no. {i}\n"
    for i in range(3000)
)


def zipped(**members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.txt", text)
    return held.getvalue()


GOOD = zipped(_about="Thanks to everyone.\n", cmn=LINES)


class Server(http.server.ThreadingHTTPServer):
    """Serves one file; `cuts` are after how many bytes its next answers break off."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.body, self.etag, self.ranges = GOOD, '"one"', True
        self.cuts, self.statuses, self.claims = [], [], None
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/cmn-eng.zip"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.asked.append(dict(self.headers))
        if server.statuses:
            self.send_response(server.statuses.pop(0))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body, first = server.body, 0
        wanted = self.headers.get("Range")
        if wanted and server.ranges and self.headers.get("If-Range") == server.etag:
            first = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if first >= len(body):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        if server.etag:
            self.send_header("ETag", server.etag)
        self.send_header("Content-Length", str((server.claims or len(body)) - first))
        self.end_headers()
        part = body[first:]
        if server.cuts:
            part = part[: server.cuts.pop(0)]
        self.wfile.write(part)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _plainly(monkeypatch):
    use_language("en")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def fetch(server, home, **options):
    return tatoeba.fetch(home, server.url, wait=0, tries=3, **options)


def left_in(home):
    return sorted(path.name for path in (home / "tatoeba").iterdir())


def from_where(headers):
    """The first byte that a request asked for."""
    return int(headers["Range"].removeprefix("bytes=").removesuffix("-"))


def test_it_is_fetched_once_and_opened(server, tmp_path):
    fetched = fetch(server, tmp_path)
    assert fetched.path.read_bytes() == GOOD
    assert fetched.source["sha256"] == hashlib.sha256(GOOD).hexdigest()
    assert fetched.source["bytes"] == len(GOOD)
    assert left_in(tmp_path) == ["about.txt", "cmn-eng.zip", "source.json"]
    assert (tmp_path / "tatoeba" / "about.txt").read_text() == "Thanks to everyone.\n"
    assert fetch(server, tmp_path) == fetched
    assert len(server.asked) == 1
    assert server.asked[0]["User-Agent"].startswith("seq2seq-course/")
    pairs = open_dataset("tatoeba", tmp_path)
    assert pairs.name == "tatoeba"
    assert pairs.card["source"]["url"] == server.url
    assert pairs.card["source"]["licence"] == "CC-BY 2.0 (France)"
    assert "Tatoeba" in pairs.card["source"]["attribution"]
    assert next(pairs.pairs("train")) == Pair(LINES.split("\t")[0], "灯0。")


def test_it_is_fetched_anew_when_asked(server, tmp_path):
    fetch(server, tmp_path)
    server.body, server.etag = zipped(cmn="Go on.\t继续。\n"), '"two"'
    assert fetch(server, tmp_path, again=True).path.read_bytes() == server.body
    assert open_dataset("tatoeba", tmp_path).card["lines"]["kept"] == 1


def test_a_dropped_connection_is_gone_on_with(server, tmp_path):
    server.cuts = [100_000, 20_000]
    assert fetch(server, tmp_path).path.read_bytes() == GOOD
    assert "Range" not in server.asked[0]
    assert 90_000 < from_where(server.asked[1]) <= 100_000
    assert from_where(server.asked[1]) < from_where(server.asked[2]) <= 120_000
    assert server.asked[1]["If-Range"] == '"one"'


def test_another_run_goes_on_where_one_gave_up(server, tmp_path):
    server.cuts = [100_000, 0, 0]
    with pytest.raises(UserError, match="3 tries"):
        fetch(server, tmp_path)
    assert "cmn-eng.zip" not in left_in(tmp_path)
    assert fetch(server, tmp_path).path.read_bytes() == GOOD
    assert 90_000 < from_where(server.asked[-1]) <= 100_000


def test_a_server_that_ignores_ranges_sends_all_again(server, tmp_path):
    server.ranges, server.cuts = False, [100_000]
    assert fetch(server, tmp_path).path.read_bytes() == GOOD


def test_two_versions_are_never_mixed(server, tmp_path):
    server.cuts = [100_000, 0, 0]
    with pytest.raises(UserError):
        fetch(server, tmp_path)
    server.body, server.etag = zipped(cmn=LINES.replace("Lamp", "Light")), '"two"'
    assert fetch(server, tmp_path).path.read_bytes() == server.body


def test_without_a_version_nothing_is_gone_on_with(server, tmp_path):
    server.etag, server.cuts = None, [100_000]
    assert fetch(server, tmp_path).path.read_bytes() == GOOD
    assert "Range" not in server.asked[1]


def test_a_tired_server_is_asked_again(server, tmp_path):
    server.statuses = [503, 429]
    assert fetch(server, tmp_path).path.read_bytes() == GOOD


def test_no_such_file_is_said_at_once(server, tmp_path):
    server.statuses = [404, 404]
    with pytest.raises(UserError, match=r"HTTP 404.*--url"):
        fetch(server, tmp_path)
    assert len(server.asked) == 1


def test_nobody_there_is_one_sentence(server, tmp_path):
    server.shutdown()
    server.server_close()
    with pytest.raises(UserError, match="could not be fetched in 3 tries"):
        fetch(server, tmp_path)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_length_that_is_never_reached_ends(server, tmp_path, ranges):
    server.claims, server.ranges = len(GOOD) + 500, ranges
    with pytest.raises(UserError, match="3 tries"):
        fetch(server, tmp_path)
    assert "cmn-eng.zip" not in left_in(tmp_path)


def test_a_length_that_is_too_small_makes_no_sound_zip(server, tmp_path):
    server.claims = len(GOOD) - 500
    with pytest.raises(UserError, match="no sound zip"):
        fetch(server, tmp_path)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("how", ["page", "checksum", "without pairs"])
def test_what_is_no_sound_zip_of_pairs_is_not_kept(server, tmp_path, how):
    broken = bytearray(GOOD)
    broken[50_000] ^= 255
    server.body = {
        "page": b"<html>Come back later</html>",
        "checksum": bytes(broken),
        "without pairs": zipped(_about="notes"),
    }[how]
    with pytest.raises(UserError):
        fetch(server, tmp_path)
    assert left_in(tmp_path) == []


def test_a_file_that_is_there_stays_when_a_new_one_is_no_good(server, tmp_path):
    fetch(server, tmp_path)
    server.body, server.etag = b"no zip", '"two"'
    with pytest.raises(UserError):
        fetch(server, tmp_path, again=True)
    assert tatoeba.fetched_file(tmp_path).path.read_bytes() == GOOD


def test_a_wanted_hash_is_demanded(server, tmp_path):
    right = hashlib.sha256(GOOD).hexdigest()
    with pytest.raises(UserError, match=right):
        fetch(server, tmp_path, sha256="0" * 64)
    assert left_in(tmp_path) == []
    assert fetch(server, tmp_path, sha256=right.upper()).source["sha256"] == right


def test_a_file_that_changed_is_not_trusted(server, tmp_path):
    path = fetch(server, tmp_path).path
    path.write_bytes(GOOD + b"more")
    with pytest.raises(UserError, match="has changed"):
        open_dataset("tatoeba", tmp_path)
    (tmp_path / "tatoeba" / "source.json").write_text(json.dumps({}))
    with pytest.raises(UserError, match="has changed"):
        open_dataset("tatoeba", tmp_path)


def test_nothing_fetched_says_how_to(tmp_path):
    with pytest.raises(UserError, match="python -m course data fetch tatoeba"):
        open_dataset("tatoeba", tmp_path)
