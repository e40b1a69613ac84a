"""The web page of a local cloud: `python -m local.console --port P --api ADDRESS --aws ADDRESS` serves `console/`."""

import argparse

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infrastructure import page

# What the form is filled in with: the demo's model knows little more than this, and composes best when small.
EXAMPLE = {
    "prompt": "a yellow triangle on a purple background",
    "sampler_name": "Euler a",
    "cfg_scale": 5,
    "width": 128,
    "height": 128,
}


class _Headers:
    """Says with every answer what the page may do, and that browsers must ask each time whether it has changed."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"cache-control", b"no-cache"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def build_app(api: str, aws: str) -> Starlette:
    """The page for the API at that address, whose pictures lie at the local AWS."""
    merges = page.merges()

    def say_config(_: Request) -> Response:
        return JSONResponse(page.config(api) | {"example": EXAMPLE})

    def say_merges(_: Request) -> Response:
        return PlainTextResponse(merges)

    return Starlette(
        routes=[
            Route(f"/{page.CONFIG}", say_config),
            Route(f"/{page.MERGES}", say_merges),
            Mount("/", StaticFiles(directory=page.FOLDER, html=True)),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]),
            Middleware(_Headers, policy=page.content_security_policy(aws, aws)),
            Middleware(GZipMiddleware),
        ],
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.console", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--api", required=True)
    parser.add_argument("--aws", required=True)
    given = parser.parse_args()
    uvicorn.run(build_app(given.api, given.aws), host="127.0.0.1", port=given.port, access_log=False)


if __name__ == "__main__":
    main()
