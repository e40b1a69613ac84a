"""The names of diffusers' and transformers' tensors in the original files ("LDM" and OpenCLIP)."""

from collections.abc import Iterator

# The libraries' names and LDM's for the same, replaced in this order.
_UNET = {
    "time_embedding.linear_1.": "time_embed.0.",
    "time_embedding.linear_2.": "time_embed.2.",
    "add_embedding.linear_1.": "label_emb.0.0.",
    "add_embedding.linear_2.": "label_emb.0.2.",
    "conv_in.": "input_blocks.0.0.",
    "conv_norm_out.": "out.0.",
    "conv_out.": "out.2.",
    "mid_block.resnets.0.": "middle_block.0.",
    "mid_block.attentions.0.": "middle_block.1.",
    "mid_block.resnets.1.": "middle_block.2.",
}
_UNET_RESNET = {
    "norm1.": "in_layers.0.",
    "conv1.": "in_layers.2.",
    "time_emb_proj.": "emb_layers.1.",
    "norm2.": "out_layers.0.",
    "conv2.": "out_layers.3.",
    "conv_shortcut.": "skip_connection.",
}
_VAE = {
    "conv_norm_out.": "norm_out.",
    "mid_block.resnets.0.": "mid.block_1.",
    "mid_block.attentions.0.": "mid.attn_1.",
    "mid_block.resnets.1.": "mid.block_2.",
    "down_blocks.": "down.",
    **{f"up_blocks.{block}.": f"up.{3 - block}." for block in range(4)},
    "resnets.": "block.",
    "downsamplers.0.": "downsample.",
    "upsamplers.0.": "upsample.",
    "conv_shortcut.": "nin_shortcut.",
    "group_norm.": "norm.",
    "to_q.": "q.",
    "to_k.": "k.",
    "to_v.": "v.",
    "to_out.0.": "proj_out.",
}
_OPEN_CLIP = {
    "text_model.": "",
    "embeddings.token_embedding.": "token_embedding.",
    "embeddings.position_embedding.weight": "positional_embedding",
    "encoder.layers.": "transformer.resblocks.",
    "layer_norm1.": "ln_1.",
    "layer_norm2.": "ln_2.",
    "self_attn.out_proj.": "attn.out_proj.",
    # three matrices in transformers, stacked into one in OpenCLIP
    **{f"self_attn.{projection}_proj.": "attn.in_proj_" for projection in "qkv"},
    "mlp.fc1.": "mlp.c_fc.",
    "mlp.fc2.": "mlp.c_proj.",
    "final_layer_norm.": "ln_final.",
    "text_projection.weight": "text_projection",
}


def unet_name(name: str, xl: bool = False) -> str:
    """LDM's name for a tensor of diffusers' UNet."""
    inner = _UNET_RESNET if ".resnets." in name else {}
    return "model.diffusion_model." + _rename(name, _UNET | dict(_unet_blocks(xl)) | inner)


def vae_name(name: str) -> str:
    """LDM's name for a tensor of diffusers' VAE."""
    return "first_stage_model." + _rename(name, _VAE)


def text_encoder_name(name: str) -> str:
    """LDM's name for a tensor of Stable Diffusion 1.x's text encoder, transformers' CLIP."""
    return "cond_stage_model.transformer.text_model." + name


def open_clip_name(name: str) -> str:
    """OpenCLIP's name for a tensor of transformers' CLIP; queries, keys and values share one."""
    return _rename(name, _OPEN_CLIP)


def _unet_blocks(xl: bool) -> Iterator[tuple[str, str]]:
    """LDM numbers the layers across all blocks, and has one more at the start of the down blocks."""
    for block in range(4):
        for layer in range(3):
            down, up = 3 * block + layer + 1, 3 * block + layer
            yield f"down_blocks.{block}.resnets.{layer}.", f"input_blocks.{down}.0."
            yield f"down_blocks.{block}.attentions.{layer}.", f"input_blocks.{down}.1."
            yield f"up_blocks.{block}.resnets.{layer}.", f"output_blocks.{up}.0."
            yield f"up_blocks.{block}.attentions.{layer}.", f"output_blocks.{up}.1."
        yield f"down_blocks.{block}.downsamplers.0.conv.", f"input_blocks.{3 * block + 3}.0.op."
        # third in its layer, except in the first block, which has no attention outside SDXL
        yield f"up_blocks.{block}.upsamplers.0.", f"output_blocks.{3 * block + 2}.{2 if block or xl else 1}."


def _rename(name: str, renames: dict[str, str]) -> str:
    for ours, theirs in renames.items():
        name = name.replace(ours, theirs)
    return name
