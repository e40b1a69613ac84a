"""The processes that make up the local cloud."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from local.failures import LocalCloudFailed
from local.sagemaker.processes import end_with_parent, is_free


class Child:
    """A server that is started here, and ends with us at the latest, however we end.

    It gets a session of its own: Ctrl-C reaches only us, and we stop the children in their order.
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=partial(end_with_parent, signal.SIGTERM),
            )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Raises LocalCloudFailed, with the end of the log, if it dies before that or is not ready in time."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise LocalCloudFailed(f"{self.name} ended while starting.\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise LocalCloudFailed(f"{self.name} was not ready after {seconds:.0f} s.\n{self.last_words()}")
            time.sleep(0.05)

    def stop(self, seconds: float) -> None:
        """SIGTERM, `seconds` to end, then SIGKILL."""
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def last_words(self) -> str:
        """The end of its log."""
        lines = self._log.read_text(errors="replace").splitlines()[-10:]
        return "\n".join([f"The end of {self._log}:", *(f"    {line}" for line in lines)])


def require_free_port(port: int) -> None:
    """Raises LocalCloudFailed if something listens there already."""
    if not is_free(port):
        raise LocalCloudFailed(
            f"Port {port} is taken by another program. Stop it, or choose other ports: make up PORT={port + 10}"
        )
