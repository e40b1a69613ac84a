"""Bodies that refuse unknown fields instead of ignoring them: most are typos."""

from collections.abc import Callable

from pydantic import AfterValidator, BaseModel, ConfigDict

from shared.suggestions import did_you_mean


class KnownFields(BaseModel):
    """Subclasses annotate the keys of `__pydantic_extra__`, which are the unknown names, with how to refuse them.

    So each is refused by its own name, with whatever else is wrong; pydantic's "forbid" could not say what was meant.
    """

    model_config = ConfigDict(extra="allow")


def refused(sentence: str, body: Callable[[], type[BaseModel]]) -> AfterValidator:
    """Refuses any name, with the nearest fields of `body`: a callable, since the class is still being defined."""

    def refuse(name: str) -> str:
        raise ValueError(f"{sentence}{did_you_mean(name, body().model_fields)}")

    return AfterValidator(refuse)
