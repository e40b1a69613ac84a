"""The endpoints' image: built in the account, or the operator's own."""

import fnmatch
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template
from pydantic import ValidationError

from shared.contents import Base
from tests.stack import IMAGE, ROOT, application, properties, synthesize

DOCKERFILE = (ROOT / "container/Dockerfile").read_text()


@pytest.fixture(scope="module")
def building() -> Template:
    return synthesize(image=None)


def may(template: Template, action: str) -> list[Any]:
    """The resources on which the endpoints' role may do it."""
    (policy,) = [
        policy for id, policy in properties(template, "AWS::IAM::Policy").items() if id.startswith("EndpointExecution")
    ]
    return [
        statement["Resource"] for statement in policy["PolicyDocument"]["Statement"] if action in statement["Action"]
    ]


def image_of_endpoints(template: Template) -> object:
    """The image that the function that makes endpoints is told."""
    functions = properties(template, "AWS::Lambda::Function").items()
    (function,) = [each for id, each in functions if id.startswith("FunctionsEndpoints") and "Deployed" not in id]
    return function["Environment"]["Variables"]["ENDPOINT_IMAGE"]


def test_codebuild_builds_the_image_for_the_processors_of_gpu_instances(building: Template) -> None:
    building.has_resource_properties(
        "Custom::CDKContainerImageBuild",
        {"buildCommand": Match.string_like_regexp("--file container/Dockerfile --platform linux/amd64")},
    )
    assert "ImageBuild" in str(image_of_endpoints(building))


def test_an_image_of_ones_own_is_taken_and_nothing_is_built(template: Template) -> None:
    template.resource_count_is("AWS::CodeBuild::Project", 0)
    assert image_of_endpoints(template) == IMAGE


def test_endpoints_may_pull_their_image_and_no_other(template: Template, building: Template) -> None:
    (own,) = may(template, "ecr:BatchGetImage")
    assert ":ecr:eu-central-1:123456789012:repository/goc" in str(own)
    (built,) = may(building, "ecr:BatchGetImage")
    (repository,) = building.find_resources("AWS::ECR::Repository")
    assert built == {"Fn::GetAtt": [repository, "Arn"]}


@pytest.mark.parametrize(
    "image", ["goc:1", "docker.io/me/goc:1", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/goc"]
)
def test_an_image_that_sagemaker_can_not_pull_is_refused_by_name(image: str) -> None:
    with pytest.raises(ValidationError, match="image"):
        application(image=image)


def test_what_is_built_from_holds_no_more_than_the_dockerfile_copies(building: Template) -> None:
    (asset,) = [each for each in Path(building_assembly()).iterdir() if (each / "container/Dockerfile").exists()]
    copied = {line.split()[1] for line in DOCKERFILE.splitlines() if line.startswith("COPY")}
    files = {str(path.relative_to(asset)) for path in asset.rglob("*") if path.is_file()}
    assert {file.partition("/")[0] for file in files} == {"container", "shared"}
    assert all(any(fnmatch.fnmatch(file, f"{each}*") for file in files) for each in copied)
    assert not [file for file in files if "/demo/" in file or "__pycache__" in file]


def building_assembly() -> str:
    return application(image=None).synth().directory


def test_what_the_dockerfile_installs_is_pinned_to_the_last() -> None:
    files = re.findall(r"--requirement (\S+)", DOCKERFILE)
    assert files == ["torch-cuda.txt", "requirements.txt"]
    for name in files:
        lines = (ROOT / "container" / name).read_text().splitlines()
        assert all("==" in line for line in lines if line)


@pytest.mark.parametrize("base", Base)
def test_it_is_said_which_instances_fit_models_of_each_base(base: Base) -> None:
    written = (ROOT / "docs/deploy.md").read_text().partition("Which instances fit:")[2]
    rows = re.findall(r"^\| ([^|]+) \|.*\| `ml\.[^|]+ \|$", written, re.MULTILINE)  # the first begins "SD 1.x, 2.x"
    assert base.removeprefix("SD ") in {name.removeprefix("SD ") for row in rows for name in row.split(", ")}
