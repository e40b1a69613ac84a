"""The emulator as an ASGI app: two AWS protocols, and a few routes for tests and for whoever starts it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.sagemaker import credentials, tasks
from local.sagemaker.autoscaling import auto_scaling
from local.sagemaker.cloudwatch import cloudwatch
from local.sagemaker.control import control_plane
from local.sagemaker.faults import Faults
from local.sagemaker.fleet import Fleet
from local.sagemaker.refusals import Malformed, Refusal, UnknownOperation
from local.sagemaker.runtime import Runtime
from local.sagemaker.scaler import Scaler
from local.sagemaker.services import Services
from local.sagemaker.settings import Settings


def build_app(settings: Settings) -> Starlette:
    """The emulator on the records in the state folder; its endpoints live from start-up to shutdown."""
    services = Services.connect(settings)
    fleet = Fleet(services)
    routes = Routes(services, fleet)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        telling = tasks.start(services.events.send())
        scaling = tasks.start(Scaler(services, fleet).run())
        fleet.resume()
        yield
        scaling.cancel()
        await fleet.shut_down()
        await services.notices.finish()
        telling.cancel()
        await services.http.aclose()

    return Starlette(
        routes=[
            Route("/", routes.control, methods=["POST"]),
            Route("/endpoints/{name}/async-invocations", routes.invoke, methods=["POST"]),
            Route("/credentials/{name}", routes.credentials, methods=["GET"]),
            Route("/faults", routes.show_faults, methods=["GET"]),
            Route("/faults", routes.set_faults, methods=["PUT"]),
            Route("/health", routes.health, methods=["GET"]),
        ],
        exception_handlers={Refusal: _refused, ValidationError: _bad_faults},
        lifespan=lifespan,
    )


class Routes:
    """Each translates between HTTP and a plain call."""

    def __init__(self, services: Services, fleet: Fleet) -> None:
        self._faults = services.faults
        self._settings = services.settings
        self._fleet = fleet
        played = (control_plane(services, fleet), auto_scaling(services), cloudwatch(services))
        self._services = {service.target: service for service in played}
        self._runtime = Runtime(fleet)

    async def control(self, request: Request) -> Response:
        """AWS JSON 1.1: service and operation are a header, input and output are JSON."""
        service, _, operation = request.headers.get("x-amz-target", "").partition(".")
        if service not in self._services:
            raise UnknownOperation(f"X-Amz-Target names none of {', '.join(self._services)}")
        members = _json_object(await request.body())
        return JSONResponse(self._services[service].answer(operation, members))

    async def invoke(self, request: Request) -> Response:
        """REST-JSON: the input is the headers and the body as it is."""
        invocation = self._runtime.invoke(request.path_params["name"], request.headers, await request.body())
        headers = {"X-Amzn-SageMaker-OutputLocation": invocation.output_location}
        if invocation.failure_location:
            headers["X-Amzn-SageMaker-FailureLocation"] = invocation.failure_location
        return JSONResponse({"InferenceId": invocation.inference_id}, status_code=202, headers=headers)

    async def credentials(self, request: Request) -> Response:
        """The credentials of an endpoint's container."""
        endpoint = self._fleet.find(request.path_params["name"])
        if endpoint is None:
            return Response(status_code=404)
        role = endpoint.record["Deployment"]["role"]
        return JSONResponse(await asyncio.to_thread(credentials.assume, role, self._settings))

    async def show_faults(self, _: Request) -> Response:
        """The faults that no notice has used up yet."""
        return JSONResponse(self._faults.model_dump())

    async def set_faults(self, request: Request) -> Response:
        """Put these in the place of the faults that are left."""
        self._faults.notices = Faults.model_validate_json(await request.body()).notices
        return await self.show_faults(request)

    async def health(self, _: Request) -> Response:
        """The emulator is up; its endpoints may not be."""
        return JSONResponse({"status": "up"})


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        members = json.loads(body)
    except ValueError:
        raise Malformed("The body is not JSON.") from None
    if not isinstance(members, dict):
        raise Malformed("The body is no JSON object.")
    return members


def _refused(_: Request, refusal: Exception) -> Response:
    code = refusal.code if isinstance(refusal, Refusal) else ""
    return JSONResponse({"__type": code, "message": str(refusal)}, status_code=400, headers={"x-amzn-errortype": code})


def _bad_faults(_: Request, error: Exception) -> Response:
    return JSONResponse({"message": str(error)}, status_code=400)
