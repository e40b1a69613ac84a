"""The WebUI's samplers by name."""

from collections.abc import Callable, Mapping
from math import hypot

from torch import Tensor

from container.sampling import dpm_solver, multistep, single_step, stochastic
from container.sampling.noise import Noise
from container.sampling.run import Denoise, OnStep, Options, Run, Unguided
from container.sampling.unipc import unipc
from shared.samplers import ETAS, OWN_TIMESTEPS, Sampler

_SAMPLERS: Mapping[Sampler, Callable[[Run, Tensor], Tensor]] = {
    "DPM++ 2M": multistep.dpmpp_2m,
    "DPM++ SDE": stochastic.dpmpp_sde,
    "DPM++ 2M SDE": stochastic.dpmpp_2m_sde,
    "DPM++ 2M SDE Heun": stochastic.dpmpp_2m_sde_heun,
    "DPM++ 2S a": stochastic.dpmpp_2s_ancestral,
    "DPM++ 3M SDE": stochastic.dpmpp_3m_sde,
    "Euler a": single_step.euler_ancestral,
    "Euler": single_step.euler,
    "LMS": multistep.lms,
    "Heun": single_step.heun,
    "DPM2": single_step.dpm2,
    "DPM2 a": single_step.dpm2_ancestral,
    "DPM fast": dpm_solver.dpm_fast,
    "DPM adaptive": dpm_solver.dpm_adaptive,
    "DDIM": single_step.euler_ancestral,
    "DDIM CFG++": single_step.ddim_cfgpp,
    "PLMS": multistep.plms,
    "UniPC": unipc,
    "DEIS": multistep.deis,
    "LCM": single_step.lcm,
    "Restart": single_step.restart,
}
_CALLING_TWICE: frozenset[Sampler] = frozenset({"Heun", "DPM2", "DPM2 a", "DPM++ 2S a", "DPM++ SDE", "Restart"})


def calls(sampler: Sampler, steps: int) -> int:
    """How often the model is called in `steps` steps; the last of them may need one call less.

    DPM adaptive's number of calls is not known beforehand: as in the WebUI, it counts as one for each step.
    """
    return steps * (2 if sampler in _CALLING_TWICE else 1)


def sample(
    sampler: Sampler,
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    options: Options,
    on_step: OnStep,
    highest: float | None = None,
    unguided: Unguided | None = None,
) -> Tensor:
    """The latent pictures that a sampler makes of x.

    `sigmas`, strictly descending, and x (pictures, channels, height, width) are a course's; `denoise(x, sigma)` is what
    the model sees in x. `on_step(index, x0)` is called after each step with what the model saw first, even if the
    sampler calls it twice; what it raises ends the run. The steps of DPM fast and DPM adaptive are not those of
    `sigmas`: their `index` is the last of `sigmas`' steps that is done. `highest` is a course's, too; None is the first
    of `sigmas`.
    `unguided` is for DDIM CFG++; without it, the model sees the same with and without its prompt.
    """
    eta = options.eta if options.eta is not None else ETAS.get(sampler, 1)
    levels: list[float] = sigmas.tolist()
    run = Run(denoise, levels, noise, options, eta, on_step, highest or levels[0], unguided)
    sampled = _SAMPLERS[sampler](run, x)
    # The WebUI leaves these in the scale that they work in, at their last level.
    return sampled / hypot(1, levels[-1]) if sampler in OWN_TIMESTEPS else sampled
