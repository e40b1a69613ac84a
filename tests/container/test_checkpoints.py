from pathlib import Path

from container.checkpoints import Checkpoints
from container.files import Files
from shared.shapes import Model
from tests.container.aws import MODEL, Aws


def upload(aws: Aws, checkpoint: Path) -> Model:
    etag = aws.s3.put_object(Bucket="bucket", Key=MODEL.key, Body=checkpoint.read_bytes())["ETag"].strip('"')
    return MODEL.model_copy(update={"etag": etag})


def test_a_checkpoint_is_loaded_from_the_bucket_with_its_hash(aws: Aws, checkpoint: Path, tmp_path: Path) -> None:
    pipeline = Checkpoints(Files(aws.s3, "bucket", tmp_path)).load(upload(aws, checkpoint))
    assert pipeline.name == "tiny"
    assert len(pipeline.sha256) == 64


def test_the_one_that_was_drawn_with_last_stays_in_memory(aws: Aws, checkpoint: Path, tmp_path: Path) -> None:
    checkpoints = Checkpoints(Files(aws.s3, "bucket", tmp_path))
    model = upload(aws, checkpoint)
    assert checkpoints.load(model) is checkpoints.load(model)


def test_the_same_content_under_another_name_is_named_so_in_infotexts(
    aws: Aws, checkpoint: Path, tmp_path: Path
) -> None:
    checkpoints = Checkpoints(Files(aws.s3, "bucket", tmp_path))
    model = upload(aws, checkpoint)
    checkpoints.load(model)
    assert checkpoints.load(model.model_copy(update={"name": "copy"})).name == "copy"
