"""Where a local cloud lives: its folder, its ports, and how AWS's clients find it."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.failures import LocalCloudFailed

ROOT = Path(__file__).parent.parent
REGION = "us-east-1"
ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Place:
    folder: Path
    port: int  # of the local AWS; SageMaker's is the next, the web page's the one after that

    @property
    def aws(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sagemaker_port(self) -> int:
        return self.port + 1

    @property
    def sagemaker(self) -> str:
        return f"http://127.0.0.1:{self.sagemaker_port}"

    @property
    def console_port(self) -> int:
        return self.port + 2

    @property
    def console(self) -> str:
        return f"http://127.0.0.1:{self.console_port}"

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment in which every AWS client, of any language, speaks to this place alone.

        What `environ` says about AWS is left out: nothing here may ever reach a real account.
        """
        kept = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
        return kept | {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.aws,
            "AWS_ENDPOINT_URL_S3": self.aws,
            "AWS_ENDPOINT_URL_SAGEMAKER": self.sagemaker,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self.sagemaker,
            "AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING": self.sagemaker,
            "AWS_ENDPOINT_URL_CLOUDWATCH": self.sagemaker,
        }

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the folder for one local cloud; the kernel lets go of it when we end. Raises LocalCloudFailed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LocalCloudFailed(
                    f"A local cloud is running in {self.folder} already. Stop it first: Ctrl-C where `make up` runs."
                ) from error
            yield
