"""Downloads that go on where they were cut off, and are there as a whole or not at all."""

import json
import time
from pathlib import Path
from typing import Any

from course.kit.corpora import files
from course.kit.errors import UserError
from course.kit.language import say

USER_AGENT = "seq2seq-course/0.1 (a course on sequence-to-sequence translation)"
_CHUNK = 1 << 13  # bytes; what came of a chunk that breaks off is lost
_TIMEOUT = (10, 60)  # seconds to connect, seconds of silence
_WORTH_RETRYING = {408, 425, 429, 500, 502, 503, 504}


class _CutOff(Exception):
    """The connection ended before the file did, or the server asks for patience."""


def download(url: str, path: Path, tries: int = 5, wait: float = 1.0) -> dict[str, Any]:
    """Put what is at a URL into `path`; what is there of an earlier try is gone on with.

    The part that is there lies beside `path`, as `NAME.part` and `NAME.part.json`. The server is
    asked for the rest only where it said by an ETag or a date which version the part is of, so
    that no two versions are ever mixed; where it ignores the question, all is fetched again.

    Args:
        url: of the file, http or https.
        path: where it is to be.
        tries: how often to try in a row without getting farther than before.
        wait: seconds before the second try, then twice as many, and so on.

    Returns:
        The url, the number of bytes, and the server's etag and last_modified or None.

    Raises:
        UserError: the server says no, can't be reached, or breaks off each time.
    """
    import requests

    path.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(path, url)
    failed, farthest = 0, part.size
    with requests.Session() as session:
        # A file's length must be that of what is sent.
        session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
        while True:
            try:
                _go_on(session, part)
                return part.finish()
            except (
                _CutOff,
                requests.ConnectionError,
                requests.Timeout,
                requests.exceptions.ChunkedEncodingError,
            ) as error:
                reason = str(error)
            except requests.RequestException as error:
                raise UserError(_no(url, str(error))) from error
            failed = failed + 1 if part.size <= farthest else 1
            farthest = max(farthest, part.size)
            if failed >= tries:
                raise UserError(
                    say(
                        f"{url} could not be fetched in {tries} tries ({reason}); look at the "
                        "connection and run the command again, and it goes on where it stopped.",
                        f"尝试 {tries} 次后仍无法下载 {url}（{reason}）；"
                        "请检查网络后重新运行，下载会从中断处继续。",
                    )
                )
            time.sleep(wait * 2 ** (failed - 1))


class _Part:
    """What is there of a file so far, and which version of it that is."""

    def __init__(self, path: Path, url: str):
        self.path, self.url = path, url
        self.file = path.with_name(f"{path.name}.part")
        self._notes = path.with_name(f"{path.name}.part.json")
        self.version: dict[str, Any] = {}
        try:
            self.version = json.loads(self._notes.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self.version = {}
        if self.version.get("url") != url or not self.validator:
            self.begin({})

    @property
    def size(self) -> int:
        """The number of bytes that are there."""
        return self.file.stat().st_size if self.file.is_file() else 0

    @property
    def validator(self) -> str | None:
        """What names the version in `If-Range`: a strong ETag, or a date."""
        etag = self.version.get("etag")
        if etag and not etag.startswith("W/"):
            return etag
        return self.version.get("last_modified")

    def begin(self, headers: Any) -> None:
        """Throw away what is there, and note which version comes now."""
        self.file.unlink(missing_ok=True)
        self.version = {
            "url": self.url,
            "etag": headers.get("ETag"),
            "last_modified": headers.get("Last-Modified"),
        }
        self._notes.write_text(json.dumps(self.version), encoding="utf-8")

    def finish(self) -> dict[str, Any]:
        """Make the part the file."""
        done = {**self.version, "bytes": self.size}
        self.file.replace(self.path)
        self._notes.unlink(missing_ok=True)
        return done


def _go_on(session: Any, part: _Part) -> None:
    """Fetch the rest of a file, or all of it.

    Raises:
        _CutOff: the file is not complete yet.
        UserError: it never will be.
    """
    here = part.size
    asked = {}
    if here and part.validator:
        asked = {"Range": f"bytes={here}-", "If-Range": part.validator}
    with session.get(part.url, headers=asked, stream=True, timeout=_TIMEOUT) as response:
        status = response.status_code
        if status == 416:  # there is nothing after what is here: begin again
            part.begin({})
            raise _CutOff(say("the file has another length now", "文件长度已改变"))
        if status in _WORTH_RETRYING:
            raise _CutOff(f"HTTP {status}")
        if status not in (200, 206):
            raise UserError(_no(part.url, f"HTTP {status}"))
        length = response.headers.get("Content-Length")
        total = int(length) if length and length.isdigit() else None
        if status == 206:
            if not response.headers.get("Content-Range", "").startswith(f"bytes {here}-"):
                part.begin({})
                raise _CutOff(say("the server sent another part", "服务器发来的不是所要的部分"))
            total = None if total is None else total + here
        else:
            part.begin(response.headers)
            here = 0
        with (
            files.progress(say("fetching", "下载中"), total) as advance,
            part.file.open("ab") as file,
        ):
            advance(here)
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
                advance(len(chunk))
    if total is not None and part.size != total:
        wrong = say(f"{part.size} of {total} bytes came", f"收到 {part.size}/{total} 字节")
        if part.size > total:
            part.begin({})
        raise _CutOff(wrong)


def _no(url: str, why: str) -> str:
    return say(
        f"{url} can't be fetched ({why}); look at the address, or give another with --url.",
        f"无法下载 {url}（{why}）；请检查地址，或用 --url 另给一个。",
    )
