"""The parts of an upload, and links for those that have not arrived."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import islice

from lambdas.models.requests import MOST_LINKS, ModelUpload, PartLink, UploadLinks
from shared.bucket import LINK_SECONDS
from shared.cloud import Cloud
from shared.multipart import Part
from shared.shapes import now
from shared.tables.models import StoredModel, Upload


def sizes(upload: Upload) -> dict[int, int]:
    """The size of each part in bytes, by its number."""
    starts = range(0, upload.size, upload.part_size)
    return {number: min(upload.part_size, upload.size - start) for number, start in enumerate(starts, 1)}


def missing(upload: Upload, arrived: Mapping[int, Part]) -> dict[int, int]:
    """The sizes of the parts that have not arrived, or not whole, by their number."""
    return {
        number: size for number, size in sizes(upload).items() if number not in arrived or arrived[number].size != size
    }


def linked(model: StoredModel, upload: Upload, wanted: Mapping[int, int], cloud: Cloud) -> ModelUpload:
    """The answer with a link for each wanted part, MOST_LINKS at most; `wanted` is sizes by number."""
    expires = now() + timedelta(seconds=LINK_SECONDS)
    parts = [
        PartLink(
            number=number,
            url=cloud.multipart.link(upload.key, upload.id or "", number, size, LINK_SECONDS),
            size=size,
        )
        for number, size in islice(wanted.items(), MOST_LINKS)
    ]
    links = UploadLinks(part_size=upload.part_size, part_count=len(sizes(upload)), parts=parts, expires_at=expires)
    return ModelUpload(model=model, upload=links)
