import pytest

from shared.cors import headers
from tests.unit.api import Answer, Api
from tests.unit.things import ORDER

CONSOLE = "https://console.example"


def ask(api: Api, origin: str) -> Answer:
    """A refusal, which a page must be able to read, too."""
    return api.post("/jobs", ORDER, Origin=origin)


def test_a_page_that_the_deployment_names_may_read_answers(api: Api) -> None:
    answer = ask(api, CONSOLE)
    assert answer.headers["Access-Control-Allow-Origin"] == [CONSOLE]
    assert "Location" in answer.headers["Access-Control-Expose-Headers"][0]


def test_another_page_may_not(api: Api) -> None:
    assert "Access-Control-Allow-Origin" not in ask(api, "https://elsewhere.example").headers


@pytest.mark.parametrize("origin", [None, CONSOLE])
def test_a_deployment_may_let_any_page_read(origin: str | None) -> None:
    assert headers(origin, ["*"])["Access-Control-Allow-Origin"] == ["*"]


def test_a_deployment_that_names_no_page_lets_none_read() -> None:
    assert headers(CONSOLE, []) == {}
