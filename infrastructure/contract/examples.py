"""The contract's examples, made from the very shapes that they illustrate."""

from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.jobs.orders import SubmitJob
from shared.errors import Invalid
from shared.shapes import Job, Picture, Status, Task
from shared.webui import Txt2Img

_CREATED = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)

_ORDER = SubmitJob(
    task=Task.TXT2IMG,
    endpoint="goc-production-main",
    checkpoint="dreamshaper_8",
    parameters=Txt2Img(
        prompt="a lighthouse at night, (stars:1.2)",
        negative_prompt="blurry",
        sampler_name="DPM++ 2M",
        steps=25,
        width=512,
        height=768,
    ),
)

_DRAWN = Job(
    owner="",
    id="01a20631-e30e-74c5-b1ce-ad1925bb5db8",
    task=_ORDER.task,
    status=Status.SUCCEEDED,
    endpoint=_ORDER.endpoint,
    checkpoint=_ORDER.checkpoint,
    progress=1.0,
    created_at=_CREATED,
    started_at=_CREATED + timedelta(seconds=1),
    finished_at=_CREATED + timedelta(seconds=5),
    deadline=_CREATED + timedelta(hours=1),
    parameters=_ORDER.parameters.honoured(),
    images=[
        Picture(
            file="000-1234567890.png",
            seed=1234567890,
            width=512,
            height=768,
            infotext="a lighthouse at night, (stars:1.2)\nNegative prompt: blurry\nSteps: 25, Sampler: DPM++ 2M, "
            "Schedule type: Karras, CFG scale: 7, Seed: 1234567890, Size: 512x768, Model hash: 879db523c3, "
            "Model: dreamshaper_8, Version: goc-0.1.0",
            url="https://goc-production.s3.eu-central-1.amazonaws.com/jobs/3f9c2ab71d04/"
            "01a20631-e30e-74c5-b1ce-ad1925bb5db8/outputs/000-1234567890.png?X-Amz-Expires=3600&X-Amz-Signature=5d41",
        )
    ],
)

_PROBLEM = Invalid.about(
    "checkpoint",
    "There is no checkpoint 'dreamshaper8'. Did you mean 'dreamshaper_8'? GET /models?type=checkpoint lists them.",
)

EXAMPLES: dict[str, Any] = {
    "SubmitJob": _ORDER.model_dump(mode="json", exclude_unset=True),
    "Job": _DRAWN.model_dump(mode="json"),
    "Problem": _PROBLEM.problem("9f1c2b34-5d6e-4f70-8a91-b2c3d4e5f607"),
}
