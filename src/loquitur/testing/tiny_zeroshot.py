"""Tiny image-text models with random weights: both towers, their tokenizers, their files.

The towers and tokenizers are the real ones' classes: CLIP with its byte-level pairs, SigLIP 2 of a
fixed size (whose `config.json` says `siglip`) with Gemma's pieces.
"""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

from loquitur.testing.quiet import saved
from loquitur.testing.tiny_vision import SIDE_PX

_TOWER = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4}
_PICTURES = _TOWER | {"image_size": SIDE_PX, "patch_size": 8, "num_hidden_layers": 2}
_PIECES = "abcdefghijklmnopqrstuvwxyz0123456789.,'-&?!"


def tiny_clip_words(folder: Path, *, seed: int = 0) -> Path:
    """A CLIP that reads texts: its tokenizer knows bytes, and a few pairs of them.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder.
    """
    import torch
    import transformers

    torch.manual_seed(seed)
    signs = sorted(_bytes_shown().values())
    pairs = [("t", "h"), ("p", "h"), ("o", "f</w>"), ("a", "r</w>"), ("th", "e</w>")]
    pieces = [*signs, *(f"{one}</w>" for one in signs), *("".join(pair) for pair in pairs)]
    vocabulary = {one: at for at, one in enumerate((*pieces, "<|startoftext|>", "<|endoftext|>"))}
    tokenizer = transformers.CLIPTokenizer(vocab=vocabulary, merges=pairs, model_max_length=77)
    marks = {"bos_token_id": len(vocabulary) - 2, "eos_token_id": len(vocabulary) - 1}
    text = {"vocab_size": len(vocabulary), "max_position_embeddings": 77, "num_hidden_layers": 2}
    config = transformers.CLIPConfig(
        vision_config=_PICTURES | {"projection_dim": 24},
        text_config=_TOWER | text | marks | {"pad_token_id": 1, "projection_dim": 24},
        projection_dim=24,
    )
    processor = transformers.CLIPImageProcessor(
        size={"shortest_edge": SIDE_PX}, crop_size={"height": SIDE_PX, "width": SIDE_PX}
    )
    return _save(folder, transformers.CLIPModel(config), tokenizer, processor)


def tiny_siglip_words(folder: Path, *, seed: int = 0) -> Path:
    """A SigLIP 2 of a fixed size that reads texts; see `tiny_clip_words`."""
    import torch
    import transformers

    torch.manual_seed(seed)
    marks = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    spare = [f"<0x{at:02X}>" for at in range(256)]
    pairs = [("t", "h"), ("th", "e"), ("p", "h"), ("o", "f")]
    pieces = [*marks, *spare, "▁", *_PIECES, *("".join(pair) for pair in pairs)]
    vocabulary = {one: at for at, one in enumerate(pieces)}
    tokenizer = transformers.GemmaTokenizer(
        vocab=vocabulary, merges=pairs, model_max_length=64, padding_side="right"
    )
    text = {"vocab_size": len(vocabulary), "max_position_embeddings": 64, "num_hidden_layers": 2}
    config = transformers.SiglipConfig(
        vision_config=_PICTURES,
        text_config=_TOWER
        | text
        | {"bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0, "projection_size": 32},
    )
    model = transformers.SiglipModel(config)
    with torch.no_grad():  # as trained ones have them
        model.logit_scale.fill_(4.7)
        model.logit_bias.fill_(-16.0)
    processor = transformers.SiglipImageProcessor(size={"height": SIDE_PX, "width": SIDE_PX})
    return _save(folder, model, tokenizer, processor)


def _bytes_shown() -> dict[int, str]:
    """Every byte as a printable sign (Radford et al. 2019, GPT-2's `bytes_to_unicode`)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    shown = {one: chr(one) for one in plain}
    others = [one for one in range(256) if one not in shown]
    return shown | {one: chr(256 + at) for at, one in enumerate(others)}


def _save(folder: Path, model: Any, tokenizer: Any, processor: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with saved():
        model.eval().save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        processor.save_pretrained(folder)
    return folder


def tiny_clip_onnx(folder: Path, *, seed: int = 0) -> Path:
    """What `tiny_clip_words` makes, as one graph of both towers."""
    source = tiny_clip_words(folder.with_name(f"{folder.name}-torch"), seed=seed)
    return export_image_text(source, folder)


def export_image_text(source: Path, folder: Path) -> Path:
    """An image-text model as one graph of ONNX, with the inputs and outputs that optimum gives it.

    Args:
        source: A folder as transformers saves one.
        folder: Made where it is missing.

    Returns:
        The folder, with `model.onnx` and the source's other files.
    """
    import torch
    import transformers

    model = transformers.AutoModel.from_pretrained(source, attn_implementation="eager").eval()
    is_clip = model.config.model_type == "clip"

    class Towers(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, pixels: Any, mask: Any = None) -> Any:
            given = {"attention_mask": mask} if mask is not None else {}
            found = self.model(input_ids=ids, pixel_values=pixels, **given)
            return found.logits_per_image, found.text_embeds, found.image_embeds

    ids = torch.full((2, 64), 5, dtype=torch.int64)
    ids[:, -1] = model.config.text_config.eos_token_id
    pixels = torch.zeros(3, 3, SIDE_PX, SIDE_PX)
    given = (ids, pixels, torch.ones_like(ids)) if is_clip else (ids, pixels)
    names = ["input_ids", "pixel_values", "attention_mask"][: len(given)]
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice about the other exporter
        torch.onnx.export(
            Towers().eval(),
            given,
            str(folder / "model.onnx"),
            input_names=names,
            output_names=["logits_per_image", "text_embeds", "image_embeds"],
            dynamic_axes={
                "input_ids": {0: "texts", 1: "tokens"},
                "attention_mask": {0: "texts", 1: "tokens"},
                "pixel_values": {0: "pictures"},
                "logits_per_image": {0: "pictures", 1: "texts"},
                "text_embeds": {0: "texts"},
                "image_embeds": {0: "pictures"},
            },
            dynamo=False,
        )
    for path in source.glob("*.json"):
        shutil.copy(path, folder / path.name)
    return folder
