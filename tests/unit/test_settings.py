import pytest

from shared.settings import Settings
from tests.unit.aws import SETTINGS


def test_settings_survive_the_way_through_the_environment() -> None:
    assert Settings.from_env(SETTINGS.to_env()) == SETTINGS


def test_a_setting_that_the_stack_did_not_give_is_named() -> None:
    environment = SETTINGS.to_env()
    del environment["BUCKET"]
    with pytest.raises(KeyError, match="BUCKET"):
        Settings.from_env(environment)
