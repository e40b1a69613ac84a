"""A VAE from a file of its own, in place of the checkpoint's."""

from pathlib import Path

from diffusers import AutoencoderKL

from container import loading, tensors
from container.architectures.names import vae_name
from container.loading import Place, StableDiffusion, WrongTensor
from container.tensors import UnusableFile
from shared.kinds import no_vae


def load(file: Path, name: str, stable_diffusion: StableDiffusion) -> AutoencoderKL:
    """Load a VAE of the checkpoint's sizes, in the original layout. The checkpoint's own stays as it is.

    Raises UnusableFile.
    """
    own, prefix = stable_diffusion.vae, vae_name("")
    named = {
        prefix + key.removeprefix(prefix): tensor for key, tensor in tensors.read(file, f"The VAE {name!r}").items()
    }
    if strange := no_vae(key.removeprefix(prefix) for key in named):
        raise _does_not_fit(name, f"it is {strange}", stable_diffusion)
    channels = named.get(vae_name("decoder.conv_in.weight"))
    if channels is not None and channels.shape[1] != own.config.latent_channels:
        reason = f"it has {channels.shape[1]} latent channels, and the checkpoint's has {own.config.latent_channels}"
        raise _does_not_fit(name, reason, stable_diffusion)
    try:
        return loading.vae(named, own.config, Place(stable_diffusion.device, stable_diffusion.dtype))
    except WrongTensor as error:
        raise _does_not_fit(name, str(error), stable_diffusion) from error


def _does_not_fit(name: str, reason: str, stable_diffusion: StableDiffusion) -> UnusableFile:
    return UnusableFile(
        f"The VAE {name!r} does not fit the checkpoint: {reason}. "
        f"Choose one for {stable_diffusion.base} in the layout of the original, or leave it out."
    )
