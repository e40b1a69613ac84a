"""What a container has answered: a manifest, or, from one of another make, what the WebUI's own API answers.

The latter holds the pictures themselves, which are stored here among the job's outputs.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, NamedTuple

from pydantic import BaseModel, Field, Json, NonNegativeInt, TypeAdapter, ValidationError

from lambdas.jobs.pictures import decoded, header
from shared.bucket import MANIFEST, RESPONSE, Bucket
from shared.shapes import ExtraImage, JobKey, Manifest, Outcome, Picture

UPLOADS = 8  # at once: a hundred pictures one after another would take most of the function's time


class Info(BaseModel):
    """What the WebUI says of the pictures. Infotexts are in the order of the images, including the grid's own."""

    index_of_first_image: NonNegativeInt = 0  # 1 after a grid
    all_seeds: list[int] = Field(min_length=1)
    all_subseeds: list[int] = []
    subseed_strength: float = 0
    infotexts: list[str] = []


class WebuiAnswer(BaseModel):
    """A grid, if one was asked for; a picture for each seed; then the maps that ControlNet's units were guided by."""

    images: list[str]
    info: Json[Info]


class _File(NamedTuple):
    file: str
    width: int
    height: int


_ANSWER: TypeAdapter[Manifest | WebuiAnswer] = TypeAdapter(
    Annotated[Manifest | WebuiAnswer, Field(union_mode="left_to_right")]
)


def made(job: JobKey, bucket: Bucket) -> Manifest | None:
    """What has been made for a job, as far as the bucket knows."""
    manifest = bucket.manifest(job)
    if manifest:
        return manifest
    response = bucket.get(job.output(RESPONSE))
    return read(response, job, bucket) if response is not None else None


def read(content: bytes, job: JobKey, bucket: Bucket) -> Manifest:
    """The manifest that a container's answer is, or amounts to. An answer that can't be read fails the job."""
    try:
        answer = _ANSWER.validate_json(content)
    except ValidationError:
        reason = "The endpoint's answer can't be read: it is neither a manifest nor the WebUI's `images` and `info`."
        return Manifest(outcome=Outcome.FAILED, error=reason)
    if isinstance(answer, Manifest):
        return answer
    return bucket.manifest(job) or _store(answer, job, bucket)  # the answer may have come before


def _store(answer: WebuiAnswer, job: JobKey, bucket: Bucket) -> Manifest:
    """The manifest comes last: if this breaks off before it, the next try writes the same files again."""
    with ThreadPoolExecutor(UPLOADS) as pool:
        places = range(len(answer.images))
        files = list(pool.map(lambda place: _put(answer, place, job, bucket), places))
    manifest = _described(answer.info, files)
    bucket.put(job.output(MANIFEST), manifest.model_dump_json().encode(), "application/json")
    return manifest


def _put(answer: WebuiAnswer, place: int, job: JobKey, bucket: Bucket) -> _File | None:
    """Store its bytes as they are, since the WebUI has written the infotext into them. None if it is no picture."""
    try:
        picture = decoded(answer.images[place])
    except ValueError:
        return None
    found = header(picture)
    if not found:
        return None
    name = f"{_stem(answer.info, place)}.{found.extension}"
    bucket.put(job.output(name), picture, found.content_type)
    return _File(name, found.width, found.height)


def _stem(info: Info, place: int) -> str:
    number = place - info.index_of_first_image
    if number < 0:
        return "grid"
    count = len(info.all_seeds)
    return f"{number:03}-{info.all_seeds[number]}" if number < count else f"control-map-{number - count}"


def _described(info: Info, files: list[_File | None]) -> Manifest:
    first, count = info.index_of_first_image, len(info.all_seeds)
    images = [_picture(info, number, file) for number, file in enumerate(files[first : first + count]) if file]
    complete = len(images) == count
    return Manifest(
        outcome=Outcome.SUCCEEDED if complete else Outcome.FAILED,
        images=images,
        extra_images=[
            *(ExtraImage(kind="grid", **file._asdict()) for file in files[:first] if file),
            *(ExtraImage(kind="control_map", **file._asdict()) for file in files[first + count :] if file),
        ],
        error=None if complete else f"Of {count} pictures, the endpoint answered {len(images)} that can be read.",
    )


def _picture(info: Info, number: int, file: _File) -> Picture:
    place = info.index_of_first_image + number
    varied = info.subseed_strength > 0 and number < len(info.all_subseeds)
    return Picture(
        file=file.file,
        seed=info.all_seeds[number],
        subseed=info.all_subseeds[number] if varied else None,
        width=file.width,
        height=file.height,
        infotext=info.infotexts[place] if place < len(info.infotexts) else None,
    )
