"""Bodies that refuse a field which they have not, instead of passing it over: most are slips of the finger."""

from collections.abc import Callable

from pydantic import AfterValidator, BaseModel, ConfigDict

from shared.suggestions import did_you_mean


class KnownFields(BaseModel):
    """Its subclasses say in `__pydantic_extra__`, whose keys are the other names, how they refuse them.

    So each is refused by its own name, beside whatever else is wrong; pydantic's "forbid" could not say what was meant.
    """

    model_config = ConfigDict(extra="allow")


def refused(sentence: str, body: Callable[[], type[BaseModel]]) -> AfterValidator:
    """Refuses any name, with the nearest fields of the body, which is not yet there where this is said of it."""

    def refuse(name: str) -> str:
        raise ValueError(f"{sentence}{did_you_mean(name, body().model_fields)}")

    return AfterValidator(refuse)
