"""`python -m local.environment --port P COMMAND...` runs a command whose AWS is the local cloud at that port."""

import argparse
import os
import sys
from pathlib import Path

from local.place import ROOT, Place


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.environment", description=__doc__)
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    place = Place(ROOT / ".local", given.port)
    environment = place.environment(os.environ)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"  # where `goc` is
    os.execvpe(given.command[0], given.command, environment)


if __name__ == "__main__":
    main()
