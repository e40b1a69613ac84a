"""A file on this machine, uploaded."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from goc.client import Client
from goc.failures import Broken, Failure, Refused
from goc.sources import CHUNK, LocalFile
from goc.uploads import upload
from tests.goc.deployment import Deployment, Stored, break_off, expired, forget
from tests.goc.serving import Request

ADDRESS = "lora/pixel-art"
ALL = [1, 2, 3, 4, 5, 6, 7]


def test_parts_arrive_whole_and_in_place(client: Client, deployment: Deployment, file: Path, content: bytes) -> None:
    model = upload(client, str(file), "lora")
    assert deployment.models[ADDRESS].content == content
    assert (model.name, model.state) == ("pixel-art", "active")


def test_the_order_says_what_was_given(client: Client, deployment: Deployment, file: Path, content: bytes) -> None:
    upload(client, str(file), "lora", "dots.safetensors", replace=True)
    assert deployment.models["lora/dots"].order == {
        "type": "lora",
        "name": "dots.safetensors",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "replace": True,
    }


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("dots", "dots.safetensors"),
        ("dots_8.1", "dots_8.1.safetensors"),
        ("dots.pt", "dots.pt"),
        ("dots.SAFETENSORS", "dots.SAFETENSORS"),
    ],
)
def test_a_name_without_an_ending_has_the_file_s(
    client: Client, deployment: Deployment, file: Path, name: str, sent: str
) -> None:
    upload(client, str(file), "lora", name)
    (stored,) = deployment.models.values()
    assert stored.order["name"] == sent


def test_what_is_there_is_not_sent_again(client: Client, deployment: Deployment, file: Path, content: bytes) -> None:
    there = {number: content[(number - 1) * 100_000 : number * 100_000] for number in (1, 2, 5)}
    deployment.models[ADDRESS] = Stored(len(content), {}, there)
    seen: list[tuple[int, int]] = []
    upload(client, str(file), "lora", progress=lambda done, total: seen.append((done, total)))
    assert sorted(deployment.sent) == [3, 4, 6, 7]
    assert deployment.models[ADDRESS].content == content
    assert (seen[0], seen[-1]) == ((300_000, len(content)), (len(content), len(content)))


def test_an_upload_of_which_all_is_there_is_only_completed(
    client: Client, deployment: Deployment, file: Path, content: bytes
) -> None:
    upload(client, str(file), "lora")
    deployment.models[ADDRESS].state = "uploading"
    deployment.sent.clear()
    assert upload(client, str(file), "lora").state == "active"
    assert not deployment.sent


def test_a_part_that_breaks_is_sent_again_and_no_other(
    client: Client, deployment: Deployment, file: Path, content: bytes
) -> None:
    deployment.faults[3] = [break_off] * 3
    upload(client, str(file), "lora")
    assert sorted(deployment.sent) == ALL
    assert deployment.models[ADDRESS].content == content


def test_a_part_that_breaks_again_and_again_ends_it_and_the_next_upload_goes_on(
    client: Client, deployment: Deployment, file: Path, content: bytes
) -> None:
    deployment.faults[3] = [break_off] * 20
    with pytest.raises(Broken, match="The connection to the store broke"):
        upload(client, str(file), "lora")
    assert sorted(deployment.sent) == [1, 2, 4, 5, 6, 7]
    assert 4 <= 20 - len(deployment.faults[3]) <= 8
    deployment.faults.clear()
    upload(client, str(file), "lora")
    assert sorted(deployment.sent) == ALL
    assert deployment.models[ADDRESS].content == content


def test_a_link_that_has_expired_is_replaced(
    client: Client, deployment: Deployment, file: Path, content: bytes
) -> None:
    deployment.faults = {number: [expired] for number in ALL}
    upload(client, str(file), "lora")
    assert deployment.models[ADDRESS].content == content


def test_a_store_that_keeps_nothing_is_not_sent_to_for_ever(client: Client, deployment: Deployment, file: Path) -> None:
    deployment.faults[1] = [forget] * 10
    with pytest.raises(Broken, match="did not stay"):
        upload(client, str(file), "lora")


def test_four_parts_are_on_their_way_at_once(
    client: Client, deployment: Deployment, file: Path, content: bytes
) -> None:
    together = threading.Barrier(4)

    def meet(request: Request) -> None:
        together.wait(15)
        break_off(request)

    deployment.faults = {number: [meet] for number in (1, 2, 3, 4)}
    upload(client, str(file), "lora")
    assert not together.broken
    assert deployment.models[ADDRESS].content == content


def test_more_parts_than_links_come_at_once_all_arrive(
    client: Client, deployment: Deployment, file: Path, content: bytes
) -> None:
    deployment.part_size = 600
    seen: list[int] = []
    upload(client, str(file), "lora", progress=lambda done, _: seen.append(done))
    assert deployment.models[ADDRESS].content == content
    assert seen == sorted(seen)
    assert seen[0] == 0


def test_a_file_that_changes_meanwhile_is_refused(client: Client, deployment: Deployment, file: Path) -> None:
    def touch(done: int, total: int) -> None:
        os.utime(file, (1, 1))

    with pytest.raises(Failure, match="has changed while it was uploaded"):
        upload(client, str(file), "lora", progress=touch)
    assert deployment.models[ADDRESS].state == "uploading"


def test_a_file_that_is_not_the_one_meant_is_refused_before_anything_is_sent(
    client: Client, deployment: Deployment, file: Path, content: bytes
) -> None:
    with pytest.raises(Failure, match=f"SHA-256 is {hashlib.sha256(content).hexdigest()}, not 0000"):
        upload(client, str(file), "lora", sha256="0" * 64)
    assert not deployment.requests


def test_a_file_is_read_in_small_chunks(tmp_path: Path) -> None:
    path = tmp_path / "large.safetensors"
    with path.open("wb") as large:
        large.truncate(10 * CHUNK)
    sizes = [len(chunk) for chunk in LocalFile(path).read(CHUNK // 2, 8 * CHUNK)]
    assert max(sizes) <= CHUNK
    assert sum(sizes) == 8 * CHUNK


@pytest.mark.parametrize(
    ("name", "sentence"), [("missing.safetensors", "No such file"), ("", "Is a directory"), ("empty.pt", "is empty")]
)
def test_what_is_no_file_is_refused_before_anything_is_sent(
    client: Client, deployment: Deployment, tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "empty.pt").touch()
    with pytest.raises(Failure, match=sentence):
        upload(client, str(tmp_path / name), "lora")
    assert not deployment.requests


def test_what_the_api_refuses_is_said_in_its_words(client: Client, deployment: Deployment, file: Path) -> None:
    errors = [{"field": "name", "detail": "has to end in .safetensors"}]
    deployment.first_answers = [(422, {"detail": "The model can't be taken.", "errors": errors}, {})]
    with pytest.raises(Refused) as refusal:
        upload(client, str(file), "lora")
    assert str(refusal.value) == "The model can't be taken. name: has to end in .safetensors"
    assert refusal.value.status == 422


def test_a_model_found_wanting_is_refused_with_the_reason(client: Client, deployment: Deployment, file: Path) -> None:
    deployment.found_wanting = "its header is cut off"
    with pytest.raises(Failure, match="pixel-art has arrived, and is no model to be used: its header is cut off"):
        upload(client, str(file), "lora")
