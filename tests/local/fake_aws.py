"""The little of S3, SNS, SQS, Lambda and EventBridge that the emulator calls: it keeps what it is given."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.waiting import eventually

PUBLISHED = "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"
NO_SUCH_KEY = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:endpoint-changed"
QUEUES = "arn:aws:sqs:us-east-1:000000000000:"
GONE = "gone"
"""The name of a queue that a rule names but that is not there, and of a rule that is removed once it is listed."""


@dataclass(frozen=True)
class Published:
    topic: str
    notice: dict[str, Any]


def rule(name: str, target: str, state: str = "ENABLED", **pattern: Any) -> dict[str, Any]:
    """A rule with its only target, as `FakeAws.rules` has them."""
    return {"Name": name, "State": state, "EventPattern": json.dumps(pattern), "target": target}


@dataclass
class FakeAws:
    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    published: list[Published] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=lambda: [rule("all", FUNCTION, source=["aws.sagemaker"])])
    events: list[dict[str, Any]] = field(default_factory=list)
    """What functions were invoked with and queues were sent; `target` says which of them."""
    refused_events: int = 0
    """How many of the next events are answered with 500."""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self.answer, methods=["POST"]),
                Route("/2015-03-31/functions/{name}/invocations", self.invoke, methods=["POST"]),
                Route("/{key:path}", self.put, methods=["PUT"]),
                Route("/{key:path}", self.get, methods=["GET"]),
            ]
        )

    async def answer(self, request: Request) -> Response:
        operation = request.headers.get("x-amz-target", "")
        if operation == "AWSEvents.ListRules":
            return JSONResponse({"Rules": self.rules})
        if operation == "AWSEvents.ListTargetsByRule":
            name = (await request.json())["Rule"]
            if name == GONE:
                return JSONResponse({"__type": "ResourceNotFoundException"}, status_code=400)
            return JSONResponse({"Targets": [{"Id": "1", "Arn": self.target_of(name)}]})
        if operation.startswith("AmazonSQS."):
            return self.queue(operation, await request.json())
        form = parse_qs((await request.body()).decode())
        self.published.append(Published(form["TopicArn"][0], json.loads(form["Message"][0])))
        return Response(PUBLISHED, media_type="text/xml")

    async def invoke(self, request: Request) -> Response:
        if self.refused_events:
            self.refused_events -= 1
            return Response(status_code=500)
        self.events.append(json.loads(await request.body()) | {"target": request.path_params["name"]})
        return Response(status_code=202)

    def queue(self, operation: str, members: dict[str, str]) -> Response:
        if operation == "AmazonSQS.GetQueueUrl":
            queue = members["QueueName"]
            return JSONResponse(
                {"QueueUrl": f"{self.url}/{queue}"} if queue != GONE else {}, 400 if queue == GONE else 200
            )
        queue = f"{QUEUES}{members['QueueUrl'].rpartition('/')[2]}"
        self.events.append(json.loads(members["MessageBody"]) | {"target": queue})
        return JSONResponse({"MessageId": "1"})

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

    def target_of(self, name: str) -> str:
        return next(str(rule["target"]) for rule in self.rules if rule["Name"] == name)

    def notices(self, inference_id: str) -> list[Published]:
        return [published for published in self.published if published.notice.get("inferenceId") == inference_id]

    def notice(self, inference_id: str) -> Published:
        """The first notice of an invocation, waited for."""
        return eventually(lambda: self.notices(inference_id))[0]

    def told(self, endpoint: str, target: str = FUNCTION) -> list[dict[str, Any]]:
        """What a function or queue was told of an endpoint, in the order in which it came."""
        return [
            event for event in self.events if (event["detail"]["EndpointName"], event["target"]) == (endpoint, target)
        ]

    def states(self, endpoint: str) -> list[str]:
        """The states that events told of, in the order in which they came; an event that comes twice counts once."""
        return list({event["id"]: event["detail"]["EndpointStatus"] for event in self.told(endpoint)}.values())
