"""Which web pages may read an answer."""


def headers(origin: str | None, allowed: list[str]) -> dict[str, list[str]]:
    """The headers by which a browser lets a page of this origin read an answer; none if the page may not."""
    if "*" not in allowed and origin not in allowed:
        return {}
    return {
        "Access-Control-Allow-Origin": ["*" if "*" in allowed else str(origin)],
        "Access-Control-Expose-Headers": ["Location,Retry-After"],
        "Vary": ["Origin"],  # so that no cache gives one page's answer to another
    }
