import json
from typing import Any

import pytest
from aws_cdk.assertions import Template
from openapi_spec_validator import OpenAPIV31SpecValidator

from infrastructure.contract.document import document
from lambdas.jobs.orders import SubmitJob
from lambdas.service.routes import CONTRACT
from shared.shapes import Job


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    return document()


def operations(contract: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, item in contract["paths"].items()
        for method, operation in item.items()
    }


def routes(template: Template) -> set[tuple[str, str]]:
    """What the gateway routes to a function."""
    resources = template.find_resources("AWS::ApiGateway::Resource")

    def path(id: str) -> str:
        properties = resources[id]["Properties"]
        parent = properties["ParentId"].get("Ref")
        return f"{path(parent) if parent else ''}/{properties['PathPart']}"

    methods = [each["Properties"] for each in template.find_resources("AWS::ApiGateway::Method").values()]
    return {
        (method["HttpMethod"], path(method["ResourceId"]["Ref"]))
        for method in methods
        if method["HttpMethod"] != "OPTIONS"
    }


def test_what_is_served_is_made_of_the_code_as_it_is(contract: dict[str, Any]) -> None:
    assert json.loads(CONTRACT.read_text()) == contract, "`make openapi` writes it anew"


def test_it_is_valid_openapi(contract: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(contract).validate()


def test_what_refuses_unknown_fields_says_so(contract: dict[str, Any]) -> None:
    """Settings and scripts of the WebUI's that are not honoured are taken, and warned of."""
    shapes = contract["components"]["schemas"].items()
    unlimited = {name for name, shape in shapes if shape.get("additionalProperties") and "propertyNames" not in shape}
    assert unlimited == {"OverrideSettings", "Scripts"}


def test_it_has_the_routes_of_the_gateway_and_no_others(contract: dict[str, Any], template: Template) -> None:
    assert operations(contract).keys() == routes(template)


def test_every_route_has_its_words_and_a_name_of_its_own(contract: dict[str, Any]) -> None:
    found = operations(contract).values()
    assert all(operation["summary"] for operation in found)
    assert len({operation["operationId"] for operation in found}) == len(found)


def test_every_refusal_is_a_problem(contract: dict[str, Any]) -> None:
    for operation in operations(contract).values():
        for status, response in operation["responses"].items():
            if status >= "400":
                assert response == {"$ref": f"#/components/responses/{status}"}
    for response in contract["components"]["responses"].values():
        schema = response["content"]["application/problem+json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Problem"}


def test_what_the_gateway_refuses_by_itself_is_in_it(contract: dict[str, Any], template: Template) -> None:
    answers = template.find_resources("AWS::ApiGateway::GatewayResponse").values()
    gateways = {answer["Properties"]["StatusCode"] for answer in answers}
    assert gateways <= contract["components"]["responses"].keys() | {"415"}  # only where it checks media types


@pytest.mark.parametrize(
    ("route", "statuses"),
    [
        (("GET", "/ping"), set()),
        (("GET", "/models"), {"422"}),
        (("POST", "/jobs"), {"409", "413", "422"}),
        (("GET", "/jobs/{id}"), {"404"}),
        (("DELETE", "/jobs/{id}"), {"404", "409"}),
    ],
)
def test_a_route_names_the_refusals_that_are_its_own(
    contract: dict[str, Any], route: tuple[str, str], statuses: set[str]
) -> None:
    of_every_route = {"400", "403", "429", "500", "502", "503", "504"}
    found = {status for status in operations(contract)[route]["responses"] if status >= "400"}
    assert found == statuses | of_every_route


def test_the_examples_are_what_they_are_examples_of(contract: dict[str, Any]) -> None:
    schemas = contract["components"]["schemas"]
    (order,), (job,) = schemas["SubmitJob"]["examples"], schemas["Job"]["examples"]
    assert SubmitJob.model_validate(order).model_dump(mode="json", exclude_unset=True) == order
    assert Job.model_validate(job | {"owner": "a"}).model_dump(mode="json") == job
