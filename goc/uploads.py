"""A file's way into the deployment: its parts are streamed to presigned links, several at once."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import PurePosixPath
from types import MappingProxyType

import httpx

from goc.client import Client
from goc.failures import Broken, Failure, reaching
from goc.links import MOST_LINKS, Links
from goc.retries import TRIES, pause_before
from goc.shapes import Begun, Model, NewModel, Part, Upload
from goc.sources import AGENT, Source, opened, reader
from goc.streams import Stream

PARALLEL = 4
ENDINGS = (".safetensors", ".ckpt", ".pt", ".pth", ".bin")  # a model's; `dreamshaper_8.1` has none of them

Progress = Callable[[int, int], object]


def upload(
    client: Client,
    source: str,
    type: str,
    name: str | None = None,
    *,
    replace: bool = False,
    sha256: str | None = None,
    progress: Progress = lambda *_: None,
    environ: Mapping[str, str] = MappingProxyType({}),
) -> Model:
    """The model, checked and ready for jobs; `source` is a file's path or address; `name` may lack its extension.

    What has arrived of an earlier upload of the same file is not sent again. `progress` gets the bytes that are
    there and those of the whole, by one thread at a time. `environ` has the sources' tokens. Raises Refused for what
    the API refuses, Broken for what broke too often, and Failure for what is wrong with the source.
    """
    with httpx.Client(timeout=60, headers={"User-Agent": AGENT}) as http, reader() as reading:
        found = opened(source, reading, environ)
        known = _agreed(sha256, found.sha256)
        called = _with_ending(name, found.name) if name else found.name
        wanted = NewModel(type=type, name=called, size=found.size, sha256=known, replace=replace)
        model = _Transfer(client, http, found, wanted, progress).run()
    return client.complete_upload(model)


def _agreed(given: str | None, found: str | None) -> str | None:
    if given and found and given.lower() != found:
        raise Failure(f"The file's SHA-256 is {found}, not {given}: it was not taken.")
    return given or found


def _with_ending(name: str, file: str) -> str:
    return name if name.lower().endswith(ENDINGS) else name + PurePosixPath(file).suffix


class _Stopped(Exception):
    """Another part has failed for good, or the user has interrupted the upload."""


class _Transfer:
    def __init__(
        self, client: Client, http: httpx.Client, source: Source, wanted: NewModel, progress: Progress
    ) -> None:
        self._client = client
        self._http = http
        self._source = source
        self._wanted = wanted
        self._progress = progress
        self._done = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._trouble: Broken | None = None

    def run(self) -> Model:
        """Round by round: after a break, the API is asked what is missing, which also renews the links.

        It gives up when several rounds have brought nothing more.
        """
        send = self._in_parallel if self._source.ranged else self._in_order
        most, in_vain = -1, 0
        while (begun := self._begin()).upload.parts:
            most, in_vain = (self._done, 0) if self._done > most else (most, in_vain + 1)
            if in_vain == TRIES:
                raise self._trouble or Broken("What was sent did not stay in the store.")
            if in_vain:
                pause_before(in_vain)
            send(begun.upload)
        return begun.model

    def _begin(self) -> Begun:
        begun = self._client.begin_upload(self._wanted)
        parts = begun.upload.parts
        missing = sum(part.size for part in parts)
        if len(parts) == MOST_LINKS:
            missing += max(0, self._source.size - parts[-1].number * begun.upload.part_size)
        self._count(self._source.size - missing - self._done)
        return begun

    def _in_parallel(self, upload: Upload) -> None:
        """Send until the first error; what is on its way then still arrives, unless the error is for good."""
        waiting, errors = iter(upload.parts), list[Exception]()
        # Daemons, so that nobody who presses Ctrl-C has to wait for a connection that hangs.
        workers = [
            threading.Thread(target=self._work, args=(waiting, upload.part_size, errors), daemon=True)
            for _ in range(PARALLEL)
        ]
        try:
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        except BaseException:
            self._stop.set()
            raise
        for error in errors:
            if not isinstance(error, Broken):
                raise error
            self._trouble = error

    def _work(self, waiting: Iterator[Part], part_size: int, errors: list[Exception]) -> None:
        while not errors and (part := self._next(waiting)):
            try:
                with closing(self._source.read((part.number - 1) * part_size, part.size)) as chunks:
                    self._put(part, chunks)
            except _Stopped:
                return
            except Exception as error:
                errors.append(error)
                if not isinstance(error, Broken):
                    self._stop.set()

    def _next(self, waiting: Iterator[Part]) -> Part | None:
        with self._lock:
            return next(waiting, None)

    def _in_order(self, upload: Upload) -> None:
        links = Links(self._begin)
        try:
            with closing(self._source.read(0, self._source.size)) as chunks:
                stream = Stream(chunks, self._source.size, self._wanted.sha256)
                for number in range(1, upload.part_count + 1):
                    size = min(upload.part_size, self._source.size - (number - 1) * upload.part_size)
                    if part := links.missing(number):
                        self._put(part, stream.take(size))
                    else:
                        stream.skip(size)
        except Broken as error:
            self._trouble = error

    def _put(self, part: Part, chunks: Iterable[bytes]) -> None:
        length = {"Content-Length": str(part.size)}
        with reaching("the store"):
            answer = self._http.put(part.url, content=self._watched(chunks), headers=length)
        if not answer.is_success:
            raise Broken(f"The store answered {answer.status_code} to part {part.number}.")

    def _watched(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._stop.is_set():
                raise _Stopped
            yield chunk
            self._count(len(chunk))

    def _count(self, more: int) -> None:
        with self._lock:
            self._done += more
            if not self._stop.is_set():
                self._progress(self._done, self._source.size)
