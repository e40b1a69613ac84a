"""A stream that can't be read anywhere but from its beginning, cut into parts."""

import hashlib
from collections.abc import Iterator

from goc.failures import Broken, Failure


class Stream:
    """A stream of `size` bytes, with that SHA-256 in hexadecimal digits, if one is given."""

    def __init__(self, chunks: Iterator[bytes], size: int, sha256: str | None) -> None:
        self._chunks = chunks
        self._rest = b""
        self._left = size
        self._sha256 = sha256
        self._digest = hashlib.sha256()

    def take(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes. Raises Broken if the stream ends early, and Failure if its SHA-256 is another.

        That shows only at the end: the last chunk is held back then, so that the last part never arrives.
        """
        while size:
            chunk = self._rest or next(self._chunks, b"")
            if not chunk:
                raise Broken("The source ended before its end.")
            chunk, self._rest = chunk[:size], chunk[size:]
            self._digest.update(chunk)
            self._left -= len(chunk)
            size -= len(chunk)
            if not self._left:
                self._compare()
            yield chunk

    def skip(self, size: int) -> None:
        for _ in self.take(size):
            pass

    def _compare(self) -> None:
        found = self._digest.hexdigest()
        if self._sha256 and self._sha256.lower() != found:
            raise Failure(f"The file's SHA-256 is {found}, not {self._sha256}: it was not taken.")
