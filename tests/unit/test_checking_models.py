"""What a file's header tells, and which files can never be loaded."""

import json
from datetime import timedelta
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr

from lambdas.models import headers, metadata
from shared.cloud import Cloud
from shared.shapes import ModelType, now
from shared.tables.items import update
from tests.model_files import (
    CHECKPOINT,
    CONTROLNET,
    INVERSION,
    LORA,
    PICKLE,
    VAE,
    Shapes,
    lora,
    safetensors,
    with_header,
)
from tests.unit import bucket
from tests.unit.api import Api
from tests.unit.calls import stop_after
from tests.unit.checked import checked
from tests.unit.things import ORDER, add_endpoint, add_model

pytestmark = pytest.mark.usefixtures("swept")

FRAGMENT = "model.diffusion_model.attn2.to_k.weight"


@pytest.mark.parametrize(
    ("type", "shapes", "base"),
    [
        ("checkpoint", CHECKPOINT, "SD 1.x"),
        ("checkpoint", {FRAGMENT: [4, 32]}, "SD 1.x"),  # the demo's
        ("checkpoint", {FRAGMENT: [4, 1024]}, "SD 2.x"),
        ("checkpoint", {FRAGMENT: [4, 2048]}, "SDXL"),
        ("checkpoint", {FRAGMENT: [4, 555]}, None),
        ("controlnet", CONTROLNET, "SD 2.x"),
        ("lora", LORA, "SD 1.x"),
        ("lora", lora("lora_te1_text_model_encoder_layers_0_mlp_fc1", 768), "SDXL"),
        ("lora", lora("lora_te_text_model_encoder_layers_0_mlp_fc1", 1024), "SD 2.x"),
        ("lora", lora("lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k", 32), "SD 1.x"),  # the demo's
        ("lora", lora("lora_unet_mid_block_attentions_0_proj_in", 1280), None),
        ("textual_inversion", INVERSION, "SD 2.x"),
        ("textual_inversion", {"clip_l": [2, 768], "clip_g": [2, 1280]}, "SDXL"),
        ("vae", VAE, None),
        ("detector", {"conv1_1.weight": [4, 3]}, None),
    ],
)
def test_a_files_base_is_told_by_its_tensors(api: Api, type: str, shapes: Shapes, base: str | None) -> None:
    model = checked(api, type, safetensors(shapes))
    assert (model["state"], model["reason"], model["base"]) == ("active", None, base)
    assert (model["tensors"], model["dtype"]) == (len(shapes), "F16")


@pytest.mark.parametrize(
    ("type", "shapes", "said"),
    [
        ("checkpoint", LORA, "is a LoRA, not a checkpoint"),
        ("checkpoint", CONTROLNET, "is a ControlNet, not a checkpoint"),
        ("checkpoint", VAE, "is a VAE, not a checkpoint"),
        ("checkpoint", {"double_blocks.0.x": [4]}, "is a Flux model"),
        ("lora", CHECKPOINT, "is a checkpoint, not a LoRA"),
        ("vae", INVERSION, "is a textual inversion, not a VAE"),
        ("controlnet", LORA, "with the type lora"),
        ("hypernetwork", LORA, "is a LoRA, not a hypernetwork"),
        ("hypernetwork", {"768.0.linear.0.weight": [768, 768]}, "is no .pt file as the WebUI writes them"),
        ("vae", VAE | {"decoder.up_blocks.0.resnets.0.conv1.bias": [4]}, "is a VAE in diffusers' layout"),
    ],
)
def test_a_file_of_another_kind_fails_and_says_so(api: Api, type: str, shapes: Shapes, said: str) -> None:
    model = checked(api, type, safetensors(shapes))
    assert model["state"] == "failed"
    assert said in model["reason"]


WHOLE = safetensors(CHECKPOINT)
OVERSIZED = (headers.MOST_BYTES + 1).to_bytes(8, "little") + bytes(headers.MOST_BYTES + 10)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (WHOLE[:-1], f"it has {len(WHOLE) - 1} of {len(WHOLE)} bytes"),
        (WHOLE[:40], "truncated"),
        (WHOLE[:4], "no .safetensors file"),
        (b"", "no .safetensors file"),
        (WHOLE + b"x", "damaged"),
        (OVERSIZED, "header is of 16777217 bytes"),
        (b"<html>not found</html>", "no .safetensors file"),
        (PICKLE, "a pickle that is called .safetensors"),
        (with_header(b"{}"), "holds no tensors"),
        (with_header(b"[" * 100_000), "damaged"),
        (with_header(b'{"a": {"dtype": "F16", "shape": [1], "data_offsets": [2, 0]}}'), "damaged"),
        (with_header(b'{"a": {"dtype": "\\ud800!", "shape": [1], "data_offsets": [0, 2]}}', 2), "damaged"),
        (with_header(b'{"a": {"dtype": "F16", "shape": [1], "data_offsets": [0, 1e400]}}', 2), "damaged"),
        (with_header(b'{"__metadata__": 5, "a": 7}'), "damaged"),
        (with_header(b"[1, 2]"), "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_not_whole_and_sound_fails_with_the_reason(api: Api, content: bytes, said: str) -> None:
    model = checked(api, "checkpoint", content)
    assert model["state"] == "failed"
    assert said in model["reason"]


@pytest.mark.parametrize("type", ["checkpoint", "lora", "vae", "controlnet"])
@pytest.mark.parametrize("beginning", [b"PK\x03\x04", b"\x80\x02\x8a\n", b"\x80\x04\x95abcdef"])
def test_a_pickle_fails_where_it_need_be_none(api: Api, type: str, beginning: bytes) -> None:
    model = checked(api, type, beginning + bytes(100), "one.ckpt")
    assert model["state"] == "failed"
    assert "Convert it to .safetensors" in model["reason"]


@pytest.mark.parametrize(
    ("type", "file"), [("hypernetwork", "a.pt"), ("textual_inversion", "a.bin"), ("detector", "a.pth")]
)
def test_a_pickle_passes_where_it_is_one_by_nature(api: Api, type: str, file: str) -> None:
    model = checked(api, type, PICKLE, file)
    assert (model["state"], model["base"], model["tensors"]) == ("active", None, None)


def test_what_is_called_a_pickle_and_is_none_is_read(api: Api) -> None:
    assert checked(api, "vae", safetensors(VAE), "one.pt")["state"] == "active"


def test_most_of_a_file_is_never_read(api: Api, monkeypatch: pytest.MonkeyPatch, aws: Cloud) -> None:
    many = {f"first_stage_model.{number}": [100] for number in range(10_000)}
    content = safetensors(many | CHECKPOINT)
    asked: list[tuple[int, int]] = []
    really = aws.bucket.read

    def noted(key: str, start: int, most: int, etag: str) -> Any:
        asked.append((start, most))
        return really(key, start, most, etag)

    monkeypatch.setattr(aws.bucket, "read", noted)
    assert checked(api, "checkpoint", content)["state"] == "active"
    first, header = 512 * 2**10, 8 + int.from_bytes(content[:8], "little")
    assert asked == [(0, first), (first, header - first)]


def test_a_files_own_words_are_shown(api: Api) -> None:
    tags = {"10_dog": {"dog": 10, "grass": 3}, "5_cat": {"cat": 5, "grass": 4}}
    said = {
        "ss_tag_frequency": json.dumps(tags),
        "ss_resolution": "(512, 512)",
        "ss_output_name": "pets",
        "modelspec.trigger_phrase": "my pet, fluffy",
        "sshs_model_hash": "0123456789abcdef" * 4,
    }
    model = checked(api, "lora", safetensors(LORA, said))
    assert model["metadata"] == {
        "title": "pets",
        "resolution": "(512, 512)",
        "trigger_words": ["my pet", "fluffy", "dog", "grass", "cat"],
    }
    assert model["short_hash"] == "0123456789ab"


@pytest.mark.parametrize(
    "said",
    [
        {"ss_tag_frequency": "{"},
        {"ss_tag_frequency": "[" * 100_000},
        {"ss_tag_frequency": '{"a": {"b": 1e999}}'},
        {"ss_tag_frequency": '{"a": {"b": "many"}, "c": 5}'},
        {"ss_tag_frequency": json.dumps({"a": {f"{number:0200}": 1 for number in range(500)}})},
        {"ss_tag_frequency": '{"a": {"\\ud800": 1}}', "modelspec.title": "\ud800" * 500, "sshs_model_hash": "x"},
    ],
    ids=["broken", "deep", "infinite", "words", "many", "no text"],
)
def test_whatever_a_file_says_of_itself_fits_its_record(api: Api, said: dict[str, Any]) -> None:
    model = checked(api, "lora", safetensors(LORA, said))
    assert (model["state"], model["short_hash"]) == ("active", None)
    assert len(json.dumps(model["metadata"])) < metadata.MOST_BYTES + 1000


@pytest.mark.parametrize(("state", "said"), [("uploading", "is uploading"), ("checking", "is checking")])
def test_only_what_is_active_can_be_ordered(api: Api, aws: Cloud, state: str, said: str) -> None:
    add_endpoint(aws)
    add_model(aws, state=state)
    answer = api.post("/jobs", ORDER)
    assert (answer.status, answer.fields) == (422, ["checkpoint"])
    assert said in answer.body["detail"]


def test_what_has_failed_is_refused_with_its_reason(api: Api, aws: Cloud) -> None:
    add_endpoint(aws)
    checked(api, "checkpoint", safetensors(CHECKPOINT), "tiny.safetensors")
    checked(api, "lora", PICKLE, "bad.pt")
    answer = api.post("/jobs", ORDER | {"parameters": {"prompt": "a dog <lora:bad:1>"}})
    assert (answer.status, answer.fields) == (422, ["parameters.prompt"])
    assert "Convert it to .safetensors" in answer.body["detail"]


def test_a_file_that_is_put_anew_is_checked_anew_and_keeps_its_age(api: Api, aws: Cloud) -> None:
    first = checked(api, "lora", PICKLE)
    used = {"last_used_at": "2026-10-01T09:30:00.000Z"}
    update(aws.dynamodb, "models", aws.models.address(ModelType.LORA, "one").key, used, when=Attr("id").exists())
    second = checked(api, "lora", safetensors(LORA))
    assert (first["state"], second["state"]) == ("failed", "active")
    assert (second["reason"], second["created_at"]) == (None, first["created_at"])
    assert second["last_used_at"] == used["last_used_at"]


def test_what_was_checked_is_not_checked_again(api: Api, monkeypatch: pytest.MonkeyPatch, aws: Cloud) -> None:
    checked(api, "lora", safetensors(LORA))
    monkeypatch.setattr(aws.bucket, "read", None)
    bucket.tell("models/lora/one.safetensors")


def test_a_file_that_is_replaced_while_it_is_checked_is_checked_again(
    api: Api, monkeypatch: pytest.MonkeyPatch, aws: Cloud
) -> None:
    key = "models/lora/one.safetensors"
    really = aws.bucket.read
    asked: list[Any] = []

    def replaced(*request: Any) -> Any:
        if not asked:
            bucket.put(key, safetensors(LORA))
        asked.append(request)
        return really(*request)

    monkeypatch.setattr(aws.bucket, "read", replaced)
    assert checked(api, "lora", PICKLE)["state"] == "active"


def test_an_older_file_of_the_same_stem_does_not_take_its_place(api: Api, aws: Cloud) -> None:
    standing = "models/lora/one.safetensors"
    bucket.put(standing)
    add_model(aws, "one", ModelType.LORA, updated_at=now() + timedelta(minutes=1))
    assert checked(api, "lora", PICKLE, "one.pt")["key"] == standing
    bucket.delete(standing)
    assert checked(api, "lora", PICKLE, "one.pt")["key"] == "models/lora/one.pt"


@pytest.mark.parametrize("calls", range(4))
def test_a_check_that_is_stopped_halfway_is_made_by_the_next_event(api: Api, calls: int) -> None:
    key = "models/lora/one.safetensors"
    bucket.put(key, safetensors(LORA))
    stop_after(calls, lambda: bucket.tell(key))
    bucket.tell(key)
    assert api.get("/models/lora/one").body["state"] == "active"
