from collections.abc import Iterable, Mapping

import pytest
import torch

from container.conditions import Conditions
from container.prompts.encoder import Conditioning


def encode(texts: Iterable[str], pooled: bool = False) -> Mapping[str, Conditioning]:
    """A text of n words is n ones; texts read together are padded with twos to the longest."""
    texts = list(texts)
    longest = max(len(text.split()) for text in texts) or 1
    filled = {text: torch.tensor([1.0] * len(text.split()) + [2.0] * longest)[:longest, None] for text in texts}
    return {text: Conditioning(tokens, torch.ones(2) if pooled else None, (text,)) for text, tokens in filled.items()}


def encode_xl(texts: Iterable[str]) -> Mapping[str, Conditioning]:
    return encode(texts, pooled=True)


def told(
    prompt: str, negative: str, calls: int, hires_calls: int | None = None
) -> list[tuple[list[tuple[float, str]], str]]:
    """The texts of every call; this encoder's Conditionings name theirs in `used`."""
    conditions = Conditions(prompt, negative, encode, calls, hires_calls)
    each = [conditions.at(call) for call in range(calls if hires_calls is None else hires_calls)]
    return [([(weight, part.used[0]) for weight, part in one.parts], one.negative.used[0]) for one in each]


def test_a_plain_prompt_is_the_same_in_every_call() -> None:
    assert told("a cat", "blurry", 2) == [([(1, "a cat")], "blurry")] * 2


def test_and_joins_parts_with_their_weights_and_means_nothing_in_a_negative_prompt() -> None:
    assert told("a cat :1.2 AND a dog AND rain:-0.5", "bad AND worse", 1) == [
        ([(1.2, "a cat"), (1, " a dog"), (-0.5, " rain")], "bad AND worse")
    ]


def test_an_edited_prompt_changes_at_its_call() -> None:
    assert [parts for parts, _ in told("a [cat:dog:2]", "", 5)] == [[(1, "a cat")]] * 3 + [[(1, "a dog")]] * 2
    assert [negative for _, negative in told("", "[dull:bright:0.5]", 4)] == ["dull"] * 3 + ["bright"]


def test_a_second_pass_counts_on() -> None:
    assert [parts[0][1] for parts, _ in told("[cat:dog:0.5]", "", 4, 3)] == ["dog"] * 3
    assert [parts[0][1] for parts, _ in told("[cat:dog:1.5]", "", 4, 4)] == ["cat"] * 3 + ["dog"]


def test_a_shorter_part_repeats_its_last_vector_and_the_negative_prompt_stays_short() -> None:
    first = Conditions("a very long prompt AND now [brief|so brief]", "x", encode, 2).at(0)
    assert [part.tokens.flatten().tolist() for _, part in first.parts] == [[1, 1, 1, 1], [1, 1, 2, 2]]
    assert len(first.negative.tokens) == 1


def test_an_empty_negative_prompt_is_nothing_to_sdxl_alone() -> None:
    xl = Conditions("a cat", "", encode_xl, 1).at(0).negative
    assert not xl.tokens.any()
    assert xl.pooled is not None
    assert not xl.pooled.any()
    assert Conditions("a cat", "", encode, 1).at(0).negative.tokens.all()


@pytest.mark.parametrize(("prompt", "negative"), [("", "blurry"), ("", ""), ("a cat", "blurry"), ("a cat", " ")])
def test_no_other_prompt_is_blanked(prompt: str, negative: str) -> None:
    xl = Conditions(prompt, negative, encode_xl, 1).at(0)
    assert xl.parts[0][1].tokens.all()
    assert bool(xl.negative.tokens.any()) is bool(negative)


@pytest.mark.parametrize(("negative", "blank"), [("[blurry::0]", True), ("[:blurry:1]", False)])
def test_an_edited_negative_prompt_is_nothing_where_it_never_says_anything(negative: str, blank: bool) -> None:
    xl = Conditions("a cat", negative, encode_xl, 2).at(0)
    assert bool(xl.negative.tokens.any()) is not blank
