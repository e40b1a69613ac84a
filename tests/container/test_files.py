from pathlib import Path

import pytest

from container.files import Files, MissingFile
from shared.shapes import Model
from tests.container.aws import MODEL, Aws

HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def put(aws: Aws, body: bytes) -> Model:
    etag = aws.s3.put_object(Bucket="bucket", Key=MODEL.key, Body=body)["ETag"].strip('"')
    return MODEL.model_copy(update={"etag": etag})


def test_a_file_is_fetched_with_its_digest(aws: Aws, tmp_path: Path) -> None:
    file = Files(aws.s3, "bucket", tmp_path / "models").fetch(put(aws, b"hello"))
    assert (file.path.read_bytes(), file.sha256) == (b"hello", HELLO)


def test_a_file_on_the_disk_is_not_fetched_again(aws: Aws, tmp_path: Path) -> None:
    model = put(aws, b"hello")
    first = Files(aws.s3, "bucket", tmp_path).fetch(model)
    aws.s3.delete_object(Bucket="bucket", Key=model.key)
    assert Files(aws.s3, "bucket", tmp_path).fetch(model) == first


def test_a_file_that_was_replaced_is_not_taken_for_the_one_ordered(aws: Aws, tmp_path: Path) -> None:
    ordered = put(aws, b"hello")
    put(aws, b"another")
    with pytest.raises(MissingFile, match="'tiny' was removed or replaced"):
        Files(aws.s3, "bucket", tmp_path).fetch(ordered)


def test_a_file_that_is_gone_says_so(aws: Aws, tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="order it again"):
        Files(aws.s3, "bucket", tmp_path).fetch(MODEL)


def test_a_half_fetched_file_is_fetched_anew(aws: Aws, tmp_path: Path) -> None:
    model = put(aws, b"hello")
    (tmp_path / f"{model.etag}.part").write_bytes(b"he")
    (tmp_path / f"{model.etag}.safetensors").write_bytes(b"he")
    assert Files(aws.s3, "bucket", tmp_path).fetch(model).path.read_bytes() == b"hello"
