"""`python -m smoke --endpoint NAME --checkpoint NAME`: what only AWS can show, once, by your own AWS credentials."""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from goc.keys import KeysRefused
from smoke import checks, fields, recording
from smoke.capacity import Capacity
from smoke.deployment import Deployment, find, temporary_key
from smoke.orders import Orders
from smoke.results import CheckFailed
from smoke.site import Site
from smoke.user import using

INTENTION = """\
This smoke test orders pictures of the endpoint {endpoint} ({instances}) and checks that:
{checks}

It needs the endpoint for itself: some 20 minutes, more where new instances are slow to come. It scales it to no
instance and back while a job is drawn. You pay for the instances by the second, whatever they do meanwhile; the price
of an hour is on https://aws.amazon.com/sagemaker/ai/pricing/. Beside that it makes some hundreds of requests to API
Gateway, Lambda, DynamoDB, S3, SNS and SQS. It makes an API key, two queues, two subscriptions and a rule, and removes
them at the end with its jobs and pictures. What it is sent it records in {record}.
"""


def main(arguments: list[str] | None = None) -> int:
    given = _parsed(arguments)
    for stop in (signal.SIGINT, signal.SIGTERM):  # with an exception, so that what is temporary is removed then, too
        signal.signal(stop, lambda *_: sys.exit("stopped"))
    try:
        deployment, capacity = find(given.stage, given.api), Capacity(given.endpoint)
        print(_intention(given, capacity))
        if not (given.yes or _agreed()):
            return 1
        given.record.mkdir(parents=True)
        with _prepared(given, deployment, capacity) as site:
            return _run(site, given.leave_out)
    except (KeysRefused, CheckFailed, ValidationError, BotoCoreError, ClientError) as refusal:
        print(refusal, file=sys.stderr)
        return 1


def _intention(given: argparse.Namespace, capacity: Capacity) -> str:
    made = [check for check in checks.ALL if check.__name__ not in given.leave_out]
    return INTENTION.format(
        endpoint=given.endpoint,
        instances=capacity.described(),
        checks="\n".join(f"- {checks.name_of(check)}" for check in made),
        record=given.record,
    )


def _agreed() -> bool:
    print("Go on? Type yes: ", end="", flush=True)
    return sys.stdin.readline().strip() == "yes"


@contextmanager
def _prepared(given: argparse.Namespace, deployment: Deployment, capacity: Capacity) -> Iterator[Site]:
    topics = [deployment.success_topic, deployment.error_topic]
    with ExitStack() as ending:
        notices = ending.enter_context(recording.of_topics(topics, given.record / "notices.jsonl"))
        events = ending.enter_context(recording.of_endpoint(given.endpoint, given.record / "events.jsonl"))
        key = given.key or ending.enter_context(temporary_key(deployment))
        user = ending.enter_context(using(deployment.api, key))
        user.wait_until_known()
        checkpoint = user.checkpoint(given.checkpoint)
        yield Site(
            endpoint=given.endpoint,
            checkpoint=checkpoint.name,
            user=user,
            orders=Orders(deployment, given.endpoint, checkpoint),
            capacity=capacity,
            notices=notices,
            events=events,
            record=given.record,
        )


def _run(site: Site, left_out: list[str]) -> int:
    failed = False
    for result in checks.results(site, left_out):
        print(result, flush=True)
        failed = failed or result.verdict == "failed"
    print("\nThe recorded messages, held against those of the local cloud's emulator:")
    for line in fields.compare(site.record):
        print(line)
    return int(failed)


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m smoke", description=__doc__)
    parser.add_argument("--stage", default="dev", help="which deployment (default: dev)")
    parser.add_argument("--endpoint", required=True, help="an endpoint of it, which nobody else uses meanwhile")
    parser.add_argument("--checkpoint", required=True, help="a checkpoint that it has, by its name in GET /models")
    parser.add_argument("--key", help="an API key (default: one is issued, and revoked at the end)")
    parser.add_argument("--api", help="the API's address, where it is not the one of the stack's output ApiUrl")
    parser.add_argument(
        "--record",
        type=Path,
        default=Path("out/smoke"),
        help="a folder; what comes is kept in one of its own there (default: %(default)s)",
    )
    names = [check.__name__ for check in checks.ALL]
    parser.add_argument("--leave-out", nargs="+", choices=names, default=[], metavar="CHECK", help=", ".join(names))
    parser.add_argument("--yes", action="store_true", help="begin without asking")
    given = parser.parse_args(arguments)
    given.record /= f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"  # so that no run's messages are taken for another's
    return given


if __name__ == "__main__":
    sys.exit(main())
