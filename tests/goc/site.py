"""A site to download files from."""

from tests.goc.serving import CHUNK, Request

BEARER = "hf_secret_token"


class Site:
    """Records what it is asked in `requests`: the host's name, the path and the headers."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.etag = '"one"'
        self.ranged = True
        self.sized = True
        self.disposition = ""
        self.type = "application/octet-stream"
        self.token: str | None = None  # the one that the redirecting address wants
        self.redirect: str | None = None  # from /model to elsewhere
        self.linked: dict[str, str] = {}  # what the redirect says about the file
        self.shifted = 0  # how many more answers have another range than was asked for
        self.breaks = 0  # how many more answers break off in the middle
        self.change_after: int | None = None  # how many answers until the file is another
        self.requests: list[tuple[str, str, dict[str, str]]] = []

    def __call__(self, request: Request) -> None:
        self.requests.append((request.headers["Host"].partition(":")[0], request.place, dict(request.headers)))
        if self.change_after is not None and len(self.requests) > self.change_after:
            self.etag = '"another"'
        if request.command != "GET":
            request.answer(403)  # as a link that is signed for GET does
        elif self.redirect and request.place == "/model":
            self._redirect(request, self.redirect)
        else:
            self._send(request)

    def _redirect(self, request: Request, where: str) -> None:
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            request.answer(401)
        else:
            request.answer(307, None, {"Location": where} | self._named() | self.linked)

    def _send(self, request: Request) -> None:
        asked = request.headers.get("Range")
        whole = slice(0, len(self.content))
        part = _slice(asked, len(self.content)) if asked and self.ranged else whole
        if self.shifted > 0 and part.start:
            self.shifted -= 1
            part = slice(part.start - 1, part.stop - 1)
        content = self.content[part]
        headers = {"ETag": self.etag, "Content-Type": self.type} | (self._named() if not self.redirect else {})
        if asked and self.ranged:
            headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(self.content)}"
        headers |= {"Content-Length": str(len(content))} if self.sized else {"Connection": "close"}
        request.begin(206 if asked and self.ranged else 200, headers)
        if self.breaks > 0 and len(content) > 1:  # parts are asked for at once
            self.breaks -= 1
            content = content[: len(content) // 2]
            request.hang_up()
        for start in range(0, len(content), CHUNK):
            self.write(request, content[start : start + CHUNK])

    def write(self, request: Request, chunk: bytes) -> None:
        request.wfile.write(chunk)

    def _named(self) -> dict[str, str]:
        return {"Content-Disposition": self.disposition} if self.disposition else {}


def _slice(range: str, size: int) -> slice:
    first, last = range.removeprefix("bytes=").split("-")
    return slice(int(first), min(int(last) + 1, size))
