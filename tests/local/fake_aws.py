"""The little of S3, SNS and Lambda that the emulator calls: it keeps what it is given."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.waiting import eventually

PUBLISHED = "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"
NO_SUCH_KEY = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"


@dataclass(frozen=True)
class Published:
    topic: str
    notice: dict[str, Any]


@dataclass
class FakeAws:
    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    published: list[Published] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    refused_events: int = 0
    """How many of the next events are answered 500."""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self.publish, methods=["POST"]),
                Route("/2015-03-31/functions/{name}/invocations", self.invoke, methods=["POST"]),
                Route("/{key:path}", self.put, methods=["PUT"]),
                Route("/{key:path}", self.get, methods=["GET"]),
            ]
        )

    async def publish(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        self.published.append(Published(form["TopicArn"][0], json.loads(form["Message"][0])))
        return Response(PUBLISHED, media_type="text/xml")

    async def invoke(self, request: Request) -> Response:
        if self.refused_events:
            self.refused_events -= 1
            return Response(status_code=500)
        self.events.append(json.loads(await request.body()) | {"function": request.path_params["name"]})
        return Response(status_code=202)

    async def put(self, request: Request) -> Response:
        if request.path_params["key"].startswith("missing-bucket/"):
            return Response(NO_SUCH_KEY.replace("Key", "Bucket"), status_code=404, media_type="application/xml")
        self.objects[f"s3://{request.path_params['key']}"] = await request.body()
        return Response()

    async def get(self, request: Request) -> Response:
        content = self.objects.get(f"s3://{request.path_params['key']}")
        if content is None:
            return Response(NO_SUCH_KEY, status_code=404, media_type="application/xml")
        return Response(content)

    def notices(self, inference_id: str) -> list[Published]:
        return [published for published in self.published if published.notice["inferenceId"] == inference_id]

    def notice(self, inference_id: str) -> Published:
        """The first notice of an invocation, waited for."""
        return eventually(lambda: self.notices(inference_id))[0]

    def states(self, endpoint: str) -> list[str]:
        """The states that events told of, in the order in which they came."""
        details = [event["detail"] for event in self.events]
        return [detail["EndpointStatus"] for detail in details if detail["EndpointName"] == endpoint]
