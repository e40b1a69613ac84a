"""What is in memory touches neither the disk nor the network."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import pytest

from container.failures import Failure
from container.files import File, Files
from container.memory import Memory
from container.models import Models
from container.pipeline import Pipeline
from shared.contents import Base
from shared.shapes import Model, ModelType
from tests.container.aws import Aws, upload

PLENTY = 2**40


class Shelf(NamedTuple):
    """Two checkpoints and a LoRA in the bucket."""

    models: Models
    tiny: Model
    other: Model
    inked: Model


@pytest.fixture
def shelf(aws: Aws, checkpoints: dict[Base, Path], tmp_path: Path) -> Shelf:
    inked = tmp_path / "inked.safetensors"
    inked.write_bytes(b"a LoRA")
    return Shelf(
        Models(Files(aws.s3, "bucket", tmp_path / "models", PLENTY), Memory(PLENTY)),
        upload(aws.s3, ModelType.CHECKPOINT, checkpoints[Base.SD1]),
        upload(aws.s3, ModelType.CHECKPOINT, checkpoints[Base.SDXL]),
        upload(aws.s3, ModelType.LORA, inked),
    )


def nothing() -> None:
    """For files whose coming nobody follows."""


def read(file: File) -> list[bytes]:
    return [file.path.read_bytes()]


def test_a_checkpoint_is_named_with_the_hash_of_its_file(shelf: Shelf) -> None:
    pipeline = shelf.models.pipeline(shelf.tiny, nothing)
    assert isinstance(pipeline, Pipeline)
    assert pipeline.named.name == "tiny"
    assert len(bytes.fromhex(pipeline.named.sha256)) == 32


def test_several_stay_in_memory(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (shelf.models.pipeline(each, nothing) for each in (shelf.tiny, shelf.other))
    lora = shelf.models.network(shelf.inked, read, nothing, Base.SD1)
    monkeypatch.delattr(Files, "fetch")
    assert shelf.models.pipeline(shelf.tiny, nothing) is first
    assert shelf.models.pipeline(shelf.other, nothing) is second
    assert shelf.models.network(shelf.inked, read, nothing, Base.SD1) is lora


def test_a_network_is_loaded_for_each_base(shelf: Shelf) -> None:
    for_one, for_another = (shelf.models.network(shelf.inked, read, nothing, base) for base in (Base.SD1, Base.SDXL))
    assert for_one == for_another
    assert for_one is not for_another


def test_a_file_that_was_replaced_is_loaded_anew(shelf: Shelf, aws: Aws, tmp_path: Path) -> None:
    before = shelf.models.network(shelf.inked, read, nothing, Base.SD1)
    (tmp_path / "inked.safetensors").write_bytes(b"another")
    replaced = upload(aws.s3, ModelType.LORA, tmp_path / "inked.safetensors")
    assert shelf.models.network(replaced, read, nothing, Base.SD1) == [b"another"]
    assert before == [b"a LoRA"]


def test_what_could_not_be_loaded_is_tried_again(shelf: Shelf) -> None:
    def fail(_: File) -> list[bytes]:
        raise Failure("broken")

    with pytest.raises(Failure, match="broken"):
        shelf.models.network(shelf.inked, fail, nothing, Base.SD1)
    assert shelf.models.network(shelf.inked, read, nothing, Base.SD1) == [b"a LoRA"]


def test_the_order_under_way_can_be_stopped_while_a_file_arrives(shelf: Shelf) -> None:
    def stop() -> None:
        raise KeyError("cancelled")

    with pytest.raises(KeyError, match="cancelled"):
        shelf.models.pipeline(shelf.tiny, stop)


def test_a_new_order_may_push_out_what_the_last_one_used(shelf: Shelf, aws: Aws, tmp_path: Path) -> None:
    files = Files(aws.s3, "bucket", tmp_path / "small", PLENTY)
    room_for_one = Models(files, Memory(shelf.models.pipeline(shelf.tiny, nothing).model.size_in_memory + 100))
    first = room_for_one.pipeline(shelf.tiny, nothing)
    room_for_one.network(shelf.inked, read, nothing, Base.SD1)
    assert room_for_one.pipeline(shelf.tiny, nothing) is first
    room_for_one.pipeline(shelf.other, nothing)
    assert room_for_one.pipeline(shelf.tiny, nothing) is not first


@pytest.mark.parametrize("kept", [True, False])
def test_a_file_that_is_not_its_uploaders_is_refused(shelf: Shelf, kept: bool) -> None:
    sha256 = hashlib.sha256(b"a LoRA" if kept else b"another").hexdigest()
    model = shelf.inked.model_copy(update={"sha256": sha256})
    if kept:
        assert shelf.models.network(model, read, nothing, Base.SD1) == [b"a LoRA"]
    else:
        with pytest.raises(Failure, match="The lora 'inked' is not the file that its uploader has"):
            shelf.models.network(model, read, nothing, Base.SD1)
