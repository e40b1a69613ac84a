"""One call of the model: what picture it sees in the noise, guided by the prompts and by ControlNet."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from math import hypot, sqrt
from typing import Any, NamedTuple

import torch
from torch import Tensor

from container.conditions import Conditions, Told
from container.controlnet.control import Control, residuals
from container.loading import StableDiffusion
from container.prompts.encoder import Conditioning
from container.sampling.schedules import NoiseSchedule


class Inpainting(NamedTuple):
    """The latents to keep, (n, 4, h, w), where `drawn`, (n, 1, h, w) from 0 to 1, is below 1.

    They are laid over what the model sees or, if `shown`, without noise over what it is shown.
    """

    kept: Tensor
    drawn: Tensor
    shown: bool = False

    def over(self, latents: Tensor) -> Tensor:
        """`latents` with those to keep laid over them."""
        return self.kept * (1 - self.drawn) + latents * self.drawn


@dataclass
class Denoiser:
    """One batch in one pass: `denoiser(x, sigma)` is x0. All its pictures have the same prompts.

    `step`, from 0, is the current one of `steps`. ControlNet windows go by `counted`, the step of the previous call:
    the WebUI counts a step once the model has been called in it. `keeping` stores the noise that the model sees
    without the prompt as `unguided`.
    """

    model: StableDiffusion
    noise_schedule: NoiseSchedule
    conditions: Conditions
    cfg_scale: float
    size: tuple[int, int]  # of the pictures: width and height, which SDXL is told
    controls: Sequence[Control] = ()
    inpainting: Inpainting | None = None
    steps: int = 1
    keeping: bool = False
    step: int = 0
    counted: int = 0
    calls: int = 0
    unguided: Tensor = field(default_factory=lambda: torch.zeros(()))

    def __call__(self, x: Tensor, sigma: float) -> Tensor:
        told = self.conditions.at(self.calls)
        self.calls += 1
        if self.inpainting and self.inpainting.shown:
            preserving = hypot(1, sigma)  # the scale in which the WebUI lays them over
            shown = self.inpainting.over(x / preserving) * preserving
            x0 = x - (shown - self._guided(shown, sigma, told))  # the noise that the model sees is taken from x itself
        else:
            seen = self._guided(x, sigma, told)
            x0 = self.inpainting.over(seen) if self.inpainting else seen
        self.counted = self.step
        return x0

    def _guided(self, x: Tensor, sigma: float, told: Told) -> Tensor:
        """Classifier-free guidance; with AND, each part pulls by its own weight."""
        guiding = [conditioning for _, conditioning in told.parts]
        if self.cfg_scale == 1 and not self.keeping and len(guiding) == 1 and told.parts[0][0] == 1:
            return self._seen(x, sigma, guiding)[0]
        *seen, unguided = self._seen(x, sigma, [*guiding, told.negative])
        if self.keeping:
            self.unguided = (x - unguided) / sigma
        pulls = [(part - unguided) * weight for part, (weight, _) in zip(seen, told.parts, strict=True)]
        guided: Tensor = unguided + sum(pulls) * self.cfg_scale
        return guided

    def _seen(self, x: Tensor, sigma: float, conditionings: list[Conditioning]) -> list[Tensor]:
        """x0 under each of these; the last of several is the negative prompt. Each run of equal length is one batch."""
        seen: list[Tensor] = []
        for _, run in groupby(enumerate(conditionings), key=lambda each: len(each[1].tokens)):
            places, alike = zip(*run, strict=True)
            conditional = [place == 0 or place < len(conditionings) - 1 for place in places]
            seen += self._predicted(x, sigma, alike, conditional).chunk(len(alike))
        return seen

    def _predicted(self, x: Tensor, sigma: float, told: Sequence[Conditioning], conditional: list[bool]) -> Tensor:
        pictures, model = len(x), self.model
        noised = torch.cat([x] * len(told))
        scaled = (noised / sqrt(sigma**2 + 1)).to(model.dtype)
        # created on the device: copying to a GPU would wait for it
        time = torch.full((), self.noise_schedule.time(sigma), device=x.device)
        tokens = torch.cat([each.tokens[None].expand(pictures, -1, -1) for each in told])
        added = self._added(told, pictures)
        guided = self._controlled(scaled, time, tokens, added, conditional) if self.controls else {}
        said: Tensor = model.unet(scaled, time, tokens, added_cond_kwargs=added, return_dict=False, **guided)[0].float()
        if model.v_prediction:
            return noised / (sigma**2 + 1) - said * (sigma / sqrt(sigma**2 + 1))
        return noised - said * sigma

    def _controlled(
        self, scaled: Tensor, time: Tensor, tokens: Tensor, added: dict[str, Tensor], conditional: list[bool]
    ) -> dict[str, Any]:
        rows = torch.tensor(conditional, device=scaled.device).repeat_interleave(len(scaled) // len(conditional))
        controls = [each for each in self.controls if any(conditional) or not each.conditional_only]
        return residuals(controls, scaled, time, tokens, added, self.counted / self.steps, rows)

    def _added(self, told: Sequence[Conditioning], pictures: int) -> dict[str, Tensor]:
        """SDXL's extra inputs: the pooled prompt, and the sizes that it was trained with (original, crop, target)."""
        pooled = [each.pooled for each in told if each.pooled is not None]
        if not pooled:
            return {}
        texts = torch.cat([each.expand(pictures, -1) for each in pooled])
        return {"text_embeds": texts, "time_ids": self._sizes.to(texts.dtype).expand(len(texts), -1)}

    @cached_property
    def _sizes(self) -> Tensor:
        width, height = self.size
        return torch.tensor([[height, width, 0, 0, height, width]], device=self.model.device)
