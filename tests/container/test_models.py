"""A model that is in memory is not read from disk or network again."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from safetensors.torch import load_file, save_file

from container import loading
from container.failures import Failure
from container.files import File, Files
from container.memory import Memory
from container.models import Models, OnRange
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
    """An `on_range` for files whose arrival does not matter."""


def read(file: File) -> list[bytes]:
    return [file.path.read_bytes()]


def test_a_checkpoint_is_named_with_the_hash_of_its_file(shelf: Shelf) -> None:
    pipeline = shelf.models.pipeline(shelf.tiny, nothing)
    assert isinstance(pipeline, Pipeline)
    assert pipeline.named.name == "tiny"
    assert len(bytes.fromhex(pipeline.named.sha256)) == 32


def test_several_stay_in_memory(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (shelf.models.pipeline(each, nothing) for each in (shelf.tiny, shelf.other))
    lora = shelf.models.network(shelf.inked, read, nothing, "tiny")
    monkeypatch.delattr(Files, "fetch")
    assert shelf.models.pipeline(shelf.tiny, nothing) is first
    assert shelf.models.pipeline(shelf.other, nothing) is second
    assert shelf.models.network(shelf.inked, read, nothing, "tiny") is lora


def test_a_network_is_loaded_for_each_architecture(shelf: Shelf) -> None:
    for_one, for_another = (shelf.models.network(shelf.inked, read, nothing, kind) for kind in ("tiny", "tiny_xl"))
    assert for_one == for_another
    assert for_one is not for_another


def test_a_file_that_was_replaced_is_loaded_anew(shelf: Shelf, aws: Aws, tmp_path: Path) -> None:
    before = shelf.models.network(shelf.inked, read, nothing, "tiny")
    (tmp_path / "inked.safetensors").write_bytes(b"another")
    replaced = upload(aws.s3, ModelType.LORA, tmp_path / "inked.safetensors")
    assert shelf.models.network(replaced, read, nothing, "tiny") == [b"another"]
    assert before == [b"a LoRA"]


def test_what_could_not_be_loaded_is_tried_again(shelf: Shelf) -> None:
    def fail(_: File) -> list[bytes]:
        raise Failure("broken")

    with pytest.raises(Failure, match="broken"):
        shelf.models.network(shelf.inked, fail, nothing, "tiny")
    assert shelf.models.network(shelf.inked, read, nothing, "tiny") == [b"a LoRA"]


def test_the_order_under_way_can_be_stopped_while_a_file_arrives(shelf: Shelf) -> None:
    def stop() -> None:
        raise KeyError("cancelled")

    with pytest.raises(KeyError, match="cancelled"):
        shelf.models.pipeline(shelf.tiny, stop)


def test_a_new_order_may_push_out_what_the_last_one_used(shelf: Shelf, aws: Aws, tmp_path: Path) -> None:
    files = Files(aws.s3, "bucket", tmp_path / "small", PLENTY)
    room_for_one = Models(files, Memory(shelf.models.pipeline(shelf.tiny, nothing).model.size_in_memory + 100))
    first = room_for_one.pipeline(shelf.tiny, nothing)
    room_for_one.network(shelf.inked, read, nothing, "tiny")
    assert room_for_one.pipeline(shelf.tiny, nothing) is first
    room_for_one.pipeline(shelf.other, nothing)
    assert room_for_one.pipeline(shelf.tiny, nothing) is not first


def loads(models: Models, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read from here on."""
    loaded: list[str] = []
    fetch = Files.fetch

    def fetched(files: Files, model: Model, on_range: OnRange) -> File:
        loaded.append(model.name)
        return fetch(files, model, on_range)

    monkeypatch.setattr(Files, "fetch", fetched)
    return loaded


def test_checkpoints_that_fit_together_stay_however_much_their_files_hold_beside(
    aws: Aws, checkpoints: dict[Base, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn_with = load_file(checkpoints[Base.SD1])
    mean = {f"model_ema.{name}": tensor.float() for name, tensor in drawn_with.items()}
    save_file(drawn_with | mean, tmp_path / "whole.safetensors")
    one, two = (upload(aws.s3, ModelType.CHECKPOINT, tmp_path / "whole.safetensors") for _ in range(2))
    two = two.model_copy(update={"name": "two"})
    size = loading.load(checkpoints[Base.SD1]).size_in_memory
    models = Models(Files(aws.s3, "bucket", tmp_path / "disk", PLENTY), Memory(2 * size + 100))
    loaded = loads(models, monkeypatch)
    for model in (one, two) * 3:
        models.pipeline(model, nothing)
    assert loaded == ["whole", "two"]


def test_a_network_counts_as_large_as_what_is_made_of_it(
    shelf: Shelf, aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_file({"a": torch.zeros(100, dtype=torch.float64)}, tmp_path / "large.safetensors")
    large = upload(aws.s3, ModelType.CONTROLNET, tmp_path / "large.safetensors")
    size = shelf.models.pipeline(shelf.tiny, nothing).model.size_in_memory
    models = Models(Files(aws.s3, "bucket", tmp_path / "disk", PLENTY), Memory(size + 400))
    models.pipeline(shelf.tiny, nothing)
    models.pipeline(shelf.tiny, nothing)
    loaded = loads(models, monkeypatch)
    models._memory.start_order()
    models.network(large, read, nothing, "tiny", lambda _: 400)
    models.pipeline(shelf.tiny, nothing)
    assert loaded == ["large"]


@pytest.mark.parametrize("kept", [True, False])
def test_a_file_that_is_not_its_uploaders_is_refused(shelf: Shelf, kept: bool) -> None:
    sha256 = hashlib.sha256(b"a LoRA" if kept else b"another").hexdigest()
    model = shelf.inked.model_copy(update={"sha256": sha256})
    if kept:
        assert shelf.models.network(model, read, nothing, "tiny") == [b"a LoRA"]
    else:
        with pytest.raises(Failure, match="The lora 'inked' is not the file that its uploader has"):
            shelf.models.network(model, read, nothing, "tiny")
