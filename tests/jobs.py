"""Jobs as an order makes them, for the tests of the functions and of the container."""

from datetime import timedelta

from uuid6 import uuid7

from shared.parameters import Img2ImgParameters
from shared.shapes import Job, Status, Task, TaskParameters, now


def queued(owner: str, parameters: TaskParameters, allowed: timedelta = timedelta(hours=1)) -> Job:
    return Job(
        owner=owner,
        id=str(uuid7()),
        task=Task.IMG2IMG if isinstance(parameters, Img2ImgParameters) else Task.TXT2IMG,
        status=Status.QUEUED,
        endpoint="goc-dev-one",
        checkpoint="tiny",
        created_at=now(),
        deadline=now() + allowed,
        parameters=parameters,
    )
