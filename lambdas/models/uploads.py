"""How a file becomes a model: it is recorded, sent in parts by presigned links, put together, and then checked.

An upload that breaks off halfway goes on when the same request is sent again.
"""

from pathlib import PurePosixPath

from lambdas.models import files, links, refreshing
from lambdas.models.checking import PICKLED
from lambdas.models.reading import record
from lambdas.models.requests import DEFAULT_PART_BYTES, ModelUpload, UploadModel
from shared.cloud import Cloud
from shared.contents import Contents
from shared.errors import Conflict, Invalid
from shared.kinds import CHOOSE_A_HYPERNETWORK, NO_HYPERNETWORK
from shared.log import logger
from shared.shapes import Model, ModelState, ModelType, now, spell
from shared.tables.models import StoredModel, Upload

_BLANK = dict(Contents()) | {"reason": None}


def start(request: UploadModel, cloud: Cloud) -> tuple[ModelUpload, bool]:
    """The upload with links for the missing parts, and whether it is a new one. Raises Invalid and Conflict."""
    _require_ending(request)
    name = PurePosixPath(request.name).stem
    seen = cloud.models.get(request.type, name)
    seen = _alone(seen, cloud) if seen else None
    if seen and seen.upload:
        _require_same(request, seen.upload)
        return _resumed(seen, seen.upload, cloud), False
    if seen and seen.state is not ModelState.FAILED and not request.replace:
        detail = f"There is a {request.type} {seen.name!r}, which is {seen.state}: DELETE it first, or send `replace`."
        raise Conflict.about("name", detail)
    upload = _upload(request)
    return _begun(_written(_model(request, upload, seen), seen, cloud), upload, cloud), True


def complete(type: str, name: str, cloud: Cloud) -> Model:
    """Put the file together and have it checked. Asked again once done, it returns the model, checked by then.

    Raises NotFound, and Conflict if parts are missing.
    """
    seen = _alone(record(type, name, cloud), cloud)
    upload = seen.upload
    if not upload:
        return _checked(seen, cloud)
    _make_file(seen, upload, cloud)
    arrived = {
        "name": PurePosixPath(upload.key).stem,
        "key": upload.key,
        "size": upload.size,
        "sha256": upload.sha256,
        "state": ModelState.CHECKING,
        "updated_at": now(),
        "upload": None,
        "replaced": seen.key if seen.key != upload.key else None,  # removed only once it is known to be out of use
    }
    checking = cloud.models.write(seen.model_copy(update=_BLANK | arrived), seen)
    stored = checking or record(type, name, cloud)  # the file's event was faster, or a DELETE
    logger.info("model uploaded", key=upload.key, size=upload.size)
    return refreshing.without_replaced(stored, cloud) or record(type, name, cloud)


def _require_ending(request: UploadModel) -> None:
    """What would fail the check for its ending alone need not be sent first."""
    safetensors = request.name.lower().endswith(".safetensors")
    if not safetensors and request.type not in PICKLED:
        reason = f"A {request.type} has to be a .safetensors file: any other could run anything when it is read."
        raise Invalid.about("name", f"{reason} Convert it, or choose another.")
    if safetensors and request.type is ModelType.HYPERNETWORK:
        raise Invalid.about("name", f"The file is {NO_HYPERNETWORK}. {CHOOSE_A_HYPERNETWORK}")


def _alone(seen: StoredModel, cloud: Cloud) -> StoredModel:
    """Without the file that it replaced, if completing that upload was stopped before the file was removed."""
    return _not_changed(refreshing.without_replaced(seen, cloud))


def _checked(seen: StoredModel, cloud: Cloud) -> StoredModel:
    """The model, checked now if its file's event has not come: a new bucket sends none for some minutes."""
    if seen.state is not ModelState.CHECKING:
        return seen
    refreshing.refresh(files.Place(seen.type, seen.name), seen.key, cloud)
    return record(seen.type, seen.name, cloud)


def _upload(request: UploadModel) -> Upload:
    return Upload(
        key=files.key(request.type, request.name),
        size=request.size,
        part_size=request.part_size or DEFAULT_PART_BYTES,
        sha256=request.sha256,
        started_at=now(),
    )


def _model(request: UploadModel, upload: Upload, seen: StoredModel | None) -> StoredModel:
    """The record of a model whose upload begins. One that is being replaced stays as it is until the file is whole."""
    if seen and seen.state is ModelState.FAILED:
        changes = {"state": ModelState.UPLOADING, "size": upload.size, "sha256": None, "upload": upload}
        return seen.model_copy(update=_BLANK | changes)
    if seen:
        return seen.model_copy(update={"upload": upload})
    return StoredModel(
        type=request.type,
        name=PurePosixPath(request.name).stem,
        key=upload.key,
        size=upload.size,
        updated_at=upload.started_at,
        created_at=upload.started_at,
        state=ModelState.UPLOADING,
        upload=upload,
    )


def _begun(model: StoredModel, upload: Upload, cloud: Cloud) -> ModelUpload:
    """The record comes before S3's upload: if its id is never recorded, the bucket's lifecycle throws it away."""
    upload = upload.model_copy(update={"id": cloud.multipart.begin(upload.key), "started_at": now()})
    model = _written(model.model_copy(update={"upload": upload}), model, cloud)
    return links.linked(model, upload, links.sizes(upload), cloud)


def _resumed(seen: StoredModel, upload: Upload, cloud: Cloud) -> ModelUpload:
    """S3 does not know an upload that was never begun, completed or thrown away: it begins anew, unless completed."""
    arrived = cloud.multipart.parts(upload.key, upload.id) if upload.id else None
    if arrived is not None:
        return links.linked(seen, upload, links.missing(upload, arrived), cloud)
    if _file_is_there(seen, upload, cloud):
        return links.linked(seen, upload, {}, cloud)
    return _begun(seen, upload, cloud)


def _make_file(seen: StoredModel, upload: Upload, cloud: Cloud) -> None:
    arrived = cloud.multipart.parts(upload.key, upload.id) if upload.id else None
    if upload.id and arrived is not None:
        missing = [*links.missing(upload, arrived)]
        if missing:
            named = ", ".join(map(str, missing[:20])) + (" ..." if len(missing) > 20 else "")
            detail = f"{len(missing)} of {len(links.sizes(upload))} parts are missing or not whole: {named}."
            raise Conflict(f"{detail} The same POST /models again has links for them.")
        cloud.multipart.complete(upload.key, upload.id, arrived)
    elif not _file_is_there(seen, upload, cloud):
        raise Conflict("The upload has expired, or never began. The same POST /models again begins it anew.")


def _file_is_there(seen: StoredModel, upload: Upload, cloud: Cloud) -> bool:
    """Whether the upload was completed, but its completion was stopped before it was recorded."""
    head = cloud.bucket.head(upload.key) if upload.id else None
    if not head or head["ContentLength"] != upload.size:
        return False
    if seen.key != upload.key or head["ETag"].strip('"') != seen.etag:
        return True
    return spell(head["LastModified"]) > spell(seen.updated_at)  # the same content once more


def _written(model: StoredModel, seen: StoredModel | None, cloud: Cloud) -> StoredModel:
    return _not_changed(cloud.models.write(model, seen))


def _not_changed(stored: StoredModel | None) -> StoredModel:
    """Raises Conflict if the record could not be written."""
    if not stored:
        raise Conflict("Another request or event changes this model at this moment; send the same again.")
    return stored


def _require_same(request: UploadModel, upload: Upload) -> None:
    """An upload can go on only as it was begun."""
    begun: dict[str, object] = {"name": PurePosixPath(upload.key).name, "size": upload.size}
    begun |= {"sha256": upload.sha256} if request.sha256 else {}
    begun |= {"part_size": upload.part_size} if request.part_size else {}
    for field, value in begun.items():
        if getattr(request, field) != value:
            detail = f"An upload of this model has begun with the {field} {value}: send the same, or DELETE it first."
            raise Conflict.about(field, detail)
