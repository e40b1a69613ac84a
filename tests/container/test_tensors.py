"""Pickles, the format of detectors, textual inversions and hypernetworks."""

import pickle
from pathlib import Path

import pytest
import torch

from container import tensors
from container.tensors import UnusableFile

WEIGHTS = {"conv1_1.weight": torch.ones(8, 8)}

zipped_or_before_torch_1_6 = pytest.mark.parametrize("zipped", [True, False])


class Mark:
    """Leaves a file behind if it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


@zipped_or_before_torch_1_6
def test_of_a_pickle_the_named_tensors_are_read(zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "body.pth"
    torch.save(WEIGHTS | {"epoch": 7, 1: torch.zeros(1)}, path, _use_new_zipfile_serialization=zipped)
    found = tensors.read(path, "The detector 'body'")
    assert found.keys() == WEIGHTS.keys()
    assert torch.equal(found["conv1_1.weight"], WEIGHTS["conv1_1.weight"])


@zipped_or_before_torch_1_6
def test_one_that_is_not_whole_is_refused(zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "body.pth"
    torch.save(WEIGHTS, path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UnusableFile, match=r"The detector 'body' is damaged or not whole\. Upload it again"):
        tensors.read(path, "The detector 'body'")


@zipped_or_before_torch_1_6
def test_one_with_code_inside_is_refused_and_not_run(zipped: bool, tmp_path: Path) -> None:
    path, mark = tmp_path / "evil.pth", tmp_path / "mark"
    torch.save(WEIGHTS | {"code": Mark(mark)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(UnusableFile, match=r"holds more than tensors.* Convert it to \.safetensors"):
        tensors.read(path, "The detector 'evil'")
    assert not mark.exists()
    pickle.loads(pickle.dumps(Mark(mark)))  # noqa: S301
    assert mark.exists()
