"""Where the address and the key come from."""

from pathlib import Path

import pytest

from goc.failures import Failure
from goc.settings import connection

WHOLE = 'api = "https://file.example.org"\nkey = "goc-of-the-file"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "goc.toml"


def test_what_is_given_goes_before_the_environment_and_that_before_the_file(config: Path, tmp_path: Path) -> None:
    config.write_text(WHOLE)
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert connection(None, None, environ) == ("https://file.example.org", "goc-of-the-file")
    environ["GOC_API"] = "https://environment.example.org"
    assert connection(None, None, environ) == ("https://environment.example.org", "goc-of-the-file")
    assert connection("https://given.example.org", "goc-given", environ) == ("https://given.example.org", "goc-given")


def test_the_file_is_utf_8_whatever_the_locale_is(config: Path, tmp_path: Path) -> None:
    config.write_bytes(("# schl\u00fcssel\n" + WHOLE).encode("utf-8-sig"))
    assert connection(None, None, {"XDG_CONFIG_HOME": str(tmp_path)})[1] == "goc-of-the-file"
    config.write_bytes("# schl\u00fcssel\n".encode("latin-1"))
    with pytest.raises(Failure, match=r"goc\.toml is no TOML"):
        connection(None, None, {"XDG_CONFIG_HOME": str(tmp_path)})


def test_the_environment_may_name_another_file(config: Path, tmp_path: Path) -> None:
    config.write_text('api = "https://usual.example.org"\nkey = "usual"\n')
    (tmp_path / "other.toml").write_text(WHOLE)
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "GOC_CONFIG": str(tmp_path / "other.toml")}
    assert connection(None, None, environ) == ("https://file.example.org", "goc-of-the-file")


def test_the_file_is_in_the_home_s_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config/goc.toml").write_text(WHOLE)
    assert connection(None, None, {})[1] == "goc-of-the-file"


def test_a_key_s_line_end_is_no_part_of_it() -> None:
    assert connection("https://a.example.org", "goc1\n", {})[1] == "goc1"


def test_without_both_it_says_the_three_places_to_give_them(tmp_path: Path, config: Path) -> None:
    with pytest.raises(Failure) as refused:
        connection(None, None, {"XDG_CONFIG_HOME": str(tmp_path), "GOC_API": "https://a.example.org"})
    assert all(way in str(refused.value) for way in ("GOC_KEY", "--key", str(config)))


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("key = goc1", "is no TOML"),
        ('kye = "goc1"', "'kye' is no field"),
        ("key = 1", "`key` has to be a text"),
        ('api = ""', "`api` has to be a text"),
        ("[key]", "`key` has to be a text"),
        ('key = "\udcff"', "is no TOML"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong_in_it(config: Path, tmp_path: Path, content: str, wrong: str) -> None:
    config.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(Failure) as refused:
        connection(None, None, {"XDG_CONFIG_HOME": str(tmp_path)})
    assert str(refused.value).startswith(str(config))
    assert wrong in str(refused.value)


def test_a_file_that_is_named_and_not_there_or_not_to_be_read_is_refused(tmp_path: Path) -> None:
    for name, wrong in (("none.toml", "is not there"), (".", "can't be read")):
        with pytest.raises(Failure, match=wrong):
            connection(None, None, {"GOC_CONFIG": str(tmp_path / name)})
