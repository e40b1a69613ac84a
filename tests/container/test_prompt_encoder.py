"""Against diffusers' own pipelines, with small text encoders of random weights."""

from typing import Any, NamedTuple

import pytest
import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from container.prompts.encoder import Encoder
from container.prompts.text_encoder import TextEncoder
from container.prompts.textual_inversion import Embedding
from container.tokenizer import tokenizer

END = 513
CLIP, OPEN_CLIP = tokenizer(514), tokenizer(514, zero_padded=True)
NONE: dict[str, Any] = {"vae": None, "unet": None, "scheduler": None}


class Stock(NamedTuple):
    """An encoder, and diffusers' own pipeline with the same parts."""

    encoder: Encoder
    pipeline: Any
    models: list[Any]

    def tokens(self, text: str) -> Tensor:
        encoded: Tensor = self.pipeline.encode_prompt(text, "cpu", 1, do_classifier_free_guidance=False)[0][0]
        return encoded


def model(kind: Any, width: int) -> Any:
    torch.manual_seed(width)
    sizes = {"hidden_size": width, "intermediate_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4}
    tokens = {"vocab_size": 514, "bos_token_id": 512, "eos_token_id": END}
    made = kind(CLIPTextConfig(**sizes, **tokens, projection_dim=24, initializer_factor=8.0)).eval()
    # as trained ones have it: without, the mean that emphasis divides by is 0 but for rounding
    (last,) = [module for name, module in made.named_modules() if name.endswith("final_layer_norm")]
    torch.nn.init.uniform_(last.bias, 0, 1)
    return made


def stable_diffusion(clip: Any, padding: int) -> Stock:
    text_encoder = model(CLIPTextModel, 32)
    safety: dict[str, Any] = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    pipeline = StableDiffusionPipeline(tokenizer=clip, text_encoder=text_encoder, **NONE, **safety)
    return Stock(Encoder(clip, TextEncoder(text_encoder, padding)), pipeline, [text_encoder])


@pytest.fixture(scope="module")
def sd1() -> Stock:
    return stable_diffusion(CLIP, END)


@pytest.fixture(scope="module")
def sd2() -> Stock:
    return stable_diffusion(OPEN_CLIP, 0)


class StockXL(Stock):
    def tokens(self, text: str) -> Tensor:
        return self.both(text)[0]

    def both(self, text: str) -> tuple[Tensor, Tensor]:
        """The tokens, and the pooled state."""
        tokens, _, pooled, _ = self.pipeline.encode_prompt(text, device="cpu", do_classifier_free_guidance=False)
        return tokens[0], pooled[0]


@pytest.fixture(scope="module")
def xl() -> StockXL:
    first, second = model(CLIPTextModel, 32), model(CLIPTextModelWithProjection, 40)
    pipeline = StableDiffusionXLPipeline(
        text_encoder=first, text_encoder_2=second, tokenizer=CLIP, tokenizer_2=OPEN_CLIP, add_watermarker=False, **NONE
    )
    return StockXL(Encoder(CLIP, TextEncoder(first, END), TextEncoder(second, 0)), pipeline, [first, second])


@pytest.fixture(params=["sd1", "sd2", "xl"])
def stock(request: pytest.FixtureRequest) -> Stock:
    found: Stock = request.getfixturevalue(request.param)
    return found


def word(stock: Stock, text: str) -> Embedding:
    """An embedding that consists of a word's own token vectors."""
    ids = torch.tensor(CLIP(text, add_special_tokens=False).input_ids)
    return Embedding(tuple(each.get_input_embeddings()(ids).detach() for each in stock.models))


@pytest.mark.parametrize("text", ["a red circle", "", "  A cat,\na dog ", "Über 猫", "a " * 75])
def test_a_plain_text_is_what_diffusers_makes_of_it(stock: Stock, text: str) -> None:
    tokens = stock.encoder.encode(text).tokens
    assert torch.equal(tokens, stock.tokens(text))
    assert not tokens.requires_grad  # or it would keep the whole run in memory


@pytest.mark.parametrize("text", ["a red circle", ""])
def test_sdxl_has_its_pooled_conditioning_too(xl: StockXL, text: str) -> None:
    pooled = xl.encoder.encode(text).pooled
    assert pooled is not None
    assert torch.equal(pooled, xl.both(text)[1])


def test_only_sdxl_has_pooled_ones(sd1: Stock, sd2: Stock) -> None:
    assert sd1.encoder.encode("a").pooled is sd2.encoder.encode("a").pooled is None


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a (cat:1) here", "a cat here"),
        ("a (cat)", "a (cat:1.1)"),
        ("a [cat]", "a (cat:0.909090909)"),
        ("a ((cat))", "a (cat:1.21)"),
        ("((cat:1.5) here:2)", "(cat:3) (here:2)"),
        ("(a:1.1)(b:1.1)", "(ab:1.1)"),
    ],
)
def test_two_ways_to_write_a_weight_come_to_the_same(stock: Stock, text: str, same: str) -> None:
    assert torch.allclose(stock.encoder.encode(text).tokens, stock.encoder.encode(same).tokens, atol=1e-5)


def test_escaped_signs_are_read_by_the_model(stock: Stock) -> None:
    assert torch.equal(stock.encoder.encode(r"a \(cat\) \[\\").tokens, stock.tokens("a (cat) [\\"))


def test_a_weight_multiplies_its_words_and_leaves_the_mean(sd1: Stock) -> None:
    plain, weighted = sd1.encoder.encode("a cat here").tokens, sd1.encoder.encode("a (cat:1.5) here").tokens
    factors = weighted / plain
    assert torch.allclose(weighted.mean(), plain.mean(), atol=1e-6)
    cat = slice(2, 5)  # after the begin token and "a"
    assert torch.allclose(factors[cat] / factors[0], torch.tensor(1.5), rtol=1e-3)
    assert torch.allclose(factors[5:] / factors[0], torch.tensor(1.0), rtol=1e-3)


def test_texts_that_are_read_together_have_their_mean_together(sd1: Stock) -> None:
    texts = ["a (cat:1.5) here", "a dog"]
    cat, dog = (each.tokens for each in sd1.encoder.encode_all(texts).values())
    plain = torch.stack([each.tokens for each in sd1.encoder.encode_all(["a cat here", "a dog"]).values()])
    assert torch.allclose(torch.stack([cat, dog]).mean(), plain.mean(), atol=1e-6)
    ratio = dog / plain[1]
    assert torch.allclose(ratio, ratio.mean(), rtol=1e-3)
    assert torch.allclose(cat[0] / plain[0, 0], ratio.mean(), rtol=1e-3)
    assert abs(ratio.mean() - 1) > 1e-4


def test_the_means_are_set_back_for_each_of_sdxls_encoders(xl: StockXL) -> None:
    plain, weighted = xl.encoder.encode("a cat").tokens, xl.encoder.encode("a (cat:1.5)").tokens
    assert not torch.allclose(plain, weighted)
    for part in (slice(0, 32), slice(32, None)):
        assert torch.allclose(weighted[:, part].mean(), plain[:, part].mean(), atol=1e-6)


def test_the_pooled_conditioning_has_no_weights(xl: StockXL) -> None:
    plain, weighted = xl.encoder.encode("a cat BREAK b").pooled, xl.encoder.encode("a (cat:1.5)").pooled
    assert plain is not None
    assert weighted is not None
    assert torch.allclose(plain, weighted, atol=1e-6)


def test_break_reads_both_sides_alone(stock: Stock) -> None:
    tokens = stock.encoder.encode("a cat BREAK (a dog)").tokens
    assert torch.allclose(tokens[:77], stock.tokens("a cat"), atol=1e-5)
    assert torch.allclose(tokens[77:], stock.encoder.encode("(a dog)").tokens, atol=1e-5)


def test_a_text_past_75_tokens_is_read_chunk_by_chunk(stock: Stock) -> None:
    tokens = stock.encoder.encode("a " * 75 + "b " * 5).tokens
    assert torch.allclose(tokens, torch.cat([stock.tokens("a " * 75), stock.tokens("b " * 5)]), atol=1e-5)


def test_texts_are_read_together_and_filled_up_to_the_longest(stock: Stock) -> None:
    runs: list[Tensor] = []
    hook = stock.models[0].get_input_embeddings().register_forward_hook(lambda _, ids, __: runs.extend(ids))
    encoded = stock.encoder.encode_all(["a cat", "a dog BREAK a cat", "a cat", ""])
    hook.remove()
    assert [len(ids) for ids in runs] == [3]  # a cat, a dog, and the empty chunk
    assert encoded.keys() == {"a cat", "a dog BREAK a cat", ""}
    for text, chunks in {"a cat": ["a cat", ""], "a dog BREAK a cat": ["a dog", "a cat"], "": ["", ""]}.items():
        expected = torch.cat([stock.tokens(chunk) for chunk in chunks])
        assert torch.allclose(encoded[text].tokens, expected, atol=1e-5)


def test_any_number_of_texts_is_encoded(sd1: Stock) -> None:
    texts = [f"a {number}" for number in range(70)]
    encoded = sd1.encoder.encode_all(iter(texts))
    assert list(encoded) == texts
    assert torch.allclose(encoded["a 69"].tokens, sd1.tokens("a 69"), atol=1e-5)
    assert sd1.encoder.encode_all([]) == {}


def test_an_embedding_of_a_words_own_tokens_is_that_word(stock: Stock) -> None:
    embeddings = {"my-animal": word(stock, "cat"), "unused": word(stock, "dog")}
    encoded = stock.encoder.encode("a My-Animal, BREAK (my-animal:1.3)", embeddings=embeddings)
    same = stock.encoder.encode("a cat, BREAK (cat:1.3)")
    assert torch.equal(encoded.tokens, same.tokens)
    assert encoded.used == ("my-animal",)
    assert same.used == ()
    if encoded.pooled is not None and same.pooled is not None:
        assert torch.equal(encoded.pooled, same.pooled)


def test_an_embedding_leaves_nothing_behind_in_the_model(stock: Stock) -> None:
    stock.encoder.encode("a cat", embeddings={"cat": word(stock, "dog")})
    assert torch.equal(stock.encoder.encode("a cat").tokens, stock.tokens("a cat"))


def test_an_embedding_has_as_many_vectors_as_it_has(sd1: Stock) -> None:
    long = Embedding((word(sd1, "cat").vectors[0].repeat(30, 1),))
    assert len(sd1.encoder.encode("a long one", embeddings={"long": long}).tokens) == 3 * 77


def test_an_encoder_says_what_width_an_embedding_must_have(sd1: Stock, xl: StockXL) -> None:
    assert sd1.encoder.widths == (32,)
    assert xl.encoder.widths == (32, 40)


@pytest.mark.parametrize("clip_skip", [1, 2, 4])
def test_clip_skip_takes_an_earlier_layer_after_the_norm(sd1: Stock, clip_skip: int) -> None:
    ids = CLIP("a cat", padding="max_length", return_tensors="pt").input_ids
    (text_encoder,) = sd1.models
    with torch.no_grad():
        layers = text_encoder(ids, output_hidden_states=True).hidden_states
        expected = text_encoder.final_layer_norm(layers[-clip_skip])[0]
    assert torch.equal(sd1.encoder.encode("a cat", clip_skip).tokens, expected)


def test_a_clip_skip_of_1_is_none(sd1: Stock) -> None:
    assert torch.equal(sd1.encoder.encode("a cat", 1).tokens, sd1.tokens("a cat"))


def test_the_others_heed_no_clip_skip(sd2: Stock, xl: StockXL) -> None:
    for stock in (sd2, xl):
        assert torch.equal(stock.encoder.encode("a cat", 2).tokens, stock.tokens("a cat"))


def test_half_precision_stays_half() -> None:
    half = Encoder(CLIP, TextEncoder(model(CLIPTextModel, 32).to(torch.bfloat16), END))
    vectors = Embedding((torch.ones(1, 32),))
    tokens = half.encode("a (cat:1.3) face", embeddings={"face": vectors}).tokens
    assert tokens.dtype == torch.bfloat16
    assert tokens.isfinite().all()
