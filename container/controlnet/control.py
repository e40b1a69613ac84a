"""What ControlNets add to a UNet while a picture is sampled.

Windows, modes and layers' weights are those of the ControlNet extension 1.1.455.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from diffusers import ControlNetModel
from torch import Tensor

from container.failures import Failure
from shared.controlnet import Unit

_FADING = 0.825  # from each layer to the next one outward
_LAYERS = 13  # of Stable Diffusion 1.x; SDXL's ten are the first of them
_SOFT_WHEN_ENLARGED = ("canny",)  # preprocessors whose lines are too hard for a second pass


class UnusableWeights(Failure):
    """A unit's `advanced_weighting` does not fit its model."""


@dataclass(frozen=True)
class Control:
    """A unit at work. `hint` is (1, RGB, row, column) from 0 to 1; `weights` has one per layer, the middle last."""

    model: ControlNetModel
    hint: Tensor
    weights: tuple[float, ...]
    start: float
    end: float
    conditional_only: bool

    @classmethod
    def of(cls, unit: Unit, place: int, model: ControlNetModel, hint: Tensor, second_pass: bool = False) -> Self:
        """The unit at `place` in the order, in the first or only pass or in the second. Raises UnusableWeights."""
        pooled = bool(model.config.global_pool_conditions)
        return cls(
            model=model,
            hint=hint.to(model.device, model.dtype),
            weights=_weights(unit, place, len(model.controlnet_down_blocks) + 1, second_pass),
            start=unit.guidance_start,
            end=unit.guidance_end,
            # the extension distinguishes the rows of the two prompts only in a first pass
            conditional_only=not second_pass and (pooled or unit.control_mode == "ControlNet is more important"),
        )

    def guides(self, share: float) -> bool:
        return self.start <= share <= self.end and any(self.weights)

    def residuals(self, sample: Tensor, time: Tensor, states: Tensor, added: Mapping[str, Tensor]) -> list[Tensor]:
        """One for each layer, the middle last."""
        down, middle = self.model(
            sample,
            time,
            states,
            self.hint,
            added_cond_kwargs=dict(added),
            return_dict=False,
        )
        return [layer * weight for layer, weight in zip([*down, middle], self.weights, strict=True)]


def residuals(
    controls: Sequence[Control],
    sample: Tensor,
    time: Tensor,
    states: Tensor,
    added: Mapping[str, Tensor],
    share: float,
    conditional: Tensor,
) -> dict[str, Any]:
    """The UNet's extra arguments: `down_block_additional_residuals` and `mid_block_additional_residual`.

    Empty if no control guides. `sample`, `time` (one number, or one per row), `states` and `added` (SDXL's
    `text_embeds` and `time_ids`, else nothing) are what the UNet itself is called with; `share` is the share of the
    sampling steps counted so far, 0 at first; `conditional` is true in rows of the prompt and false in those of the
    negative prompt.
    """
    total: list[Tensor] = []
    for control in controls:
        if control.guides(share):
            if control.conditional_only:
                found = _of_rows(control, conditional, sample, time, states, added)
            else:
                found = control.residuals(sample, time, states, added)
            total = [a + b for a, b in zip(total, found, strict=True)] if total else found
    if not total:
        return {}
    return {"down_block_additional_residuals": total[:-1], "mid_block_additional_residual": total[-1]}


def _of_rows(
    control: Control, rows: Tensor, sample: Tensor, time: Tensor, states: Tensor, added: Mapping[str, Tensor]
) -> list[Tensor]:
    """The residuals of these rows, and zeros in the others."""
    chosen = {name: each[rows] for name, each in added.items()}
    found = control.residuals(sample[rows], time.expand(len(sample))[rows], states[rows], chosen)
    spread = [layer.new_zeros(len(sample), *layer.shape[1:]) for layer in found]
    for whole, layer in zip(spread, found, strict=True):
        whole[rows] = layer
    return spread


def _weights(unit: Unit, place: int, layers: int, second_pass: bool) -> tuple[float, ...]:
    if unit.advanced_weighting is not None:
        if len(unit.advanced_weighting) != layers:
            raise UnusableWeights(
                f"ControlNet unit {place} has {len(unit.advanced_weighting)} numbers in advanced_weighting, and its "
                f"model {layers} layers. Send {layers} numbers, or none."
            )
        return tuple(unit.advanced_weighting)
    if unit.control_mode == "Balanced" and not (second_pass and unit.module in _SOFT_WHEN_ENLARGED):
        return (unit.weight,) * layers
    return tuple(unit.weight * _FADING ** (_LAYERS - 1 - layer) for layer in range(layers))
