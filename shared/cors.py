"""Which web pages may read an answer."""


def headers(origin: str | None, allowed: list[str]) -> dict[str, list[str]]:
    """What an answer says to a browser that asks for a page of this origin; nothing where the page may not read it."""
    if "*" not in allowed and origin not in allowed:
        return {}
    return {
        "Access-Control-Allow-Origin": ["*" if "*" in allowed else str(origin)],
        "Access-Control-Expose-Headers": ["Location,Retry-After"],
        "Vary": ["Origin"],  # so that no cache gives one page's answer to another
    }
