"""A run: one delivery of an order, from its claim to its manifest."""

import logging
from uuid import uuid4

from container.checkpoints import Checkpoints
from container.failures import Failure
from container.infotext import png
from container.pipeline import Drawing
from container.progress import HandedBack, NotOurs, Progress
from shared.bucket import MANIFEST, Bucket
from shared.shapes import JobKey, Manifest, Order, Outcome, Picture
from shared.tables.jobs import Jobs

log = logging.getLogger(__name__)


class Runs:
    """Draws one order at a time."""

    def __init__(self, jobs: Jobs, bucket: Bucket, checkpoints: Checkpoints) -> None:
        self._jobs = jobs
        self._bucket = bucket
        self._checkpoints = checkpoints
        self._progress: Progress | None = None

    def run(self, order: Order) -> Manifest:
        """Draw the order, unless another run holds or has drawn it. Raises Failure, and HandedBack."""
        claim = str(uuid4())
        if not self._jobs.claim(order.key, claim):
            return Manifest(outcome=Outcome.NOT_MINE)
        drawn = self._bucket.manifest(order.key)
        if drawn and drawn.outcome is Outcome.SUCCEEDED:  # by a run that died before it could answer
            return drawn
        try:
            with Progress(self._jobs, order.key, claim) as self._progress:
                return self._draw(order, self._progress)
        except HandedBack:
            self._jobs.release(order.key, claim)
            raise
        finally:
            self._progress = None

    def hand_back(self) -> None:
        """Stop drawing, so that the order can be delivered anew elsewhere."""
        if self._progress:
            self._progress.hand_back()

    def _draw(self, order: Order, progress: Progress) -> Manifest:
        """The manifest is written anew with each batch: whatever happens, it knows the pictures that were made."""
        manifest = Manifest(outcome=Outcome.DRAWING)
        try:
            if order.parameters.units:
                raise Failure("ControlNet is not drawn by this endpoint yet. Order without its units.")
            pipeline = self._checkpoints.load(order.checkpoint)
            for drawings in pipeline.draw(order.parameters, progress.step):
                for drawing in drawings:
                    manifest.images.append(self._store(order.key, len(manifest.images), drawing))
                self._write(order.key, manifest)
            manifest.outcome = Outcome.SUCCEEDED
        except NotOurs:
            manifest.outcome = Outcome.STOPPED
        except HandedBack:
            raise
        except Exception as error:
            manifest.outcome, manifest.error = Outcome.FAILED, for_the_user(error)
            raise
        finally:
            self._write(order.key, manifest)
        return manifest

    def _store(self, job: JobKey, number: int, drawing: Drawing) -> Picture:
        picture = Picture(
            file=f"{number:03}-{drawing.seed}.png",
            seed=drawing.seed,
            width=drawing.image.width,
            height=drawing.image.height,
            infotext=drawing.infotext,
        )
        self._bucket.put(job.output(picture.file), png(drawing.image, drawing.infotext), "image/png")
        return picture

    def _write(self, job: JobKey, manifest: Manifest) -> None:
        self._bucket.put(job.output(MANIFEST), manifest.model_dump_json().encode(), "application/json")


def for_the_user(error: Exception) -> str:
    """What may be said of an error: its text where that was written for the user."""
    if isinstance(error, Failure):
        return str(error)
    return f"The endpoint failed in a way that it does not know ({type(error).__name__}); its log has more."
