"""A file at an address, uploaded without being kept on the way."""

import hashlib
import threading

import httpx
import pytest

from goc import links, sources
from goc.client import Client
from goc.failures import Broken, Failure
from goc.sources import CHUNK, Address
from goc.uploads import upload
from tests.goc.deployment import Deployment, Stored, break_off, expired
from tests.goc.serving import Request
from tests.goc.site import BEARER, Site

ENVIRON = {"HF_TOKEN": BEARER}
NAME = "dots.safetensors"


@pytest.fixture(autouse=True)
def _the_site_is_hugging_face(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sources.TOKENS, "127.0.0.1", "HF_TOKEN")


def elsewhere(address: str) -> str:
    """The same server, as another host."""
    return address.replace("127.0.0.1", "localhost").replace("/model", "/content")


def test_parts_are_read_from_the_address_and_arrive_whole_and_in_place(
    client: Client, deployment: Deployment, site: Site, address: str
) -> None:
    upload(client, address, "lora", NAME)
    assert deployment.models["lora/dots"].content == site.content
    ranges = {headers["Range"] for _, _, headers in site.requests}
    assert {"bytes=0-99999", "bytes=600000-612344"} < ranges


def test_without_ranges_one_stream_is_cut_into_the_parts(
    client: Client, deployment: Deployment, site: Site, address: str
) -> None:
    site.ranged = False
    upload(client, address, "lora", NAME)
    assert deployment.models["lora/dots"].content == site.content
    assert len(site.requests) == 2  # one of them to learn the size


def test_without_ranges_what_is_there_is_passed_over(
    client: Client, deployment: Deployment, site: Site, address: str
) -> None:
    site.ranged = False
    deployment.faults[4] = [break_off, expired]
    upload(client, address, "lora", NAME)
    assert deployment.models["lora/dots"].content == site.content
    assert deployment.sent == [1, 2, 3, 4, 5, 6, 7]


def test_without_ranges_more_parts_than_links_come_at_once_all_arrive_in_one_stream(
    client: Client, deployment: Deployment, site: Site, address: str
) -> None:
    site.ranged = False
    deployment.part_size = 600
    upload(client, address, "lora", NAME)
    assert deployment.models["lora/dots"].content == site.content
    assert len(site.requests) == 2


def test_without_ranges_links_that_grow_old_are_asked_for_anew_and_the_stream_goes_on(
    client: Client, deployment: Deployment, site: Site, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "FRESH_SECONDS", -1)
    site.ranged = False
    deployment.link_uses = 1
    upload(client, address, "lora", NAME)
    assert deployment.models["lora/dots"].content == site.content
    assert len(site.requests) == 2


@pytest.mark.parametrize("ranged", [True, False])
def test_a_source_that_breaks_off_is_read_again(
    client: Client, deployment: Deployment, site: Site, address: str, ranged: bool
) -> None:
    site.ranged = ranged
    site.breaks = 3
    upload(client, address, "lora", NAME)
    assert deployment.models["lora/dots"].content == site.content
    assert sorted(deployment.sent) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("ranged", [True, False])
def test_a_source_that_breaks_off_again_and_again_ends_it(
    client: Client, site: Site, address: str, ranged: bool
) -> None:
    site.ranged = ranged
    site.breaks = 100
    with pytest.raises(Broken, match=r"The connection to 127\.0\.0\.1 broke"):
        upload(client, address, "lora", NAME)


def test_a_source_that_breaks_off_in_what_is_there_ends_it(
    client: Client, deployment: Deployment, site: Site, address: str
) -> None:
    site.ranged = False
    there = {number: site.content[(number - 1) * 100_000 : number * 100_000] for number in range(1, 7)}
    deployment.models["lora/dots"] = Stored(len(site.content), {}, there)
    site.breaks = 100
    with pytest.raises(Broken, match=r"The connection to 127\.0\.0\.1 broke"):
        upload(client, address, "lora", NAME)


def test_a_source_that_changes_meanwhile_is_refused(
    client: Client, deployment: Deployment, site: Site, address: str
) -> None:
    site.change_after = 3
    with pytest.raises(Failure, match=r"The file at 127\.0\.0\.1 has changed while it was uploaded"):
        upload(client, address, "lora", NAME)
    assert deployment.models["lora/dots"].state == "uploading"


@pytest.mark.parametrize("ranged", [True, False])
def test_a_part_is_on_its_way_before_the_source_has_sent_all_of_it(
    client: Client, deployment: Deployment, site: Site, address: str, ranged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source goes on once the store has seen a part's beginning: collecting whole parts would wait for ever."""
    site.ranged = ranged
    site.content = bytes(4_000_000)
    deployment.part_size = len(site.content)
    begun = threading.Event()
    waited: list[bool] = []

    def taken(request: Request) -> None:
        chunks = request.chunks()
        first = next(chunks)
        begun.set()
        deployment.models["lora/dots"].parts[1] = first + b"".join(chunks)
        request.answer(200)

    def written(request: Request, chunk: bytes) -> None:
        request.wfile.write(chunk)
        if len(chunk) > 1:
            waited.append(begun.wait(15))

    monkeypatch.setattr(site, "write", written)
    deployment.faults[1] = [taken]
    upload(client, address, "lora", NAME)
    assert waited
    assert all(waited)
    assert deployment.models["lora/dots"].content == site.content


def test_an_address_is_read_in_small_chunks(site: Site, address: str) -> None:
    site.content = bytes(20 * CHUNK)
    with httpx.Client() as http:
        sizes = [len(chunk) for chunk in Address(http, address, {}).read(CHUNK, 16 * CHUNK)]
    assert max(sizes) <= CHUNK
    assert sum(sizes) == 16 * CHUNK


def test_the_token_goes_to_its_host_and_not_where_that_redirects(
    client: Client, deployment: Deployment, site: Site, address: str
) -> None:
    site.token, site.redirect = BEARER, elsewhere(address)
    upload(client, address, "lora", NAME, environ=ENVIRON)
    assert deployment.models["lora/dots"].content == site.content
    tokens = {(host, headers.get("Authorization")) for host, _, headers in site.requests}
    assert tokens == {("127.0.0.1", f"Bearer {BEARER}"), ("localhost", None)}
    assert not any(BEARER in str(request) for request in deployment.requests)


@pytest.mark.parametrize("token", ["hf_secret\x1b[31m", "hf_secret\nX-Other: 1", "hf_s\u00e9cret"])
def test_a_token_that_can_be_none_is_refused_and_not_shown(client: Client, address: str, token: str) -> None:
    with pytest.raises(Failure, match="The token in HF_TOKEN has characters that no token has") as refused:
        upload(client, address, "lora", NAME, environ={"HF_TOKEN": token})
    assert "secret" not in str(refused.value)


def test_a_redirect_that_gives_up_encryption_is_not_followed(
    client: Client, deployment: Deployment, site: Site, address: str
) -> None:
    site.redirect = "http://models.example.org/model?token=secret"
    with pytest.raises(Failure, match=r"what models\.example\.org sends without that can be read") as refused:
        upload(client, address, "lora", NAME)
    assert "secret" not in str(refused.value)
    assert not deployment.models


def test_a_token_goes_to_no_other_host(
    client: Client, site: Site, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sources.TOKENS, "127.0.0.1")
    upload(client, address, "lora", NAME, environ=ENVIRON)
    assert not any("Authorization" in headers for _, _, headers in site.requests)


def test_the_variables_of_the_hosts_that_want_tokens() -> None:
    named = {host: variable for host, variable in sources.TOKENS.items() if host != "127.0.0.1"}
    assert named == {"huggingface.co": "HF_TOKEN", "civitai.com": "CIVITAI_TOKEN"}


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({}, r"127\.0\.0\.1 does not hand the file out \(401\): it may want a token, in the environment's HF_TOKEN\."),
        ({"HF_TOKEN": "hf_wrong"}, r"\(401\): the token in HF_TOKEN may not have it, or the model's terms"),
    ],
)
def test_a_source_that_wants_a_token_says_which(
    client: Client, site: Site, address: str, environ: dict[str, str], sentence: str
) -> None:
    site.token, site.redirect = BEARER, elsewhere(address)
    with pytest.raises(Failure, match=sentence):
        upload(client, address, "lora", NAME, environ=environ)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="pixel art.safetensors"', "pixel art"),
        ("inline; filename*=UTF-8''d%C3%B6ts.safetensors; filename=\"dots.safetensors\";", "döts"),
        ('attachment; filename="../../dots.safetensors"', "dots"),
        ('attachment; filename="C:\\\\models\\\\dots.safetensors"', "dots"),
    ],
)
@pytest.mark.parametrize("redirected", [True, False])
def test_the_name_is_the_one_in_content_disposition(
    client: Client, deployment: Deployment, site: Site, address: str, disposition: str, name: str, redirected: bool
) -> None:
    site.disposition = disposition
    site.redirect = elsewhere(address) if redirected else None
    upload(client, address, "lora")
    assert list(deployment.models) == [f"lora/{name}"]


def test_without_it_the_name_is_the_address_s(client: Client, deployment: Deployment, site: Site, address: str) -> None:
    upload(client, address.replace("/model", "/resolve/main/dots.safetensors?download=true"), "lora")
    assert list(deployment.models) == ["lora/dots"]


def test_a_web_page_is_refused(client: Client, deployment: Deployment, site: Site, address: str) -> None:
    site.type = "text/html; charset=utf-8"
    with pytest.raises(Failure, match="is a web page, not a file"):
        upload(client, address, "lora", NAME)
    assert not deployment.requests


def test_a_source_that_hides_its_size_is_refused(client: Client, site: Site, address: str) -> None:
    site.ranged = site.sized = False
    with pytest.raises(Failure, match="does not say how large the file is"):
        upload(client, address, "lora", NAME)


def test_an_address_that_others_can_read_along_is_refused(client: Client) -> None:
    with pytest.raises(Failure, match="begins with https://"):
        upload(client, "http://huggingface.co/model.safetensors", "lora", environ=ENVIRON)


def test_in_one_stream_another_digest_keeps_the_last_part_from_arriving(
    client: Client, deployment: Deployment, site: Site, address: str
) -> None:
    site.ranged = False
    for _ in range(2):
        with pytest.raises(Failure, match=hashlib.sha256(site.content).hexdigest()):
            upload(client, address, "lora", NAME, sha256="0" * 64)
    assert deployment.sent == [1, 2, 3, 4, 5, 6]
    assert deployment.models["lora/dots"].state == "uploading"


def test_in_one_stream_the_right_digest_passes(client: Client, site: Site, address: str) -> None:
    site.ranged = False
    sha256 = hashlib.sha256(site.content).hexdigest().upper()
    assert upload(client, address, "lora", NAME, sha256=sha256).state == "active"


def test_the_digest_that_hugging_face_says_is_passed_on(
    client: Client, deployment: Deployment, site: Site, address: str
) -> None:
    digest = hashlib.sha256(site.content).hexdigest()
    site.redirect, site.linked = elsewhere(address), {"X-Linked-ETag": f'"{digest}"'}
    upload(client, address, "lora", NAME)
    assert deployment.models["lora/dots"].order["sha256"] == digest


def test_an_answer_of_another_range_is_asked_for_again(
    client: Client, deployment: Deployment, site: Site, address: str
) -> None:
    site.shifted = 2
    upload(client, address, "lora", NAME)
    assert deployment.models["lora/dots"].content == site.content
