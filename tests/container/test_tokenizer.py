import pytest

from container.tokenizer import tokenizer


def test_the_full_vocabulary_gives_clips_own_numbers() -> None:
    clip = tokenizer(49408)
    assert len(clip) == 49408
    assert clip("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]


def test_without_merges_a_word_is_its_bytes_and_the_last_one_ends_it() -> None:
    assert tokenizer(514)("abé").input_ids == [512, ord("a") - 33, ord("b") - 33, 127, 256 + 102, 513]


def test_every_byte_has_a_token() -> None:
    assert tokenizer(514).decode(tokenizer(514)("猫, ünï!").input_ids, skip_special_tokens=True) == "猫 , ünï !"


@pytest.mark.parametrize("vocabulary_size", [514, 49408])
def test_a_prompt_is_padded_with_the_end_token_to_77(vocabulary_size: int) -> None:
    ids = tokenizer(vocabulary_size)("cat", padding="max_length").input_ids
    assert len(ids) == 77
    assert set(ids[10:]) == {vocabulary_size - 1}


@pytest.mark.parametrize("vocabulary_size", [514, 49408])
def test_for_open_clip_a_prompt_is_padded_with_zeros(vocabulary_size: int) -> None:
    ids = tokenizer(vocabulary_size, zero_padded=True)("cat", padding="max_length").input_ids
    assert len(ids) == 77
    assert set(ids[10:]) == {0}


def test_a_longer_prompt_is_cut_at_77() -> None:
    ids = tokenizer(514)("cat " * 100, truncation=True).input_ids
    assert len(ids) == 77
    assert ids[-1] == 513
