import pytest

from shared.cloud import Cloud
from shared.shapes import MOST_NAME, ModelType
from shared.tables.items import to_item
from tests.unit.api import Api
from tests.unit.bucket import delete, put, tell
from tests.unit.calls import AwsCalls
from tests.unit.things import add_model


def names(api: Api) -> list[str]:
    return [model["name"] for model in api.get("/models").body["models"]]


def test_a_file_put_into_the_bucket_appears_as_a_model(api: Api) -> None:
    put("models/lora/Pixel Art.safetensors", b"12345")
    tell("models/lora/Pixel Art.safetensors")
    (model,) = api.get("/models").body["models"]
    assert (model["type"], model["name"], model["size"]) == ("lora", "Pixel Art", 5)
    delete("models/lora/Pixel Art.safetensors")


@pytest.mark.parametrize("file", ["one.safetensors", "One.CKPT", "one.pt.safetensors", "one.vae.pt"])
def test_a_file_taken_out_of_the_bucket_disappears(api: Api, file: str) -> None:
    put(f"models/vae/{file}")
    tell(f"models/vae/{file}")
    assert len(names(api)) == 1
    delete(f"models/vae/{file}")
    tell(f"models/vae/{file}")
    assert names(api) == []


@pytest.mark.parametrize("beside", ["one.yaml", "one.png", "one.preview.png", "one.civitai.info", "one"])
def test_what_lies_beside_a_model_does_not_take_its_place(api: Api, beside: str) -> None:
    for key in ("models/vae/one.safetensors", f"models/vae/{beside}"):
        put(key)
        tell(key)
    (model,) = api.get("/models").body["models"]
    assert model["key"] == "models/vae/one.safetensors"
    for key in ("models/vae/one.safetensors", f"models/vae/{beside}"):
        delete(key)


def test_events_that_come_in_the_wrong_order_leave_what_is_there(api: Api) -> None:
    """Removed and put again, but told the other way round: the last event speaks of the removal."""
    put("models/vae/one.safetensors")
    tell("models/vae/one.safetensors")
    tell("models/vae/one.safetensors")
    assert names(api) == ["one"]
    delete("models/vae/one.safetensors")


def test_removing_one_file_of_a_stem_keeps_the_other(api: Api) -> None:
    put("models/vae/one.safetensors")
    tell("models/vae/one.ckpt")  # never was there, or is gone
    tell("models/vae/one.safetensors")
    tell("models/vae/one.ckpt")
    assert names(api) == ["one"]
    delete("models/vae/one.safetensors")


@pytest.mark.parametrize("key", ["models/lora/", "models/pictures/x.png", "models/x", "models/lora/folder/x.pt"])
def test_what_is_no_model_is_passed_over(api: Api, key: str) -> None:
    put(key)
    tell(key)
    assert names(api) == []
    delete(key)


def test_models_are_listed_by_type_and_name(api: Api, aws: Cloud) -> None:
    add_model(aws, "b", ModelType.LORA)
    add_model(aws, "a", ModelType.LORA)
    add_model(aws, "c", ModelType.CHECKPOINT)
    assert names(api) == ["c", "a", "b"]
    assert [model["name"] for model in api.get("/models", type="lora").body["models"]] == ["a", "b"]


def test_a_list_takes_one_aws_call(api: Api, aws_calls: AwsCalls) -> None:
    api.get("/models", type="lora")
    assert aws_calls == ["Query"]


def test_models_are_paged_without_gaps_or_doubles(api: Api, aws: Cloud) -> None:
    for name in "abcde":
        add_model(aws, name)
    first = api.get("/models", limit="3", type="checkpoint").body
    second = api.get("/models", limit="3", type="checkpoint", cursor=first["next_cursor"]).body
    assert [model["name"] for model in first["models"] + second["models"]] == list("abcde")
    assert second["next_cursor"] is None


def test_a_list_goes_on_behind_the_longest_name(api: Api, aws: Cloud) -> None:
    longest = "\u6c34" * MOST_NAME
    for name in ("a", longest, f"{longest[1:]}\u6c35"):
        add_model(aws, name)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get("/models", limit="1", **({"cursor": cursor} if cursor else {})).body
        seen += [each["name"] for each in page["models"]]
        cursor = page["next_cursor"]
    assert len(seen) == 3


def test_a_cursor_of_another_list_is_refused(api: Api, aws: Cloud) -> None:
    add_model(aws, "a", ModelType.LORA)
    add_model(aws, "b", ModelType.LORA)
    cursor = api.get("/models", limit="1", type="lora").body["next_cursor"]
    assert api.get("/models", type="vae", cursor=cursor).status == 400


def test_an_unknown_type_is_refused_with_those_there_are(api: Api) -> None:
    answer = api.get("/models", type="picture")
    assert (answer.status, answer.fields) == (422, ["type"])
    assert "'hypernetwork'" in answer.body["detail"]


def test_models_are_found_by_the_beginning_of_their_names_in_any_case(api: Api, aws: Cloud) -> None:
    for type in (ModelType.LORA, ModelType.CHECKPOINT):
        for name in ("Pixel Art", "pixels", "smile"):
            add_model(aws, name, type)
    found = [(each["type"], each["name"]) for each in api.get("/models", name="PIX").body["models"]]
    assert found == [(type, name) for type in ("checkpoint", "lora") for name in ("Pixel Art", "pixels")]
    assert [each["name"] for each in api.get("/models", name="pixel ", type="lora").body["models"]] == ["Pixel Art"]


def test_models_are_found_by_their_base(api: Api, aws: Cloud, aws_calls: AwsCalls) -> None:
    add_model(aws, "one", base="SDXL")
    add_model(aws, "two", base="SD 1.x")
    add_model(aws, "three")
    del aws_calls[:]
    assert [each["name"] for each in api.get("/models", base="SDXL", name="o").body["models"]] == ["one"]
    assert aws_calls == ["Query"]
    assert api.get("/models", base="SD 3").fields == ["base"]


def test_pages_of_many_models_have_each_once(api: Api, aws: Cloud) -> None:
    for number in range(45):
        add_model(aws, f"{number:04}", ModelType.LORA)
    listed: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get("/models", type="lora", limit="20", **({"cursor": cursor} if cursor else {})).body
        listed += [each["name"] for each in page["models"]]
        cursor = page["next_cursor"]
    assert listed == [f"{number:04}" for number in range(45)]


def test_a_model_is_read_by_any_of_its_names_in_one_call(api: Api, aws: Cloud, aws_calls: AwsCalls) -> None:
    add_model(aws, "Pixel Art", ModelType.LORA)
    del aws_calls[:]
    for name in ("Pixel Art", "pixel art.safetensors", "pixel%20art"):  # API Gateway does not decode it
        assert api.get(f"/models/lora/{name}").body["name"] == "Pixel Art"
    assert aws_calls == ["GetItem"] * 3


@pytest.mark.parametrize("place", ["lora/none", "loras/tiny", "lora/" + "x" * 2000, "lora/%ff%00"])
def test_what_is_not_there_is_not_found(api: Api, place: str) -> None:
    for answer in (
        api.get(f"/models/{place}"),
        api.delete(f"/models/{place}"),
        api.post(f"/models/{place}/complete"),
    ):
        assert answer.status == 404


def test_records_from_before_files_were_checked_are_read(api: Api, aws: Cloud) -> None:
    item = {"type": "vae", "name": "Old", "key": "models/vae/Old.pt", "size": 5, "etag": "e1"}
    item |= {"collection": "models", "id": "vae/old", "updated_at": "2026-10-01T09:30:00.000Z"}
    aws.dynamodb.put_item(TableName="models", Item=to_item(item))
    model = api.get("/models/vae/old").body
    assert (model["state"], model["base"], model["created_at"]) == ("active", None, None)
    assert names(api) == ["Old"]
