"""What a function must know of its deployment: written by the stack, read once where the process starts."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Self

from pydantic import BaseModel


class _FromEnv(BaseModel, frozen=True):
    """Its fields are environment variables, in capitals."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Raises KeyError naming the variable that the stack did not set."""
        return cls.model_validate({name: environ[name.upper()] for name in cls.model_fields})

    def to_env(self) -> dict[str, str]:
        return {name.upper(): str(value) for name, value in self}


class Settings(_FromEnv):
    jobs_table: str
    models_table: str
    endpoints_table: str
    bucket: str
    inline_bodies: bool  # does the region's InvokeEndpointAsync take a body? Else every order goes by S3
    deadline_seconds: int  # how long a job may take from its submission to its last picture, if it does not say
    most_deadline_seconds: int  # the most that it may say
    retention_days: int  # how long a job's record and pictures stay
    cors_origins: str  # of the web pages that may use the API, with commas between, or `*`

    @property
    def origins(self) -> list[str]:
        return [origin for origin in self.cors_origins.split(",") if origin]


class EndpointSettings(_FromEnv):
    """What the functions that make and remove endpoints must know besides."""

    stage: str  # the tag of everything that is made
    endpoint_prefix: str  # what the names of this deployment's endpoints begin with
    endpoint_image: str  # of their containers, if no other is asked for
    endpoint_role: str  # that SageMaker and the containers work under
    success_topic: str
    error_topic: str
    most_endpoints: int  # that there may be at a time
    most_instances: int  # that all endpoints together may grow to


@cache
def settings() -> Settings:
    """This process's settings, as the stack gave them."""
    return Settings.from_env(os.environ)


@cache
def endpoint_settings() -> EndpointSettings:
    """This process's, if it is one of the endpoints' functions."""
    return EndpointSettings.from_env(os.environ)
