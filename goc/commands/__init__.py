"""The command line: each command does its work through the library, and prints the result."""

import os
import sys
from collections.abc import Mapping, Sequence

import typer
from typer.main import get_command

from goc.commands import endpoints, jobs, keys, models
from goc.commands.common import ApiOption, KeyOption, Session
from goc.failures import Failure

INTERRUPTED = 130  # as in shells: 128 plus SIGINT's number

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(models.app, name="models", help="Manage the models that endpoints draw with: upload, list, show, delete.")
app.add_typer(
    endpoints.app, name="endpoints", help="Manage the endpoints that draw: create, list, show, rescale, delete."
)
app.add_typer(
    jobs.app,
    name="jobs",
    help="Order pictures and follow the jobs: submit, list, show, wait, cancel, download, delete.",
)
app.add_typer(keys.app, name="keys", help="Manage API keys, with your own AWS credentials: create, list, revoke.")


@app.callback()
def connect(context: typer.Context, api: ApiOption = None, key: KeyOption = None) -> None:
    """Order pictures from a Generate on Cloud deployment, and manage its models and endpoints.

    The address and the key are read from GOC_API and GOC_KEY, else from `api` and `key` in ~/.config/goc.toml.
    """
    session: Session = context.obj
    session.api, session.key = api, key


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Returns the exit status. `environ` has the address, the key and the sources' tokens, or says where they are."""
    try:
        status = get_command(app).main(arguments, "goc", standalone_mode=False, obj=Session(environ))
        sys.stdout.flush()
    except BrokenPipeError:  # the list's reader has seen enough; what is still to be written goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except typer.TyperException as wrong:
        return _said(wrong.format_message().replace("Value error, ", ""), wrong.exit_code)  # Typer's own word
    except typer.Abort:  # Ctrl-C or Ctrl-D at a question
        return INTERRUPTED
    except Failure as failure:
        return _said(str(failure), 1)
    except OSError as error:
        return _said(": ".join(filter(None, [error.filename, error.strerror])), 1)
    return int(status or 0)


def _said(text: str, status: int) -> int:
    """Print it on one line, however AWS or the API wrote it; if there is no text, help has been printed."""
    if text:
        print(" ".join(text.split()), file=sys.stderr)
    return status
