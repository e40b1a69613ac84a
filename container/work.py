"""An order under way: what its passes over the sampler have in common."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from itertools import count, islice
from math import inf
from typing import NamedTuple

from torch import Tensor

from container.conditions import Conditions, Encode
from container.controlnet.control import Control
from container.denoiser import Denoiser, Inpainting
from container.infotext import Seeds
from container.latents import PIXELS, Latents
from container.loading import StableDiffusion
from container.networks.switch import Networks, Switch
from container.prompts.encoder import Conditioning
from container.sampling.courses import Course
from container.sampling.noise import Noise
from container.sampling.run import Options
from container.sampling.samplers import sample
from container.sampling.schedules import NoiseSchedule
from shared.contents import Base
from shared.parameters import Parameters
from shared.samplers import Sampler

_MOST_PLUS_PLUS = 12.5  # the WebUI's CFG scale that stands for 1 in CFG++
OnStep = Callable[[int, int, Callable[[], bytes]], None]
Size = tuple[int, int]  # pixels, width and height
Batch = Sequence[Seeds]


class Plan(NamedTuple):
    """What to draw a pass with."""

    size: Size
    networks: Networks
    controls: Sequence[Control]


class Pass(NamedTuple):
    """One run of the sampler in each batch. `known` are the noise levels that the model knows with this sampler."""

    sampler: Sampler
    known: NoiseSchedule
    course: Course
    conditions: Conditions
    plan: Plan


@dataclass
class Work:
    """`on_step` gets the step, the number of steps in the whole order, and a function that makes a preview (JPEG).

    The first `stored` batches were drawn by an earlier run, and are skipped.
    """

    parameters: Parameters
    model: StableDiffusion
    latents: Latents
    read: Encode
    switch: Switch
    on_step: OnStep
    stored: int = 0
    steps: int = 0  # of all passes in all batches
    done: int = 0
    used: set[str] = field(default_factory=set)  # embeddings that the prompts name

    def batches(self, steps: int) -> Iterator[Batch]:
        """The batches to draw, each in `steps` steps over all its passes."""
        self.steps, self.done = self.parameters.n_iter * steps, self.stored * steps
        return islice(batches(self.parameters), self.stored, None)

    def known(self, sampler: Sampler) -> NoiseSchedule:
        """The noise levels that the model knows with this sampler."""
        of_the_model = NoiseSchedule.from_alphas_cumprod(self.model.alphas_cumprod, self.model.base is Base.SDXL)
        return of_the_model.known_to(sampler)

    def conditions(
        self, plan: Plan, prompt: str, negative: str, calls: int, hires_calls: int | None = None
    ) -> Conditions:
        """The prompts as the text encoder reads them with the pass's networks applied."""
        self.switch.use(plan.networks)
        return Conditions(prompt, negative, self._encode, calls, hires_calls)

    def _encode(self, texts: Iterable[str]) -> Mapping[str, Conditioning]:
        encoded = self.read(texts)
        self.used.update(*(each.used for each in encoded.values()))
        return encoded

    def noise(self, batch: Batch, size: Size) -> Noise:
        asked = self.parameters
        width, height = asked.seed_resize_from_w, asked.seed_resize_from_h
        return Noise(
            [each.seed for each in batch],
            (self.model.unet.config.in_channels, size[1] // PIXELS, size[0] // PIXELS),
            [each.subseed for each in batch],
            asked.subseed_strength,
            (height // PIXELS, width // PIXELS) if width > 0 and height > 0 else None,
            asked.override_settings.eta_noise_seed_delta,
            asked.override_settings.randn_source,
        )

    def sample(self, one: Pass, noise: Noise, start: Tensor, inpainting: Inpainting | None = None) -> Tensor:
        """The latents that the sampler makes of `start`, which has the noise level that the pass begins at."""
        self.switch.use(one.plan.networks)
        plus_plus = one.sampler == "DDIM CFG++"
        denoiser = Denoiser(
            self.model,
            one.known,
            one.conditions,
            self.parameters.cfg_scale / (_MOST_PLUS_PLUS if plus_plus else 1),
            one.plan.size,
            one.plan.controls,
            inpainting,
            one.course.counted,
            plus_plus,
        )
        x = start.to(self.model.device)
        course = one.course
        return sample(
            one.sampler,
            denoiser,
            x,
            course.sigmas,
            noise,
            self._options(),
            self._counting(one.sampler, denoiser),
            course.highest,
            (lambda: denoiser.unguided) if plus_plus else None,
        )

    def _counting(self, sampler: Sampler, denoiser: Denoiser) -> Callable[[int, Tensor], None]:
        """What is called after each step: it counts the order's steps, and the pass's own for the denoiser."""
        adaptive = sampler == "DPM adaptive"
        lag = adaptive or sampler == "UniPC"  # the WebUI's report a step only after looking at where it leads
        begun, counted = self.done, count(1 - lag)

        def on_step(index: int, x0: Tensor) -> None:
            self.done = begun + index + 1
            denoiser.step = next(counted)
            if adaptive:  # all three calls of the next step count the same
                denoiser.counted = denoiser.step
            self.on_step(self.done, self.steps, partial(self._preview, x0))

        return on_step

    def _options(self) -> Options:
        asked = self.parameters
        return Options(asked.eta, asked.s_churn, asked.s_tmin, asked.s_tmax or inf, asked.s_noise)

    def _preview(self, x0: Tensor) -> bytes:
        file = BytesIO()
        self.latents.preview(x0).save(file, "jpeg", quality=75)
        return file.getvalue()


def batches(parameters: Parameters) -> Iterator[Batch]:
    """The seeds of each batch: they count up or, if a variation is mixed in, only the variation seeds do."""
    varied = parameters.subseed_strength > 0
    seeds = [
        Seeds(parameters.seed + (0 if varied else place), parameters.subseed + place)
        for place in range(parameters.pictures)
    ]
    size = parameters.batch_size
    return (seeds[start : start + size] for start in range(0, parameters.pictures, size))
