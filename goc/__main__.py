"""`goc`: see docs/client.md."""

import os
import sys

from goc.commands import main


def run() -> None:
    sys.exit(main(sys.argv[1:], os.environ))


if __name__ == "__main__":
    run()
