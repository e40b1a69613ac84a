import errno
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fcntl import LOCK_EX, flock
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from shutil import disk_usage
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest
from botocore.response import StreamingBody

from container import files
from container.files import BrokenDownload, DiskFull, Files, MissingFile, share_of_disk
from shared.shapes import Model
from tests.container.aws import MODEL, Aws

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MOST = 100
Answer = dict[str, Any]


class Bucket:
    """S3 whose every answer a test may change. It has no other operation: there is no HEAD request first."""

    def __init__(self, client: "S3Client", answer: Callable[[int, Answer], Any]) -> None:
        self._client = client
        self._answer = answer
        self.asked: list[str] = []

    def get_object(self, **wanted: Any) -> Answer:
        self.asked.append(wanted["Range"])
        answer = cast(Answer, self._client.get_object(**wanted))
        self._answer(len(self.asked), answer)
        return answer


def put(aws: Aws, body: bytes, name: str = "tiny.safetensors") -> Model:
    key = f"models/checkpoint/{name}"
    etag = aws.s3.put_object(Bucket="bucket", Key=key, Body=body)["ETag"].strip('"')
    return MODEL.model_copy(update={"key": key, "etag": etag, "size": len(body)})


def kept(aws: Aws, folder: Path, most_bytes: int = MOST) -> Files:
    return Files(aws.s3, "bucket", folder, most_bytes)


def watched(aws: Aws, folder: Path, answer: Callable[[int, Answer], Any]) -> tuple[Files, Bucket]:
    bucket = Bucket(aws.s3, answer)
    return Files(cast("S3Client", bucket), "bucket", folder, MOST), bucket


def unused_since(path: Path, hours: int) -> None:
    long_ago = path.stat().st_mtime - hours * 3600
    os.utime(path, (long_ago, long_ago))


@pytest.fixture
def four_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RANGE_BYTES", 4)
    monkeypatch.setattr(files, "WRITE_BYTES", 3)


@pytest.mark.parametrize("name", ["a.safetensors", "a.ckpt", "a.v2.pt"])
def test_a_file_is_fetched_with_its_digest_and_keeps_its_suffix(aws: Aws, tmp_path: Path, name: str) -> None:
    file = kept(aws, tmp_path / "models").fetch(put(aws, b"hello", name))
    assert (file.path.read_bytes(), file.sha256) == (b"hello", sha256(b"hello").hexdigest())
    assert file.path.suffix == Path(name).suffix


def test_an_empty_file_is_fetched_too(aws: Aws, tmp_path: Path) -> None:
    assert kept(aws, tmp_path).fetch(put(aws, b"")).path.read_bytes() == b""


def test_a_file_is_put_together_from_ranges(aws: Aws, tmp_path: Path, four_bytes: None) -> None:
    store, bucket = watched(aws, tmp_path, lambda _, __: None)
    file = store.fetch(put(aws, b"hello world"))
    assert sorted(bucket.asked) == ["bytes=0-3", "bytes=4-7", "bytes=8-10"]
    assert (file.path.read_bytes(), file.sha256) == (b"hello world", sha256(b"hello world").hexdigest())


def test_ranges_are_read_in_parallel(aws: Aws, tmp_path: Path, four_bytes: None) -> None:
    together = threading.Barrier(3, timeout=10)
    store, _ = watched(aws, tmp_path, lambda _, __: together.wait())
    assert store.fetch(put(aws, b"hello world")).path.read_bytes() == b"hello world"


def test_a_file_on_the_disk_is_not_fetched_again(aws: Aws, tmp_path: Path) -> None:
    model = put(aws, b"hello")
    first = kept(aws, tmp_path).fetch(model)
    aws.s3.delete_object(Bucket="bucket", Key=model.key)
    assert kept(aws, tmp_path).fetch(model) == first


def test_a_file_that_was_replaced_is_not_taken_for_the_one_ordered(aws: Aws, tmp_path: Path) -> None:
    ordered = put(aws, b"hello")
    put(aws, b"olleh")
    with pytest.raises(MissingFile, match="'tiny' was removed or replaced"):
        kept(aws, tmp_path).fetch(ordered)


def test_a_file_that_is_replaced_while_it_is_read_is_noticed(
    aws: Aws, tmp_path: Path, four_bytes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CONNECTIONS", 1)
    ordered = put(aws, b"hello world")
    store, _ = watched(aws, tmp_path, lambda _, __: put(aws, b"another one"))
    with pytest.raises(MissingFile):
        store.fetch(ordered)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_gone_says_so(aws: Aws, tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="order it again"):
        kept(aws, tmp_path).fetch(MODEL)


@pytest.mark.parametrize("size", [4, 6])
def test_a_file_of_another_size_is_not_the_one_ordered(aws: Aws, tmp_path: Path, four_bytes: None, size: int) -> None:
    with pytest.raises(MissingFile):
        kept(aws, tmp_path).fetch(put(aws, b"hello").model_copy(update={"size": size}))


def broken(answer: Answer) -> None:
    answer["Body"] = StreamingBody(BytesIO(b"h"), answer["ContentLength"])


def test_a_connection_that_breaks_in_the_middle_is_made_anew(aws: Aws, tmp_path: Path) -> None:
    store, bucket = watched(aws, tmp_path, lambda number, answer: broken(answer) if number == 1 else None)
    assert store.fetch(put(aws, b"hello")).path.read_bytes() == b"hello"
    assert len(bucket.asked) == 2


def test_a_download_that_fails_leaves_nothing_behind(aws: Aws, tmp_path: Path) -> None:
    store, _ = watched(aws, tmp_path, lambda _, answer: broken(answer))
    with pytest.raises(BrokenDownload, match=r"'tiny' did not arrive whole .* broke 3 times .*\. Order again"):
        store.fetch(put(aws, b"hello"))
    assert list(tmp_path.iterdir()) == []


def test_nobody_sees_half_a_file(aws: Aws, tmp_path: Path, four_bytes: None) -> None:
    seen: list[str] = []
    store, _ = watched(aws, tmp_path, lambda _, __: seen.extend(path.suffix for path in tmp_path.iterdir()))
    store.fetch(put(aws, b"hello world"))
    assert set(seen) == {".part"}


def test_a_download_can_be_stopped_in_the_middle(aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Cancelled(Exception): ...

    def stop() -> None:
        raise Cancelled

    monkeypatch.setattr(files, "CONNECTIONS", 1)
    monkeypatch.setattr(files, "RANGE_BYTES", 1)
    store, bucket = watched(aws, tmp_path, lambda _, __: None)
    with pytest.raises(Cancelled):
        store.fetch(put(aws, bytes(MOST)), on_range=stop)
    assert len(bucket.asked) < MOST
    assert list(tmp_path.iterdir()) == []


def test_two_that_fetch_the_same_file_do_not_disturb_each_other(aws: Aws, tmp_path: Path) -> None:
    model = put(aws, b"hello")
    both = threading.Barrier(2, timeout=10)
    stores = [watched(aws, tmp_path, lambda _, __: both.wait())[0] for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        one, two = pool.map(lambda store: store.fetch(model), stores)
    assert one == two
    assert one.path.read_bytes() == b"hello"
    assert list(tmp_path.iterdir()) == [one.path]


def test_the_least_recently_used_goes_where_the_next_needs_its_room(aws: Aws, tmp_path: Path) -> None:
    store = kept(aws, tmp_path, most_bytes=10)
    first, second, third = (put(aws, body, body.decode()) for body in (b"1111", b"2222", b"3333"))
    unused_since(store.fetch(first).path, hours=2)
    unused_since(store.fetch(second).path, hours=1)
    store.fetch(first)
    store.fetch(third)
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"1111", b"3333"}


def test_what_another_process_is_fetching_is_not_pushed_out(aws: Aws, tmp_path: Path) -> None:
    half = tmp_path / "half.part"
    half.write_bytes(bytes(8))
    unused_since(half, hours=1)
    kept(aws, tmp_path, most_bytes=10).fetch(put(aws, b"1111"))
    assert half.exists()


class Usage(NamedTuple):
    free: int


def disk_of(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the folder's disk had `size` bytes, all to itself."""

    def usage(folder: Path) -> Usage:
        return Usage(size - sum(path.stat().st_size for path in folder.iterdir()))

    monkeypatch.setattr(files, "disk_usage", usage)


def test_a_disk_that_others_fill_makes_room_too(aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk_of(6, monkeypatch)
    store = kept(aws, tmp_path)
    store.fetch(put(aws, b"1111"))
    second = store.fetch(put(aws, b"2222"))
    assert list(tmp_path.iterdir()) == [second.path]


@pytest.mark.parametrize(("most_bytes", "disk"), [(8, MOST), (MOST, 8)])
def test_a_file_that_never_fits_says_so_and_pushes_none_out(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_bytes: int, disk: int
) -> None:
    disk_of(disk, monkeypatch)
    store = kept(aws, tmp_path, most_bytes)
    first = store.fetch(put(aws, b"1111"))
    with pytest.raises(DiskFull, match=r"'tiny' takes 0\.0 GB.*larger disk"):
        store.fetch(put(aws, b"123456789"))
    assert list(tmp_path.iterdir()) == [first.path]


def test_a_disk_that_fills_up_meanwhile_says_so(aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int, __: int, ___: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DiskFull, match="has room for"):
        kept(aws, tmp_path).fetch(put(aws, b"hello"))
    assert list(tmp_path.iterdir()) == []


def test_what_a_process_that_died_had_half_fetched_is_removed_at_the_start(tmp_path: Path) -> None:
    dead, living = tmp_path / "dead.part", tmp_path / "living.part"
    dead.write_bytes(b"he")
    with living.open("w") as file:
        flock(file, LOCK_EX)
        share_of_disk(tmp_path)
        assert list(tmp_path.iterdir()) == [living]


def test_the_folder_may_take_most_of_the_free_disk_whatever_it_holds_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = share_of_disk(tmp_path / "models")
    assert 0 < empty < disk_usage(tmp_path).total
    disk_of(1000, monkeypatch)
    (tmp_path / "models" / "model").write_bytes(bytes(100))
    assert share_of_disk(tmp_path / "models") == 900


def test_what_a_process_that_died_had_half_fetched_takes_no_share_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk_of(1000, monkeypatch)
    (tmp_path / "dead.part").write_bytes(bytes(600))
    assert share_of_disk(tmp_path) == 900
