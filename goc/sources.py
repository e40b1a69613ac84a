"""Where a model's bytes come from: a file, or an address. Neither is ever held whole."""

import hashlib
import os
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Protocol

import httpx

from goc.failures import Broken, Failure, reaching
from goc.names import name_of
from goc.retries import answered

CHUNK = 256 * 1024
AGENT = "generate-on-cloud"
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# The hosts that ask for a token, and the environment variable that it is in.
TOKENS = {"huggingface.co": "HF_TOKEN", "civitai.com": "CIVITAI_TOKEN"}

CHANGED = "has changed while it was uploaded, and of both some has arrived: delete the model, and upload it again."


class Source(Protocol):
    """`size` in bytes, `sha256` in hexadecimal digits, if it is known.

    `ranged`: reading may begin anywhere; otherwise it is all or nothing, from the beginning.
    """

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def ranged(self) -> bool: ...
    @property
    def sha256(self) -> str | None: ...

    def read(self, start: int, size: int) -> Generator[bytes]:
        """Yields small chunks. Raises Failure if the source has changed since its opening, Broken if it breaks off."""


def reader() -> httpx.Client:
    """What addresses are read with: redirects may lead anywhere, but never without encryption."""
    hooks = {"request": [_require_encryption]}
    return httpx.Client(timeout=60, headers={"User-Agent": AGENT}, event_hooks=hooks)


def opened(source: str, http: httpx.Client, environ: Mapping[str, str]) -> Source:
    """The source at a path, or at an address, which `http`, made by `reader`, reads; `environ` has the tokens.

    Raises Failure if there is no such file.
    """
    found = Address(http, source, environ) if "://" in source else LocalFile(Path(source))
    if not found.size:
        raise Failure(f"{found.name} is empty.")
    return found


class LocalFile:
    """Read whole once for its digest, by which a resumed upload knows that it is still of the same file."""

    ranged = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = path.name
        with self._opened() as file:
            self._version = _version(file.fileno())
            self.size = self._version[0]
            self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()

    def read(self, start: int, size: int) -> Generator[bytes]:
        with self._opened() as file:
            file.seek(start)
            while size and (chunk := file.read(min(CHUNK, size))):
                size -= len(chunk)
                yield chunk
            if _version(file.fileno()) != self._version:
                raise Failure(f"{self._path} {CHANGED}")

    @contextmanager
    def _opened(self) -> Iterator[FileIO]:
        try:
            with self._path.open("rb", buffering=0) as file:
                yield file
        except OSError as error:
            raise Failure(f"{self._path} can't be read: {error.strerror}.") from error


class Address:
    """Every read begins at the address itself, since what it redirects to often works for minutes only.

    A token is sent to the host that it is for, but not to where that redirects: httpx drops it there.
    """

    def __init__(self, http: httpx.Client, address: str, environ: Mapping[str, str]) -> None:
        self._http = http
        try:
            self._url = httpx.URL(address)
        except httpx.InvalidURL as error:
            raise Failure("The source is no address that can be read.") from error
        self._host = self._url.host
        self._token = _token(self._host, environ)
        # Not HEAD, which a link signed for GET refuses.
        first = answered(lambda: self._asked("bytes=0-0"), repeatable=True)
        self._accept(first)
        self.ranged = first.status_code == httpx.codes.PARTIAL_CONTENT
        self.size = self._size(first)
        self._etag = first.headers.get("ETag")
        self.name = name_of([*first.history, first], self._url)
        self.sha256 = _linked_digest(first)

    def read(self, start: int, size: int) -> Generator[bytes]:
        range = f"bytes={start}-{start + size - 1}"
        with reaching(self._host), self._stream(range if self.ranged else None) as answer:
            self._accept(answer)
            if (answer.headers.get("ETag"), self._size(answer)) != (self._etag, self.size):
                raise Failure(f"The file at {self._host} {CHANGED}")
            if self.ranged and answer.headers.get("Content-Range") != f"{range.replace('=', ' ')}/{self.size}":
                raise Broken(f"{self._host} answered another range than it was asked for.")
            yield from answer.iter_raw()

    def _asked(self, range: str) -> httpx.Response:
        """An answer without its body."""
        with reaching(self._host), self._stream(range) as answer:
            return answer

    @contextmanager
    def _stream(self, range: str | None) -> Iterator[httpx.Response]:
        headers = {"Accept-Encoding": "identity"}
        if range:
            headers["Range"] = range
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        with self._http.stream("GET", self._url, headers=headers, follow_redirects=True) as answer:
            yield answer

    def _accept(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            raise Broken(f"{self._host} answered {status}: try again later.")
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise Failure(f"{self._host} does not hand the file out ({status}){self._token_hint()}.")
        if status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise Failure(f"The file at {self._host} is empty.")
        if not answer.is_success:
            raise Failure(f"{self._host} has no file at this address: it answered {status}.")
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            raise Failure(
                f"What {self._host} answers is a web page, not a file{self._token_hint()}. Give the download's own"
                " address: at Hugging Face with /resolve/ in place of /blob/, at Civitai with /api/download/."
            )

    def _token_hint(self) -> str:
        if not (variable := TOKENS.get(self._host)):
            return ""
        if self._token:
            return f": the token in {variable} may not have it, or the model's terms are to be accepted on its page"
        return f": it may want a token, in the environment's {variable}"

    def _size(self, answer: httpx.Response) -> int:
        """The whole file's size in bytes."""
        if answer.status_code == httpx.codes.PARTIAL_CONTENT:
            size = answer.headers.get("Content-Range", "").rpartition("/")[2]
        else:
            size = answer.headers.get("Content-Length", "")
        if not size.isdecimal():
            raise Failure(f"{self._host} does not say how large the file is: download it, and upload it from there.")
        return int(size)


def _require_encryption(request: httpx.Request) -> None:
    if request.url.scheme != "https" and request.url.host not in LOOPBACK:
        raise Failure(
            f"A source's address begins with https://, and so does what it redirects to: what {request.url.host} sends "
            "without that can be read and changed on the way."
        )


def _token(host: str, environ: Mapping[str, str]) -> str:
    """The host's token, if any. Raises Failure, without showing it, for one that no request can carry."""
    variable = TOKENS.get(host)
    token = environ.get(variable, "").strip() if variable else ""
    if not (token.isascii() and token.isprintable()):
        raise Failure(f"The token in {variable} has characters that no token has: copy it anew.")
    return token


def _linked_digest(answer: httpx.Response) -> str | None:
    """What Hugging Face says of a large file when it redirects to it: the linked ETag is the file's SHA-256."""
    for each in [*answer.history, answer]:
        etag: str = each.headers.get("X-Linked-ETag", "").strip('"')
        if re.fullmatch("[0-9a-f]{64}", etag):
            return etag
    return None


def _version(file: int) -> tuple[int, int]:
    stat = os.stat(file)
    return stat.st_size, stat.st_mtime_ns
