"""The models that an order names besides its checkpoint: in its lists, prompts, settings and ControlNet units."""

from collections.abc import Iterator
from itertools import chain

from lambdas.jobs.orders import SubmitJob
from shared import networks
from shared.controlnet import NO_MODEL
from shared.errors import Invalid
from shared.networks import TAGGED_PROMPTS, UNITS, VAE, Named, Tag, sd_vae, tagged, tags, unknown_tags
from shared.parameters import Txt2ImgParameters
from shared.shapes import MOST_NAME, ModelType, Task
from shared.tables.models import stem

MOST_MODELS = 97  # one BatchGetItem takes a hundred keys: endpoint, checkpoint and Idempotency-Key are the others
PROMPTS = ("prompt", "negative_prompt")
HR_PROMPTS = ("hr_prompt", "hr_negative_prompt")

_TAGS = {ModelType.LORA: "lora", ModelType.HYPERNETWORK: "hypernet"}


def named(order: SubmitJob) -> list[Named]:
    """All that the order names. Raises Invalid for what one call can't look up: too long a name, or too many."""
    _check_units(order)
    _check_names(order)
    listed = map(Named._make, order.extra_networks.listed)
    found = [*listed, *networks.named(order.parameters, order.extra_networks.detector)]
    distinct = {(each.type, stem(each.name)) for each in found}
    if len(distinct) > MOST_MODELS:  # too many in the prompts: the rest have bounds of their own
        detail = f"The order names {len(distinct)} models beside its checkpoint; {MOST_MODELS} are the most."
        raise Invalid.about("parameters.prompt", detail)
    return found


def vae(order: SubmitJob) -> str | None:
    """The VAE to draw with, unless it is the checkpoint's own. Raises Invalid if there are several to choose from."""
    listed = order.extra_networks.vae
    chosen = sd_vae(order.parameters)
    if not chosen and len(listed) > 1:
        raise Invalid.about("extra_networks.vae", f"There are {len(listed)}; say which one in {VAE}.")
    return chosen or (listed[0] if listed else None)


def warnings(order: SubmitJob) -> list[str]:
    """A sentence for each network that takes no part, or takes part otherwise than its tag asks."""
    prompts = {field: getattr(order.parameters, field) for field in _prompts(order)}
    tagged = [tag for prompt in prompts.values() for tag in tags(prompt)]
    return [
        *(
            f"A network that {field} names takes no part, as in the WebUI: only prompt and hr_prompt are read for tags."
            for field, prompt in prompts.items()
            if field not in TAGGED_PROMPTS and tags(prompt)
        ),
        *(
            f"'dyn' of {tag.name[:100]!r} is not honoured: its rank stays as it is."
            for tag in tagged
            if _asks_for_dyn(tag)
        ),
        *_unknown(order),
        *_not_named(order, "\n".join(prompts.values()).lower()),
    ]


def _asks_for_dyn(tag: Tag) -> bool:
    return len(tag.arguments) > 2 or any(each.startswith("dyn=") for each in tag.arguments)


def _unknown(order: SubmitJob) -> Iterator[str]:
    if order.parameters.disable_extra_networks:
        return
    prompts = [getattr(order.parameters, field) for field in _prompts(order) if field in TAGGED_PROMPTS]
    for tag in dict.fromkeys(chain.from_iterable(map(unknown_tags, prompts))):
        yield f"{tag[:100]!r} is left out: what prompts may name so are <lora:...>, <lyco:...> and <hypernet:...>."


def _not_named(order: SubmitJob, prompts: str) -> Iterator[str]:
    in_prompts = {(each.type, stem(each.name)) for each in tagged(order.parameters)}
    for _, type, name in order.extra_networks.listed:
        by_tag = type in _TAGS and not order.parameters.disable_extra_networks and (type, stem(name)) not in in_prompts
        if by_tag or (type is ModelType.TEXTUAL_INVERSION and stem(name) not in prompts):
            yield f"The {type} {name!r} is not named in the prompt; it takes part where that says {_spelt(type, name)}."


def _check_names(order: SubmitJob) -> None:
    """Raises Invalid for a name in a prompt that is longer than any model's can be."""
    for field, type, name in tagged(order.parameters):
        if len(name) > MOST_NAME:
            raise Invalid.about(
                field, f"There is no {type} {name[:50]!r}...: a name has at most {MOST_NAME} characters."
            )


def _prompts(order: SubmitJob) -> tuple[str, ...]:
    """The fields of those prompts that are used in drawing."""
    second_pass = isinstance(order.parameters, Txt2ImgParameters) and order.parameters.enable_hr
    return PROMPTS + HR_PROMPTS if second_pass else PROMPTS


def _check_units(order: SubmitJob) -> None:
    """Raises Invalid for a unit that has nothing to guide with, or nothing to be guided by."""
    for place, unit in order.parameters.units.items():
        field = f"{UNITS}.{place}"
        if unit.model == NO_MODEL:
            detail = "The unit has no model: name one that GET /models?type=controlnet lists, or switch the unit off."
            raise Invalid.about(f"{field}.model", detail)
        if not unit.image and not unit.keypoints and order.task is Task.TXT2IMG:
            detail = "The unit has no picture: send one, or keypoints, or switch the unit off."
            raise Invalid.about(f"{field}.image", detail)


def _spelt(type: ModelType, name: str) -> str:
    """How a prompt names it."""
    return f"<{_TAGS[type]}:{name}:1>" if type in _TAGS else f"{stem(name)!r}"
