"""A run: one delivery of an order, from its claim to its manifest."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from uuid import uuid4

from container.encoding import encode
from container.failures import Failure
from container.pipeline import Drawing, Drawn, Extra, Materials, Pipeline, TooLarge
from container.progress import HandedBack, NotOurs, Progress
from shared.bucket import MANIFEST, Bucket
from shared.shapes import ExtraImage, Manifest, Order, Outcome, Picture, Status
from shared.tables.jobs import Jobs

# Loads what an order is drawn with. Its function argument is called while files arrive, and may raise to stop the run.
Gather = Callable[[Order, Callable[[], None]], tuple[Pipeline, Materials]]

log = logging.getLogger(__name__)


class Runs:
    """Draws one order at a time. `let_go` frees what other orders left in memory; False if there is nothing."""

    def __init__(self, jobs: Jobs, bucket: Bucket, gather: Gather, let_go: Callable[[], bool]) -> None:
        self._jobs = jobs
        self._bucket = bucket
        self._gather = gather
        self._let_go = let_go
        self._progress: Progress | None = None
        self._going_down = False

    def run(self, order: Order) -> Manifest:
        """Draw the order, unless another run holds or has drawn it. Raises Failure, and HandedBack."""
        if self._going_down:
            raise HandedBack
        claim = str(uuid4())
        if not self._jobs.claim(order.key, claim):
            return Manifest(outcome=Outcome.NOT_MINE)
        earlier = self._bucket.manifest(order.key)
        if earlier and earlier.outcome is Outcome.SUCCEEDED:  # by a run that died before it could answer
            return earlier
        try:
            with Progress(self._jobs, self._bucket, order.key, claim) as self._progress:
                if self._going_down:  # set since the claim, when there was no progress to tell yet
                    raise HandedBack
                return self._draw(order, _begun(order, earlier), self._progress)
        except HandedBack:
            self._jobs.release(order.key, claim)
            raise
        finally:
            self._progress = None

    def hand_back(self) -> None:
        """Stop drawing, so that the order can be delivered again elsewhere."""
        self._going_down = True
        progress = self._progress
        if progress:
            progress.hand_back()

    def silent_seconds(self) -> float:
        """How long the drawing under way has given no sign of life; 0 between orders."""
        progress = self._progress
        return progress.silent_seconds() if progress else 0.0

    def _draw(self, order: Order, manifest: Manifest, progress: Progress) -> Manifest:
        """The manifest is rewritten with each batch: whatever happens, it lists the pictures that were made."""
        try:
            self._fill(manifest, order, progress)
            manifest.outcome = Outcome.SUCCEEDED
        except NotOurs:
            manifest.outcome = Outcome.STOPPED
        except HandedBack:
            raise
        except Exception as error:
            manifest.outcome, manifest.error = Outcome.FAILED, for_the_user(error)
            raise
        finally:
            self._write(order, manifest, progress)
        return manifest

    def _fill(self, manifest: Manifest, order: Order, progress: Progress) -> None:
        """One batch is stored while the next is drawn."""
        ready = _stored(order, manifest)
        if ready == order.parameters.n_iter:
            return

        def on_step(step: int, of: int, preview: Callable[[], bytes]) -> None:
            progress.step(step, of, preview if order.preview else None)

        pipeline, materials = self._gather(order, progress.check)
        manifest.warnings = _each_once(manifest.warnings, materials.warnings)
        with ThreadPoolExecutor(max_workers=1) as storing:
            stored = storing.submit(lambda: None)

            def draw() -> Iterator[Drawn]:
                return pipeline.draw(order.parameters, materials, on_step, check=progress.check, stored=ready)

            for batch, drawn in enumerate(self._drawn(draw), ready):
                stored.result()  # raises the previous batch's error, and lets no third one wait in memory
                stored = storing.submit(self._store, manifest, order, progress, batch, drawn)
            stored.result()

    def _drawn(self, draw: Callable[[], Iterator[Drawn]]) -> Iterator[Drawn]:
        """All batches. If the first is too large, it is tried again without what other orders left in memory."""
        drawing, first = draw(), None
        try:
            first = next(drawing)
        except TooLarge:
            if not self._let_go():
                raise
        if first is None:  # out here: within `except`, the error would hold what was in use
            drawing = draw()
            first = next(drawing)
        yield first
        yield from drawing

    def _store(self, manifest: Manifest, order: Order, progress: Progress, batch: int, drawn: Drawn) -> None:
        for number, drawing in enumerate(drawn.drawings, batch * order.parameters.batch_size):
            manifest.images[number : number + 1] = [self._picture(order, number, drawing)]
        extras = [self._extra(order, extra) for extra in drawn.extras]
        manifest.extra_images = [each for each in manifest.extra_images if each not in extras] + extras
        self._write(order, manifest, progress)

    def _picture(self, order: Order, number: int, drawing: Drawing) -> Picture:
        settings = order.parameters.override_settings
        file = encode(drawing.image, drawing.infotext, settings.samples_format, settings.jpeg_quality)
        picture = Picture(
            file=f"{number:03}-{drawing.seeds.seed}.{settings.samples_format}",
            seed=drawing.seeds.seed,
            subseed=drawing.seeds.subseed if order.parameters.subseed_strength else None,
            width=drawing.image.width,
            height=drawing.image.height,
            infotext=drawing.infotext,
        )
        self._bucket.put(order.key.output(picture.file), file.content, file.content_type)
        return picture

    def _extra(self, order: Order, extra: Extra) -> ExtraImage:
        name = extra.kind if extra.unit is None else f"{extra.kind}-{extra.unit}"
        file = encode(extra.image, extra.infotext)
        self._bucket.put(order.key.output(f"{name}.png"), file.content, file.content_type)
        return ExtraImage(
            kind=extra.kind, file=f"{name}.png", width=extra.image.width, height=extra.image.height, unit=extra.unit
        )

    def _write(self, order: Order, manifest: Manifest, progress: Progress) -> None:
        """If another run has taken the job over, the manifest is that run's; a cancelled job has no other run."""
        if progress.lost and not self._is_cancelled(order):
            return
        self._bucket.put(order.key.output(MANIFEST), manifest.model_dump_json().encode(), "application/json")

    def _is_cancelled(self, order: Order) -> bool:
        job = self._jobs.get(order.key)
        return job is not None and job.status is Status.CANCELLED


def _begun(order: Order, earlier: Manifest | None) -> Manifest:
    """The manifest so far, with the pictures of an earlier run that was handed back, died or failed."""
    known = earlier or Manifest(outcome=Outcome.DRAWING)
    warnings = _each_once(order.warnings, known.warnings)
    return known.model_copy(update={"outcome": Outcome.DRAWING, "warnings": warnings, "error": None})


def _each_once(*texts: Sequence[str]) -> list[str]:
    return [*dict.fromkeys(chain(*texts))]


def _stored(order: Order, manifest: Manifest) -> int:
    """How many batches need not be drawn again: all that are stored whole, unless a grid needs their pictures."""
    asked = order.parameters
    return 0 if asked.override_settings.return_grid else len(manifest.images) // asked.batch_size


def for_the_user(error: Exception) -> str:
    """What the user may be told of an error: its text, if that was written for them."""
    if isinstance(error, Failure):
        return str(error)
    return f"The endpoint failed in a way that it does not know ({type(error).__name__}); its log has more."
