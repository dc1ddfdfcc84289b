"""R-176: the document of the API is what it says it is, by the judgement of others."""

import jsonschema_rs
import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator


def test_document_is_openapi_3_1(document):
    errors = [f"{list(error.path)}: {error.message}" for error in OpenAPIV31SpecValidator(document).iter_errors()]
    assert errors == []


def test_a_broken_document_is_noticed(document):
    broken = document | {"paths": document["paths"] | {"/v1/broken/{id}": {"get": {"responses": {}}}}}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def _schemas(value, path=()):
    if isinstance(value, dict):
        for key, member in value.items():
            if key == "schema" or path == ("components", "schemas"):
                yield (*path, key), member
            if key != "example":
                yield from _schemas(member, (*path, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _schemas(member, (*path, index))


def test_every_schema_is_json_schema(document):
    found = list(_schemas(document))
    assert len(found) > 300
    for path, schema in found:
        OAS31Validator.check_schema(schema)
        assert jsonschema_rs.meta.is_valid(schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"}), path


def _examples(document):
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            for kind, media in operation.get("requestBody", {}).get("content", {}).items():
                if "example" in media:
                    yield pytest.param(media, id=f"{verb} {path} {kind}")


def test_every_example_is_valid(document):
    examples = list(_examples(document))
    assert len(examples) > 30
    for example in examples:
        (media,) = example.values
        schema = media["schema"] | {"components": document["components"]}
        errors = [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(media["example"])]
        assert errors == [], example.id


def test_operations_have_names_summaries_tags_and_say_who_may_call(document):
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids) > 80
    tags = {tag["name"] for tag in document["tags"]}
    for operation in operations:
        assert operation["summary"] and set(operation["tags"]) <= tags, operation["operationId"]
        callers = operation["x-portico-access"]["callers"]
        scopes = [scope for requirement in operation["security"] for scope in requirement.values()]
        if callers == "anyone":
            assert operation["security"] == []
        else:
            wanted = [operation["x-portico-access"]["permission"]] if callers == "permission" else []
            assert scopes == [wanted, wanted], operation["operationId"]
