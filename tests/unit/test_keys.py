from goc.keys import issue
from shared.keys import owner_of


def test_keys_of_one_name_differ_and_have_one_owner() -> None:
    first, second = issue("alice"), issue("alice")
    assert first != second
    assert owner_of(first) == owner_of(second)


def test_names_have_owners_of_their_own() -> None:
    assert owner_of(issue("alice")) != owner_of(issue("bob"))


def test_a_key_is_what_api_gateway_takes() -> None:
    key = issue("Zoë / ops")
    assert len(key) == 55
    assert key.isascii()
    assert key.isalnum()


def test_a_key_issued_elsewhere_is_an_owner_of_its_own() -> None:
    assert owner_of("some-other-key") == owner_of("some-other-key")
    assert owner_of("some-other-key") != owner_of("yet-another-key")


def test_an_owner_says_nothing_of_the_secret() -> None:
    key = issue("alice")
    assert key[15:] not in owner_of(key)
    assert "some-other-key" not in owner_of("some-other-key")


def test_an_owner_and_a_jobs_id_fit_an_inference_id() -> None:
    assert len(owner_of("some-other-key")) + 1 + 36 <= 64
