"""The names of diffusers' ControlNet tensors in the original files ("LDM")."""

from container.architectures.names import unet_name

_CONTROL = {
    "controlnet_cond_embedding.conv_in.": "input_hint_block.0.",
    **{f"controlnet_cond_embedding.blocks.{layer}.": f"input_hint_block.{2 * layer + 2}." for layer in range(6)},
    "controlnet_cond_embedding.conv_out.": "input_hint_block.14.",
    **{f"controlnet_down_blocks.{layer}.": f"zero_convs.{layer}.0." for layer in range(12)},
    "controlnet_mid_block.": "middle_block_out.0.",
}


def control_name(name: str) -> str:
    """LDM's name for a tensor of diffusers' ControlNet, without the prefix "control_model." that some files have."""
    for ours, theirs in _CONTROL.items():
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    return unet_name(name).removeprefix("model.diffusion_model.")
