"""What a job keeps of its order's parameters: all that is needed to draw the same pictures again."""

import secrets

from lambdas.jobs import networks, pictures
from lambdas.jobs.orders import SubmitJob
from shared.cloud import Cloud
from shared.errors import Invalid
from shared.shapes import JobKey, Model, ModelType, TaskParameters
from shared.tables.models import stem

# Bytes of JSON besides the prompts, which have a bound of their own: a job's record holds them and stays under 32 KB.
MOST_BYTES = 9_000


def kept(order: SubmitJob, models: list[Model], job: JobKey, cloud: Cloud) -> TaskParameters:
    """The parameters with nothing left to choice or chance, and pictures moved to the job's inputs. Raises Invalid."""
    vae = _vae(order, models)
    parameters = pictures.move(order.parameters, job, cloud)
    undrawn = [name for name in ("seed", "subseed") if getattr(parameters, name) == -1]
    seeds = {name: secrets.randbelow(2**32) for name in undrawn}
    settings = parameters.override_settings.model_copy(update={"sd_vae": vae})
    parameters = parameters.model_copy(update={"override_settings": settings, **seeds})
    size = len(parameters.model_dump_json(exclude={*networks.PROMPTS, *networks.HR_PROMPTS}).encode())
    if size > MOST_BYTES:
        detail = f"Without the prompts they take {size} bytes of {MOST_BYTES}: send fewer ControlNet units."
        raise Invalid.about("parameters", detail)
    return parameters


def _vae(order: SubmitJob, models: list[Model]) -> str | None:
    """The chosen VAE, by the name that it was found under."""
    vae = networks.vae(order)
    found = {stem(model.name): model.name for model in models if model.type is ModelType.VAE}
    return found[stem(vae)] if vae else None
