"""What an order brings along, gathered: its networks loaded, its pictures read, its units' maps made."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from math import isfinite, nan
from pathlib import PurePath
from typing import NamedTuple, TypeVar, get_args

from diffusers import ControlNetModel
from PIL import Image

from container.canvas import Canvas
from container.controlnet import models as controlnets
from container.controlnet import units
from container.controlnet.openpose import Detector
from container.controlnet.units import FindPeople, Part
from container.failures import Failure
from container.files import File
from container.guiding import Guided, Guiding
from container.infotext import Named
from container.latents import Latents
from container.loading import size_in_memory
from container.models import Models, OnRange
from container.networks import hypernetworks, lora, vae
from container.networks.hypernetworks import Hypernetwork
from container.networks.switch import Networks
from container.pipeline import Materials, Pipeline, Vae
from container.prompts import textual_inversion
from container.prompts.textual_inversion import Embedding
from shared.bucket import Bucket
from shared.controlnet import ResizeMode, Unit
from shared.networks import Tag, tags
from shared.parameters import Img2ImgParameters, Txt2ImgParameters
from shared.shapes import Model, ModelType, Order
from shared.tables.models import stem

_TOO_LARGE = (
    "The endpoint's memory is too small to find people in a picture of this size. Send a smaller one, or keypoints."
)
T = TypeVar("T")


class UnreadableTag(Failure):
    """A prompt names a network with a weight that is not a number."""


class UnreadablePicture(Failure):
    """A picture whose header is intact, and whose rest is not."""


class _Embedding(NamedTuple):
    embedding: Embedding
    sha256: str


def gather(
    order: Order, on_range: OnRange, models: Models, bucket: Bucket, note: Callable[[Iterable[Model]], object]
) -> tuple[Pipeline, Materials]:
    """What an order is drawn with. `on_range` is called while files arrive, and may raise to stop that.

    `note` gets the models, once all could be loaded. Raises Failure.
    """
    gathering = _Gathering(order, models, bucket, on_range)
    materials = gathering.materials()
    note([order.checkpoint, *order.networks])
    return gathering.pipeline, materials


class _Gathering:
    def __init__(self, order: Order, models: Models, bucket: Bucket, on_range: OnRange) -> None:
        self._order = order
        self._asked = order.parameters
        self._models = models
        self._bucket = bucket
        self._on_range = on_range
        self._named = {(model.type, stem(model.name)): model for model in order.networks}
        self.pipeline = models.pipeline(order.checkpoint, on_range)

    def materials(self) -> Materials:
        pictures = [*self._pictures()]
        canvases = [*self._canvases(pictures)]
        guiding = Guiding(self._asked, [*self._guided(pictures, canvases)])
        networks = self._networks(self._asked.prompt)
        own = isinstance(self._asked, Txt2ImgParameters) and self._asked.enable_hr and self._asked.hr_prompt
        embeddings = {stem(each.name): self._embedding(each) for each in self._of_type(ModelType.TEXTUAL_INVERSION)}
        return Materials(
            canvases=canvases,
            vae=self._vae(),
            networks=networks,
            hires_networks=self._networks(own) if own else networks,
            embeddings={name: each.embedding for name, each in embeddings.items()},
            embedding_hashes={name: each.sha256 for name, each in embeddings.items()},
            controls=guiding.controls,
            maps=[*guiding.maps()],
            warnings=self._warnings(canvases),
        )

    def _load(self, model: Model, load: Callable[[File], T], size: Callable[[T], int] | None = None) -> T:
        return self._models.network(model, load, self._on_range, self.pipeline.model.architecture, size)

    def _of_type(self, type: ModelType) -> Iterator[Model]:
        return (model for model in self._order.networks if model.type is type)

    def _networks(self, prompt: str) -> Networks:
        named = [] if self._asked.disable_extra_networks else tags(prompt)
        loras = [tag for tag in named if tag.type is ModelType.LORA]
        others = [tag for tag in named if tag.type is ModelType.HYPERNETWORK]
        return Networks(
            [lora.Applied(self._lora(tag), *weights(tag)) for tag in loras],
            [hypernetworks.Applied(self._hypernetwork(tag), weights(tag).unet) for tag in others],
        )

    def _lora(self, tag: Tag) -> lora.Lora:
        model = self._named[tag.type, stem(tag.name)]
        return self._load(model, lambda file: lora.read(file.path, model.name))

    def _hypernetwork(self, tag: Tag) -> Hypernetwork:
        model, unet = self._named[tag.type, stem(tag.name)], self.pipeline.model.unet
        return self._load(model, lambda file: hypernetworks.read(file.path, model.name, unet))

    def _embedding(self, model: Model) -> _Embedding:
        widths = self.pipeline.encoder.widths

        def load(file: File) -> _Embedding:
            return _Embedding(textual_inversion.read(file.path, model.name, widths), file.sha256)

        return self._load(model, load)

    def _vae(self) -> Vae | None:
        name = self._asked.override_settings.sd_vae
        if not name:
            return None
        model = self._named[ModelType.VAE, stem(name)]

        def load(file: File) -> Vae:
            own = vae.load(file.path, model.name, self.pipeline.model)
            return Vae(Named(PurePath(model.key).name, file.sha256), Latents(own))  # named by file, as in the WebUI

        return self._load(model, load, lambda each: size_in_memory(each.latents.vae))

    def _pictures(self) -> Iterator[Image.Image]:
        if isinstance(self._asked, Img2ImgParameters):
            yield from map(self._picture, self._asked.init_images)

    def _canvases(self, pictures: Sequence[Image.Image]) -> Iterator[Canvas]:
        if isinstance(self._asked, Img2ImgParameters):
            mask = self._picture(self._asked.mask) if self._asked.mask else None
            for picture in pictures:
                yield Canvas.stretch(picture, mask, self._asked)

    def _warnings(self, canvases: Sequence[Canvas]) -> list[str]:
        match self._asked:
            case Img2ImgParameters(mask=str()) if not canvases[0].mask:
                return ["The mask leaves nothing to draw: the whole picture was drawn anew, without a mask."]
        return []

    def _guided(self, pictures: Sequence[Image.Image], canvases: Sequence[Canvas]) -> Iterator[Guided]:
        find_people, part = self._find_people(), _drawn_alone(canvases)
        for place, unit in self._asked.units.items():
            image = self._picture(unit.image) if unit.image else next(iter(pictures), None)
            mask = self._picture(unit.mask) if unit.mask else None
            guide = units.prepare(
                self._fitted(unit),
                place,
                image,
                mask,
                self._asked.width,
                self._asked.height,
                find_people,
                part if unit.inpaint_crop_input_image else None,
            )
            yield Guided(place, unit, self._control_model(unit), guide)

    def _fitted(self, unit: Unit) -> Unit:
        """The unit, with the img2img's resize mode if its init image guides it."""
        if unit.image or unit.keypoints or not isinstance(self._asked, Img2ImgParameters):
            return unit
        modes = get_args(ResizeMode)
        latent_upscale = self._asked.resize_mode >= len(modes)
        mode = "Just Resize" if latent_upscale else modes[self._asked.resize_mode]
        return unit.model_copy(update={"resize_mode": mode})

    def _control_model(self, unit: Unit) -> ControlNetModel:
        model, unet = self._named[ModelType.CONTROLNET, stem(unit.model)], self.pipeline.model.unet
        return self._load(model, lambda file: controlnets.load(file.path, model.name, unet), size_in_memory)

    def _find_people(self) -> FindPeople | None:
        detectors = [*self._of_type(ModelType.DETECTOR)]
        if not detectors:
            return None
        model, device = detectors[0], self.pipeline.model.device
        detector = self._load(model, lambda file: Detector.load(file.path, model.name, device))
        return lambda picture: self._models.attempt(lambda: detector.people(picture), _TOO_LARGE)

    def _picture(self, name: str) -> Image.Image:
        content = self._bucket.get(f"{self._order.key.folder}/inputs/{name}")
        try:
            image = Image.open(BytesIO(content or b""))
            image.load()
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise UnreadablePicture(f"The picture {name!r} is damaged or not whole. Send it again.") from error
        return image


def _drawn_alone(canvases: Sequence[Canvas]) -> Part | None:
    """The part of the first init image that is drawn, if not the whole."""
    canvas = canvases[0] if canvases else None
    return Part(canvas.kept.size, canvas.box) if canvas and canvas.kept and canvas.box else None


class Weights(NamedTuple):
    """A network's weights on the UNet and on the text encoder."""

    unet: float
    text: float


def weights(tag: Tag) -> Weights:
    """As the WebUI reads them: `<lora:NAME:text:unet>`, or `te=` and `unet=`; one is for both, none is 1.

    Raises UnreadableTag.
    """
    named = dict(each.split("=", 1) for each in tag.arguments if "=" in each)
    placed = [each for each in tag.arguments if "=" not in each]
    text = named.get("te", placed[0] if placed else "1")
    unet = named.get("unet", placed[1] if len(placed) > 1 else text)
    try:
        found = Weights(float(unet), float(text))
    except ValueError:
        found = Weights(nan, nan)
    if not all(map(isfinite, found)):
        raise UnreadableTag(
            f"The prompt names {tag.name!r} with the weight {':'.join(tag.arguments)!r}, which is no number. "
            "Write one there, such as 0.8."
        )
    return found
