import pytest
from hypothesis import given
from hypothesis import strategies as st

from container.prompts.schedules import Part, composition, parse, schedule

STEPS = 6
Written = tuple[str, list[str]]  # a text in the grammar, and what it is at each step


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("a cat", [(10, "a cat")]),
        ("", [(10, "")]),
        ("a [cat:dog:4]!", [(4, "a cat!"), (10, "a dog!")]),
        ("a [cat:dog:0.5]", [(5, "a cat"), (10, "a dog")]),
        ("a [cat:dog:.25]", [(2, "a cat"), (10, "a dog")]),
        ("a [cat:dog:1.0]", [(10, "a cat")]),
        ("a [cat:dog:1]", [(1, "a cat"), (10, "a dog")]),
        ("a [cat:dog: 4 ]", [(4, "a cat"), (10, "a dog")]),
        ("a [cat:dog:0]", [(10, "a dog")]),
        ("a [cat:dog:-3]", [(10, "a dog")]),
        ("a [cat:dog:99]", [(10, "a cat")]),
        ("a [ cat:4]", [(4, "a "), (10, "a  cat")]),
        ("a[ cat::4]", [(4, "a cat"), (10, "a")]),
        ("[a:b:2] [c:d:7]", [(2, "a c"), (7, "b c"), (10, "b d")]),
        ("[a:[b:c:7]:2]", [(2, "a"), (7, "b"), (10, "c")]),
        ("[[a:b:2]:c:7]", [(2, "a"), (7, "b"), (10, "c")]),
        ("[(a:1.2):[b]:3]", [(3, "(a:1.2)"), (10, "[b]")]),
    ],
)
def test_editing_changes_the_text_at_a_step(text: str, texts: list[tuple[int, str]]) -> None:
    assert schedule(text, 10) == texts


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("a [cat|dog]", [(1, "a cat"), (2, "a dog"), (3, "a cat"), (4, "a dog")]),
        ("[a|b|c]", [(1, "a"), (2, "b"), (3, "c"), (4, "a")]),
        ("[fore|]st", [(1, "forest"), (2, "st"), (3, "forest"), (4, "st")]),
        ("[|]x", [(4, "x")]),
        ("[a|(b:1.2)]", [(1, "a"), (2, "(b:1.2)"), (3, "a"), (4, "(b:1.2)")]),
        ("[a|[b:c:2]]", [(1, "a"), (2, "b"), (3, "a"), (4, "c")]),
        ("[[a|b]:c:2]", [(1, "a"), (2, "b"), (4, "c")]),
        ("[a|[b|c]]", [(1, "a"), (2, "c"), (3, "a"), (4, "c")]),
    ],
)
def test_alternation_changes_the_text_with_every_step(text: str, texts: list[tuple[int, str]]) -> None:
    assert schedule(text, 4) == texts


@pytest.mark.parametrize(
    "text",
    [
        "(a) [b] ((c:1.2)) [[d]]",
        "[a:b]",
        "[a:b:c]",
        "[a:b:1.2.3]",
        "[a:b:(c)4]",
        "[a:b:c:4]",
        "[a:b:4",
        "a:b:4]",
        "[a:(b:4]",
        "[a) b:c:4]",
        "[a:[b:c]:4]",
        r"\[a:b:4\]",
        r"[a:b:4\]",
        r"[a\|b]",
        "[a:b|c:4]",
        "a | [b:c:4]",
        "(a|b) [c|d]",
        "[a|b",
        "[a:b:4] \\",
        "[a:b:4] \\\n",
    ],
)
def test_what_is_no_editing_stays_as_it_is(text: str) -> None:
    assert schedule(text, 10) == [(10, text)]


def test_editing_is_read_beside_what_is_none() -> None:
    assert schedule("((a][:b:c [d:3]", 10) == [(3, "((a][:b:c "), (10, "((a][:b:c d")]
    assert schedule("[x:y] [a:b:3]", 10) == [(3, "[x:y] a"), (10, "[x:y] b")]


def test_a_step_is_a_number_as_it_stands_and_none_that_alternates() -> None:
    assert schedule("[a:b:[3|3]]", 10) == [(10, "[a:b:3]")]


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("[a:b:0.5]", [(8, "b")]),
        ("[a:b:1.5]", [(4, "a"), (8, "b")]),
        ("[a:b:20]", [(8, "b")]),
        ("[a:b:22]", [(2, "a"), (8, "b")]),
        ("[a:b:2.0]", [(8, "a")]),
    ],
)
def test_a_hires_pass_counts_on_from_the_first(text: str, texts: list[tuple[int, str]]) -> None:
    assert schedule(text, 20, hires_steps=8) == texts


def test_a_part_says_its_text_at_every_call_as_the_webui_counts_them() -> None:
    part = Part(1.0, schedule("[a|b|c]", 5))
    assert [part.at(step) for step in range(5)] == ["a", "a", "b", "c", "a"]


def test_an_edited_text_holds_one_call_longer_than_its_number_says() -> None:
    part = Part(1.0, schedule("[a:b:2]", 5))
    assert [part.at(step) for step in range(5)] == ["a", "a", "a", "b", "b"]


def test_past_the_last_step_it_is_the_first_text_again() -> None:
    part = Part(1.0, schedule("[a:b:2]", 5))
    assert [part.at(step) for step in range(4, 8)] == ["b", "b", "a", "a"]


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        ("a cat", [("a cat", 1)]),
        ("a AND b :1.2", [("a", 1), (" b", 1.2)]),
        ("a:0.5 AND b: -1 AND c :.5", [("a", 0.5), (" b", -1), (" c", 0.5)]),
        ("a:2. AND\nb", [("a", 2), ("\nb", 1)]),
        ("SAND and ANDROID", [("SAND and ANDROID", 1)]),
        ("(a:1.2) AND b:c", [("(a:1.2)", 1), (" b:c", 1)]),
        ("a AND", [("a", 1), ("", 1)]),
    ],
)
def test_and_joins_texts_with_weights(prompt: str, parts: list[tuple[str, float]]) -> None:
    assert composition(prompt) == parts


def test_each_part_has_a_schedule_of_its_own() -> None:
    assert parse("[a:b:2] AND [c|d] :0.5", 3) == [
        Part(1.0, [(2, "a"), (3, "b")]),
        Part(0.5, [(1, " c"), (2, " d"), (3, " c")]),
    ]


def joined(written: list[Written]) -> Written:
    return "".join(text for text, _ in written), [
        "".join(texts) for texts in zip(*(at for _, at in written), strict=True)
    ]


def edited(before: Written, after: Written, last: int) -> Written:
    texts = [(before if step <= last else after)[1][step - 1] for step in range(1, STEPS + 1)]
    return f"[{before[0]}:{after[0]}:{last}]", texts


def alternating(written: list[Written]) -> Written:
    texts = [written[(step - 1) % len(written)][1][step - 1] for step in range(1, STEPS + 1)]
    return f"[{'|'.join(text for text, _ in written)}]", texts


def weighed(written: Written) -> Written:
    return f"({written[0]}:1.2)", [f"({text}:1.2)" for text in written[1]]


def grammar(inner: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    return st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(joined),
        st.lists(inner, min_size=2, max_size=3).map(alternating),
        st.builds(edited, inner, inner, st.integers(-1, STEPS + 1)),
        inner.map(weighed),
    )


PLAIN = st.text("ab ,", max_size=3).map(lambda text: (text, [text] * STEPS))


@given(st.recursive(PLAIN, grammar, max_leaves=8))
def test_what_is_written_in_the_grammar_is_read_at_every_step(written: Written) -> None:
    text, texts = written
    found = schedule(text, STEPS)
    assert [next(each for last, each in found if step <= last) for step in range(1, STEPS + 1)] == texts


@given(st.text("ab ()[]:|\\0.5 AND\n"), st.integers(1, 8), st.none() | st.integers(1, 8))
def test_whatever_is_written_is_read(prompt: str, steps: int, hires_steps: int | None) -> None:
    for part in parse(prompt, steps, hires_steps):
        lasts = [last for last, _ in part.schedule]
        assert lasts == sorted(set(lasts))
        assert lasts[-1] == (hires_steps or steps)


def test_brackets_may_nest_as_deep_as_a_prompt_is_long() -> None:
    deep = "[" * 2000 + "a" + ":1]" * 2000
    assert schedule(deep, 2) == [(1, ""), (2, "a")]
