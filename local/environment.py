"""`python -m local.environment --port P COMMAND...` runs a command whose AWS is the local cloud at that port."""

import argparse
import os

from local.place import ROOT, Place


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.environment", description=__doc__)
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    place = Place(ROOT / ".local", given.port)
    os.execvpe(given.command[0], given.command, place.environment(os.environ))


if __name__ == "__main__":
    main()
