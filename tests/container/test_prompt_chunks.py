import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import CLIPTokenizer

from container.prompts.chunks import Chunker
from container.tokenizer import tokenizer

BYTES = tokenizer(514)  # each letter of a word is a token


def texts(text: str, embeddings: dict[str, int] | None = None, clip: CLIPTokenizer = BYTES) -> list[list[str]]:
    """Each chunk's tokens, as letters and signs, or as an embedding's name and the number of its vector."""
    chunks = Chunker(clip, embeddings or {}).chunks(text)
    return [
        [
            f"{token.vector.embedding}{token.vector.place}" if token.vector else clip.decode([token.id]).strip()
            for token in chunk
        ]
        for chunk in chunks
    ]


def lengths(text: str, embeddings: dict[str, int] | None = None) -> list[int]:
    return [len(chunk) for chunk in texts(text, embeddings)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", [0]), ("a " * 75, [75]), ("a " * 76, [75, 1]), ("a " * 200, [75, 75, 50])],
    ids=["nothing", "75", "76", "200"],
)
def test_a_chunk_is_of_75_tokens(text: str, expected: list[int]) -> None:
    assert lengths(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a b BREAK c", [2, 1]), ("BREAK a", [0, 1]), ("a BREAK", [1]), ("a BREAK BREAK b", [1, 0, 1])],
)
def test_break_ends_a_chunk(text: str, expected: list[int]) -> None:
    assert lengths(text) == expected


@pytest.mark.parametrize(("before", "expected"), [(70, [71, 10]), (55, [56, 25]), (54, [75, 6]), (74, [75, 6])])
def test_a_full_chunk_hands_what_follows_a_late_comma_to_the_next(before: int, expected: list[int]) -> None:
    assert lengths("a " * before + "," + " b" * (80 - before)) == expected


def test_a_full_chunk_before_a_comma_is_left_as_it_is() -> None:
    first, second = texts("a " * 60 + "," + " b" * 14 + ", c")
    assert first == [*"a" * 60, ",", *"b" * 14]
    assert second == [",", "c"]


def test_a_text_cut_at_a_comma_has_all_its_tokens() -> None:
    first, second = texts("a " * 70 + ", b c d e f g")
    assert (first, second) == ([*"a" * 70, ","], [*"bcdefg"])


def test_a_weight_goes_with_its_words_into_the_next_chunk() -> None:
    _, second = Chunker(BYTES, {}).chunks("a " * 70 + ", (b c d:1.5) e f g")
    assert [token.weight for token in second] == [1.5] * 3 + [1] * 3


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a face b", ["a", "face0", "face1", "b"]),
        ("a FaCe, b", ["a", "face0", "face1", ",", "b"]),
        ("(face:1.2)", ["face0", "face1"]),
        ("face-v2 x", ["face-v20", "x"]),
        ("face-v3", ["face0", "face1", "-", "v", "3"]),
        ("faces", [*"faces"]),
        ("face2 a_face", ["face0", "face1", "2", "a", "_", "face0", "face1"]),  # tokens decide, as in the WebUI
        ("face - V2", ["face-v20"]),
        (r"odd\(1\) a", ["odd(1)0", "a"]),
    ],
)
def test_a_name_stands_for_its_embedding(text: str, tokens: list[str]) -> None:
    assert texts(text, {"face": 2, "face-v2": 1, "odd(1)": 1}) == [tokens]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a " * 74 + "face", [74, 3]),
        ("a " * 72 + "face", [75]),
        ("a, " + "b " * 60 + ", " + "c " * 12 + "face", [63, 15]),
        ("long", [75, 75, 10]),
    ],
    ids=["overflows", "fits", "after a comma", "longer than a chunk"],
)
def test_an_embedding_stays_in_one_chunk(text: str, expected: list[int]) -> None:
    assert lengths(text, {"face": 3, "long": 160}) == expected


@pytest.mark.parametrize("zero_padded", [False, True])
def test_an_exclamation_mark_is_itself_whatever_the_padding_is_called(zero_padded: bool) -> None:
    assert texts("a ! b", clip=tokenizer(514, zero_padded=zero_padded)) == [["a", "!", "b"]]
    (chunk,) = Chunker(tokenizer(514, zero_padded=zero_padded), {}).chunks("!")
    assert [token.id for token in chunk] == [256]  # "!" at the end of a word; 0 is the one within


@given(st.lists(st.sampled_from(["a", "bc", ",", "def", "(g:1.2)"]), max_size=200))
def test_cutting_loses_and_changes_nothing(words: list[str]) -> None:
    text = " ".join(words)
    chunks = Chunker(BYTES, {}).chunks(text)
    whole = "".join(words).replace("(g:1.2)", "g")
    assert all(len(chunk) <= 75 for chunk in chunks)
    assert all(chunks[1:])
    assert BYTES.decode([token.id for chunk in chunks for token in chunk]).replace(" ", "") == whole
    assert {token.weight for chunk in chunks for token in chunk} <= {1, 1.2}
