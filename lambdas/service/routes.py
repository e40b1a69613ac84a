"""Routes about the service itself."""

from shared.resolver import Resolver, entry

app = Resolver()


@app.get("/ping")
def ping() -> dict[str, str]:
    """Is it up, and does the key open it?"""
    return {"status": "ok"}


handler = entry(app)
