"""The infotexts of orders, as they are written."""

from typing import Any

from container.infotext import Named, Seeds, infotext
from shared.parameters import Img2ImgParameters, Parameters

CHECKPOINT = Named("v1-5-pruned", "6ce0161689b3853acaa03779ec93eafe75a02f4ced659bee03f50797806fa2fa")
MODEL = "Model hash: 6ce0161689, Model: v1-5-pruned, "


def told(
    parameters: Parameters,
    vae: Named | None = None,
    networks: dict[str, str] | None = None,
    model: Named = CHECKPOINT,
    zero_terminal_snr: bool = False,
) -> str:
    return infotext(parameters, Seeds(42, 5), model, vae, networks or {}, zero_terminal_snr)


def after_the_model(parameters: Parameters, **more: Any) -> str:
    """What the infotext has between the model and the version."""
    text = told(parameters, **more)
    assert text.endswith("Version: goc-0.1.0")
    return text.partition(MODEL)[2].removesuffix("Version: goc-0.1.0").removesuffix(", ")


def over(**fields: Any) -> Img2ImgParameters:
    return Img2ImgParameters(init_images=["a.png"], **fields)


def units(*units: dict[str, Any]) -> dict[str, Any]:
    return {"alwayson_scripts": {"controlnet": {"args": list(units)}}}
