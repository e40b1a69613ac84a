"""Which deployment is meant, and the key to it: as given, else from the environment, else from a file."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from goc.failures import Failure

FIELDS = ("api", "key")


def connection(api: str | None, key: str | None, environ: Mapping[str, str]) -> tuple[str, str]:
    """The API's address and a key. Raises Failure if one of them is nowhere to be found."""
    found = {"api": api or environ.get("GOC_API"), "key": key or environ.get("GOC_KEY")}
    file = _place(environ)
    if not all(found.values()):
        found = _read(file, asked_for="GOC_CONFIG" in environ) | {name: text for name, text in found.items() if text}
    values = [(found.get(field) or "").strip() for field in FIELDS]
    if not all(values):
        raise Failure(
            "The API's address and a key are needed: set GOC_API and GOC_KEY, give --api and --key before the command,"
            f" or write `api` and `key` into {file}."
        )
    return values[0], values[1]


def _place(environ: Mapping[str, str]) -> Path:
    folder = environ.get("XDG_CONFIG_HOME")
    return Path(environ.get("GOC_CONFIG") or (Path(folder) if folder else Path.home() / ".config") / "goc.toml")


def _read(file: Path, asked_for: bool) -> dict[str, str | None]:
    """Raises Failure, naming the file and the field that is wrong in it."""
    try:
        read = tomllib.loads(file.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        if asked_for:
            raise Failure(f"{file}, which GOC_CONFIG names, is not there.") from error
        return {}
    except OSError as error:
        raise Failure(f"{file} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise Failure(f'{file} is no TOML, such as `key = "goc..."`: {error}') from error
    for field, value in read.items():
        if field not in FIELDS:
            raise Failure(f"{file}: {field!r} is no field of it: it has `api` and `key`.")
        if not (isinstance(value, str) and value.strip()):
            raise Failure(f"{file}: `{field}` has to be a text in quotes.")
    return read
