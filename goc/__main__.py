"""`goc`: see docs/client.md."""

import io
import os
import sys

from goc.commands import main


def run() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8")  # whoever reads the output counts on that, whatever the locale
    sys.exit(main(sys.argv[1:], os.environ))


if __name__ == "__main__":
    run()
