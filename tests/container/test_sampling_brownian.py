import pytest
import torch
from torch import Tensor

from container.diffusion import alphas_cumprod
from container.sampling.courses import img2img
from container.sampling.noise import Noise
from container.sampling.run import Options
from container.sampling.samplers import sample
from container.sampling.schedules import NoiseSchedule
from shared.overrides import RandomSource
from tests.container.gaussian import denoise, unheard

LOW, HIGH = 0.029167, 14.614642  # of Stable Diffusion 1.x


@pytest.mark.parametrize(
    ("source", "numbers"),
    [
        ("GPU", [1.1442795, -0.1259885, 0.9508768, 1.2012093]),
        ("CPU", [-0.3982910, 1.8305789, 0.7976890, -0.6523794]),
    ],
)
def test_a_seeds_paths_are_torchsdes(source: RandomSource, numbers: list[float]) -> None:
    """Its version 0.2.6 made these, with the seeds' numbers drawn as the WebUI draws them."""
    paths = Noise([7], (4, 3, 2), source=source).paths(LOW, HIGH)
    found = paths.noise(1.4201264381408691, 0.6528899073600769).flatten()[:4]
    assert torch.allclose(found, torch.tensor(numbers), atol=1e-5)


def test_steps_add_up_to_the_step_over_them_in_whatever_order_they_are_taken() -> None:
    one, other = (Noise([7, 8], (4, 8, 8)).paths(LOW, HIGH) for _ in range(2))
    later, whole, earlier = one.noise(4, 1), one.noise(9, 1), one.noise(9, 4)
    assert torch.equal(other.noise(9, 1), whole)
    assert torch.allclose(earlier * 5**0.5 + later * 3**0.5, whole * 8**0.5, atol=1e-4)


def test_noise_is_of_variance_1_and_independent_from_step_to_step() -> None:
    paths = Noise([3], (4, 64, 64)).paths(LOW, HIGH)
    first, second = paths.noise(2, 1).flatten(), paths.noise(1, 0.5).flatten()
    assert (first.std().item(), second.std().item()) == pytest.approx((1, 1), abs=0.02)
    assert torch.corrcoef(torch.stack([first, second]))[0, 1].item() == pytest.approx(0, abs=0.03)


def test_a_path_depends_on_its_own_seed_alone() -> None:
    together, alone = Noise([1, 2], (4, 8, 8)), Noise([2], (4, 8, 8), seed_delta=31337)
    alone.first()
    assert torch.equal(together.paths(LOW, HIGH).noise(3, 1)[1], alone.paths(LOW, HIGH).noise(3, 1)[0])


def test_an_img2imgs_paths_are_those_of_the_whole_schedule() -> None:
    model = NoiseSchedule.from_alphas_cumprod(alphas_cumprod())
    course = img2img("Karras", 10, 0.5, model, "DPM++ 2M SDE")
    assert course.highest == pytest.approx(HIGH, abs=1e-4)
    shown: list[Tensor] = []

    def looking(x: Tensor, sigma: float) -> Tensor:
        shown.append(x)
        return denoise(x, sigma)

    noise, x = Noise([5], (4, 8, 8)), torch.zeros(1, 4, 8, 8)
    sample("DPM++ 2M SDE", looking, x, course.sigmas, noise, Options(), unheard, course.highest)
    sigma, following, *_, lowest, _ = course.sigmas.tolist()
    step = noise.paths(lowest, course.highest or 0).noise(sigma, following)
    expected = following * (1 - (following / sigma) ** 2) ** 0.5 * step
    unmoved = denoise(x, sigma) * (1 - (following / sigma) ** 2)
    assert torch.allclose(shown[1], unmoved + expected, atol=1e-4)
