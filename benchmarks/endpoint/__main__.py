"""What a container with a tiny checkpoint in memory does.

python -m benchmarks.endpoint FILE, with an AWS in the environment whose bucket has that file for every model
"""

import sys
from pathlib import Path

from benchmarks.endpoint import pictures, starting, steps
from benchmarks.endpoint.container import started

with started(Path(sys.argv[1]), names=("one", "two")) as container:
    for part in (starting, steps, pictures):
        for figure in part.measure(container):
            print(figure.line(), flush=True)
