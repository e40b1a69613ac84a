import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from container.prompts.grammar import attention

SIGNS = st.text("ab BREAK()[]:\\.,1+-\n")
PLAIN = st.text().filter(lambda text: not re.search(r"[()\[\]\\]|\bBREAK\b", text))


def about(pieces: list[tuple[str, float]]) -> list[Any]:
    return [(text, pytest.approx(weight)) for text, weight in pieces]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("a cat", [("a cat", 1)]),
        ("a (cat)", [("a ", 1), ("cat", 1.1)]),
        ("a [cat] b", [("a ", 1), ("cat", 1 / 1.1), (" b", 1)]),
        ("(cat:1.3)", [("cat", 1.3)]),
        ("(cat : 1.3 )", [("cat ", 1.3)]),
        ("(cat:.5)(dog:2.)", [("cat", 0.5), ("dog", 2)]),
        ("(cat:-1)(dog:+0.5)(cow:0)", [("cat", -1), ("dog", 0.5), ("cow", 0)]),
        ("((a) b)", [("a", 1.1 * 1.1), (" b", 1.1)]),
        ("((a:1.5) b:2)", [("a", 3), (" b", 2)]),
        ("[(a)]", [("a", 1.1 / 1.1)]),
        ("([a] b:1.2)", [("a", 1.2 / 1.1), (" b", 1.2)]),
    ],
)
def test_brackets_weigh_what_is_in_them(text: str, pieces: list[tuple[str, float]]) -> None:
    assert attention(text) == about(pieces)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a (b c", [("a ", 1), ("b c", 1.1)]),
        ("((a [b", [("a ", 1.21), ("b", 1.1)]),
        ("a) b]", [("a) b]", 1)]),
        ("a:1.2) b", [("a:1.2) b", 1)]),
        ("(a:b)", [("a:b", 1.1)]),
        ("(a:1.2.3)", [("a:1.2.3", 1.1)]),
        ("[a:1.2]", [("a:1.2", 1 / 1.1)]),
        ("(a] b)", [("a] b", 1.1)]),
        ("(a [b) c]", [("a ", 1.1), ("b", 1), (" c", 1 / 1.1)]),
    ],
)
def test_what_does_not_pair_up_is_read_as_the_webui_reads_it(text: str, pieces: list[tuple[str, float]]) -> None:
    assert attention(text) == about(pieces)


@pytest.mark.parametrize(
    ("text", "literal"),
    [(r"\(a\)", "(a)"), (r"\[a\]", "[a]"), (r"a \\ b", r"a \ b"), (r"\(a:1.2\)", "(a:1.2)"), (r"a\b", "ab")],
)
def test_an_escaped_sign_is_itself(text: str, literal: str) -> None:
    assert attention(text) == [(literal, 1)]


def test_neighbours_of_one_weight_are_one_piece() -> None:
    assert attention("(a)(b) c") == [("ab", 1.1), (" c", 1)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a BREAK b", [("a", 1), None, ("b", 1)]),
        ("BREAK a BREAK", [None, ("a", 1), None]),
        ("a BREAK  BREAK\nb", [("a", 1), None, None, ("b", 1)]),
        ("(a BREAK b)", [("a", 1.1), ("BREAK", -1.1), ("b", 1.1)]),  # as in the WebUI
        ("(BREAK BREAK:2)", [("BREAK", -2), ("BREAK", -2)]),
        ("(a BREAK b:1)", [("a", 1), None, ("b", 1)]),
        ("(a) BREAK (b)", [("a", 1.1), None, ("b", 1.1)]),
        ("a BREAKS break b", [("a BREAKS break b", 1)]),
    ],
)
def test_break_parts_what_it_stands_between_save_where_brackets_weigh_it(
    text: str, pieces: list[tuple[str, float] | None]
) -> None:
    assert attention(text) == pieces


@given(SIGNS)
def test_whatever_is_written_is_read(text: str) -> None:
    pieces = attention(text)
    assert all(piece is None or piece.text for piece in pieces)


@given(st.text("ab BREAK()[]:\\.,\n"))
def test_without_numbers_every_weight_but_a_breaks_is_positive(text: str) -> None:
    assert all(piece is None or piece.weight > 0 or piece.text == "BREAK" for piece in attention(text))


@given(PLAIN)
def test_a_text_without_signs_is_one_piece(text: str) -> None:
    assert attention(text) == ([(text, 1)] if text else [])


@given(st.text("ab :1.()[]\\"))
def test_a_text_with_its_signs_escaped_is_one_piece(text: str) -> None:
    assert attention(re.sub(r"([()\[\]\\])", r"\\\1", text)) == ([(text, 1)] if text else [])


@given(PLAIN.filter(lambda text: ":" not in text), st.decimals(0, 10, places=2))
def test_a_weight_is_read_back(text: str, weight: object) -> None:
    assert attention(f"({text}:{weight})") == ([(text, float(str(weight)))] if text else [])
