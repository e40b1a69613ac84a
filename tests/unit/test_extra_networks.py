"""Models besides the checkpoint, wherever an order names them."""

import json
from typing import Any

import pytest

from shared.cloud import Cloud
from shared.shapes import ModelType
from tests.unit.api import Answer, Api
from tests.unit.calls import AwsCalls
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import ORDER, add_endpoint, add_model, picture

MODELS = {
    ModelType.LORA: ("Pixel Art", "smile"),
    ModelType.HYPERNETWORK: ("anime",),
    ModelType.TEXTUAL_INVERSION: ("easynegative",),
    ModelType.VAE: ("vae-ft-mse", "blessed"),
    ModelType.CONTROLNET: ("control_openpose",),
    ModelType.DETECTOR: ("body_pose_model",),
}


@pytest.fixture(autouse=True)
def _something_to_order(aws: Cloud) -> None:
    add_endpoint(aws)
    add_model(aws)
    for type, names in MODELS.items():
        for name in names:
            add_model(aws, name, type)


def submit(api: Api, listed: dict[str, Any] | None = None, **parameters: Any) -> Answer:
    return api.post("/jobs", ORDER | {"extra_networks": listed or {}, "parameters": parameters})


def sent(sagemaker: FakeSageMaker) -> set[tuple[str, str]]:
    """Type and name of each network that the container is sent, each once."""
    ((_, order),) = sagemaker.orders
    found = [(each["type"], each["name"]) for each in json.loads(order)["networks"]]
    assert len(set(found)) == len(found)
    return set(found)


def unit(model: str, **fields: Any) -> dict[str, Any]:
    return {"controlnet": {"args": [{"enabled": True, "model": model, "image": picture(), **fields}]}}


def test_every_model_that_is_named_anywhere_goes_to_the_container(api: Api, sagemaker: FakeSageMaker) -> None:
    answer = submit(
        api,
        {"textual_inversion": ["EasyNegative"], "lora": ["smile.safetensors"], "detector": ["body_pose_model"]},
        prompt="a dog <lora:pixel art:0.8> <lora:smile:1> <hypernet:anime:1>",
        negative_prompt="easynegative",
        override_settings={"sd_vae": "VAE-ft-mse.safetensors"},
        alwayson_scripts=unit("control_openpose [cab727d4]", module="openpose"),
    )
    assert (answer.status, answer.body["warnings"]) == (202, [])
    assert sent(sagemaker) == {
        ("lora", "Pixel Art"),
        ("lora", "smile"),
        ("hypernetwork", "anime"),
        ("textual_inversion", "easynegative"),
        ("vae", "vae-ft-mse"),
        ("controlnet", "control_openpose"),
        ("detector", "body_pose_model"),
    }


def test_they_are_all_looked_up_by_one_aws_call(api: Api, aws_calls: AwsCalls) -> None:
    submit(api, {"lora": ["smile"], "vae": ["blessed"]}, prompt="<lora:smile:1> <hypernet:anime:1> <lora:Pixel Art:1>")
    assert aws_calls == ["BatchGetItem", "PutItem", "InvokeEndpointAsync"]


def test_the_job_shows_what_was_listed(api: Api) -> None:
    job = submit(api, {"lora": ["smile"]}, prompt="<lora:smile:1>").body
    assert job["extra_networks"]["lora"] == ["smile"]
    assert api.get(f"/jobs/{job['id']}").body["extra_networks"] == job["extra_networks"]


def test_the_second_passes_prompts_name_networks_too(api: Api, sagemaker: FakeSageMaker) -> None:
    submit(api, prompt="a dog", enable_hr=True, hr_prompt="a dog <lora:smile:1>")
    assert sent(sagemaker) == {("lora", "smile")}


def test_prompts_of_a_second_pass_that_is_switched_off_name_nothing(api: Api, sagemaker: FakeSageMaker) -> None:
    assert submit(api, prompt="a dog", hr_prompt="a dog <lora:unknown:1>").status == 202
    assert sent(sagemaker) == set()


def test_networks_that_are_disabled_are_not_looked_for(api: Api, sagemaker: FakeSageMaker) -> None:
    answer = submit(api, {"lora": ["smile"]}, prompt="<lora:unknown:1>", disable_extra_networks=True)
    assert (answer.status, answer.body["warnings"]) == (202, [])
    assert sent(sagemaker) == {("lora", "smile")}


@pytest.mark.parametrize(
    ("listed", "parameters", "field", "meant"),
    [
        ({}, {"prompt": "a dog <lora:smyle:1>"}, "parameters.prompt", "'smile'"),
        ({}, {"prompt": "<hypernet:amine:1>"}, "parameters.prompt", "'anime'"),
        ({}, {"enable_hr": True, "hr_prompt": "<lora:smyle:1>"}, "parameters.hr_prompt", "'smile'"),
        ({"lora": ["smile", "smyle"]}, {"prompt": "<lora:smile:1>"}, "extra_networks.lora.1", "'smile'"),
        ({"vae": ["blesed"]}, {}, "extra_networks.vae.0", "'blessed'"),
        ({"detector": ["body_pose"]}, {}, "extra_networks.detector.0", "'body_pose_model'"),
        ({}, {"override_settings": {"sd_vae": "blesed"}}, "parameters.override_settings.sd_vae", "'blessed'"),
    ],
)
def test_an_unknown_one_is_refused_by_its_field_with_the_nearest_names(
    api: Api, sagemaker: FakeSageMaker, listed: dict[str, Any], parameters: dict[str, Any], field: str, meant: str
) -> None:
    answer = submit(api, listed, **parameters)
    assert (answer.status, answer.fields) == (422, [field])
    assert f"Did you mean {meant}" in answer.body["detail"]
    assert not sagemaker.orders


def test_what_a_negative_prompt_names_takes_no_part_and_is_warned_of(api: Api, sagemaker: FakeSageMaker) -> None:
    answer = submit(api, prompt="a dog", negative_prompt="<lora:unknown:1>")
    assert answer.status == 202
    assert "negative_prompt" in answer.body["warnings"][0]
    assert sent(sagemaker) == set()


@pytest.mark.parametrize("arguments", ["1:1:4", "1:dyn=4"])
def test_a_rank_that_a_tag_asks_for_is_warned_of(api: Api, arguments: str) -> None:
    (warning,) = submit(api, prompt=f"a dog <lora:smile:{arguments}>").body["warnings"]
    assert warning.startswith("'dyn' of 'smile'")


@pytest.mark.parametrize("tag", ["<wildcard:animals>", "<Ünlü:1:2>", "<a:<lora:unknown:1>"])
def test_a_tag_of_an_unknown_kind_is_left_out_and_warned_of_by_its_own_words(
    api: Api, sagemaker: FakeSageMaker, tag: str
) -> None:
    (warning,) = submit(api, prompt=f"a dog {tag} <lora:smile:1> {tag}").body["warnings"]
    assert warning.startswith(f"{tag!r} is left out")
    assert sent(sagemaker) == {("lora", "smile")}


@pytest.mark.parametrize("text", ["a <3", "<b>bold</b>", "<a :b>", "<:b>", "a dog: <>"])
def test_what_only_looks_like_a_tag_is_text(api: Api, text: str) -> None:
    assert submit(api, prompt=text).body["warnings"] == []


def test_a_tag_of_an_unknown_kind_counts_only_where_tags_are_read(api: Api) -> None:
    tag = "<wildcard:animals>"
    assert submit(api, prompt="a dog", negative_prompt=tag, hr_prompt=tag).body["warnings"] == []
    assert submit(api, prompt=tag, disable_extra_networks=True).body["warnings"] == []
    (warning,) = submit(api, prompt="a dog <a:", enable_hr=True, hr_prompt=tag).body["warnings"]
    assert warning.startswith(f"{tag!r} is left out")


def test_what_stands_behind_a_number_sign_is_no_part_of_a_prompt(api: Api, sagemaker: FakeSageMaker) -> None:
    asked = "a dog # and <lora:unknown:1>\n# <lora:other:1>\nat night"
    assert submit(api, prompt=asked).body["parameters"]["prompt"] == "a dog \nat night"
    assert sent(sagemaker) == set()


@pytest.mark.parametrize(
    ("unit", "field", "way_out"),
    [
        ({"image": picture()}, "model", "GET /models?type=controlnet"),
        ({"model": "control_openpose"}, "image", "send one, or keypoints"),
        (
            {"model": "control_openpose", "image": picture(), "module": "openpose"},
            "module",
            "keypoints, or a drawn pose",
        ),
    ],
)
def test_a_unit_without_what_it_needs_is_refused_by_its_field(
    api: Api, aws: Cloud, unit: dict[str, Any], field: str, way_out: str
) -> None:
    detector = aws.models.get(ModelType.DETECTOR, "body_pose_model")
    assert detector
    aws.models.forget(detector)
    answer = submit(api, alwayson_scripts={"controlnet": {"args": [{"enabled": True, **unit}]}})
    assert (answer.status, answer.fields) == (422, [f"parameters.alwayson_scripts.controlnet.args.0.{field}"])
    assert way_out in answer.body["detail"]


def test_openposes_own_detector_needs_no_mention(api: Api, sagemaker: FakeSageMaker) -> None:
    assert submit(api, alwayson_scripts=unit("control_openpose", module="openpose")).status == 202
    assert ("detector", "body_pose_model") in sent(sagemaker)


def test_in_img2img_the_picture_that_is_drawn_over_may_guide(api: Api) -> None:
    units = {"controlnet": {"args": [{"enabled": True, "model": "control_openpose"}]}}
    order = {"task": "img2img", "parameters": {"init_images": [picture()], "alwayson_scripts": units}}
    assert api.post("/jobs", ORDER | order).status == 202


def test_a_network_of_another_type_is_not_meant(api: Api) -> None:
    assert submit(api, prompt="<lora:anime:1>").fields == ["parameters.prompt"]


def test_an_unknown_type_is_refused_with_what_was_meant(api: Api) -> None:
    answer = submit(api, {"loras": ["smile"]})
    assert (answer.status, answer.fields) == (422, ["extra_networks.loras"])
    assert "Did you mean 'lora'" in answer.body["detail"]


@pytest.mark.parametrize("names", [["smile"] * 51, ["x" * 200] * 11])
def test_more_than_a_record_holds_are_refused(api: Api, names: list[str]) -> None:
    answer = submit(api, {"lora": names})
    assert (answer.status, answer.fields) == (422, ["extra_networks"])


def test_more_than_one_call_looks_up_are_refused(api: Api) -> None:
    answer = submit(api, prompt=" ".join(f"<lora:n{number}:1>" for number in range(98)))
    assert (answer.status, answer.fields) == (422, ["parameters.prompt"])
    assert "98 models" in answer.body["detail"]


def test_as_many_as_one_call_looks_up_are_looked_up(api: Api) -> None:
    order = ORDER | {"parameters": {"prompt": " ".join(f"<lora:n{number}:1>" for number in range(97))}}
    answer = api.post("/jobs", order, **{"Idempotency-Key": "k1"})
    assert "There is no lora 'n0'" in answer.body["detail"]


@pytest.mark.parametrize(
    ("listed", "way_out"),
    [
        ({"lora": ["smile"]}, "<lora:smile:1>"),
        ({"hypernetwork": ["anime"]}, "<hypernet:anime:1>"),
        ({"textual_inversion": ["EasyNegative.pt"]}, "'easynegative'"),
    ],
)
def test_one_that_is_listed_and_that_no_prompt_names_is_warned_of(
    api: Api, listed: dict[str, Any], way_out: str
) -> None:
    (warning,) = submit(api, listed, prompt="a dog <lora:Pixel Art:1>").body["warnings"]
    assert "is not named in the prompt" in warning
    assert way_out in warning


def test_a_textual_inversion_is_named_in_any_case(api: Api) -> None:
    assert submit(api, {"textual_inversion": ["easynegative"]}, prompt="(EasyNegative:1.2)").body["warnings"] == []


def vae(answer: Answer) -> str | None:
    settings: dict[str, str | None] = answer.body["parameters"]["override_settings"]
    return settings["sd_vae"]


@pytest.mark.parametrize("none", ["Automatic", "None", "automatic", "", None])
def test_no_vae_is_the_checkpoints_own(api: Api, sagemaker: FakeSageMaker, none: str | None) -> None:
    assert vae(submit(api, override_settings={"sd_vae": none})) is None
    assert sent(sagemaker) == set()


def test_the_vae_that_is_set_is_known_by_its_stem(api: Api) -> None:
    assert vae(submit(api, override_settings={"sd_vae": "Blessed.safetensors"})) == "blessed"


@pytest.mark.parametrize("settings", [{}, {"sd_vae": "Automatic"}])
def test_a_vae_that_is_listed_is_drawn_with(api: Api, settings: dict[str, Any]) -> None:
    assert vae(submit(api, {"vae": ["Blessed"]}, override_settings=settings)) == "blessed"


def test_the_vae_that_is_set_wins_over_those_listed(api: Api) -> None:
    answer = submit(api, {"vae": ["blessed", "vae-ft-mse"]}, override_settings={"sd_vae": "vae-ft-mse"})
    assert vae(answer) == "vae-ft-mse"


def test_two_vaes_to_choose_from_are_refused(api: Api) -> None:
    answer = submit(api, {"vae": ["blessed", "vae-ft-mse"]})
    assert (answer.status, answer.fields) == (422, ["extra_networks.vae"])
    assert "sd_vae" in answer.body["detail"]
