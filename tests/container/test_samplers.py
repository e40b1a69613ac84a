from typing import Any

import numpy as np
import pytest
from diffusers import DDIMScheduler, EulerAncestralDiscreteScheduler, EulerDiscreteScheduler

from container.architectures import Architecture
from container.samplers import scheduler
from shared.parameters import SAMPLERS, Sampler

CONFIG = DDIMScheduler.load_config(Architecture("stable_diffusion_1").folder / "scheduler")
LARGEST_SIGMA, SMALLEST_SIGMA = 14.6146, 0.0292  # of Stable Diffusion 1.x


def schedule(sampler: Sampler, steps: int) -> Any:
    made: Any = scheduler(sampler, CONFIG)
    made.set_timesteps(steps)
    return made


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 20, 150])
def test_every_sampler_calls_the_unet_once_a_step(sampler: Sampler, steps: int) -> None:
    assert len(schedule(sampler, steps).timesteps) == steps


@pytest.mark.parametrize(
    ("sampler", "kind"), [("Euler a", EulerAncestralDiscreteScheduler), ("Euler", EulerDiscreteScheduler)]
)
def test_euler_goes_evenly_through_time_from_the_noisiest_step(sampler: Sampler, kind: type[Any]) -> None:
    made = schedule(sampler, 20)
    assert type(made) is kind
    assert made.timesteps.tolist() == pytest.approx(np.linspace(999, 0, 20).tolist(), abs=1e-3)
    assert made.sigmas[0] == pytest.approx(LARGEST_SIGMA, abs=1e-3)


def test_dpm_2m_follows_karras() -> None:
    roots = np.linspace(LARGEST_SIGMA ** (1 / 7), SMALLEST_SIGMA ** (1 / 7), 20)
    assert schedule("DPM++ 2M", 20).sigmas.tolist() == pytest.approx([*(roots**7), 0], rel=1e-2)


def test_ddim_steps_lead_in_equal_strides_to_the_first() -> None:
    assert schedule("DDIM", 20).timesteps.tolist() == list(range(951, 0, -50))
