"""What schemathesis has to know of this API: who calls, which resources exist, how generous a reader ProtoJSON is."""

import json
import os
import re
import zlib

import jsonschema_rs
import schemathesis
from schemathesis.specs.openapi import checks as builtin

NAMES: dict[str, list[str]] = json.loads(os.environ["PORTICO_NAMES"])
SESSION = os.environ.get("PORTICO_SESSION")
TOKEN = os.environ.get("PORTICO_TOKEN")


if SESSION is not None:

    @schemathesis.auth()
    class Session:
        """The cookie of somebody who signed in before."""

        def get(self, case, context):
            return SESSION

        def set(self, case, data, context):
            case.cookies = {**(case.cookies or {}), "portico": data}


if TOKEN is not None:

    @schemathesis.auth()
    class APIToken:
        """What a program shows that has no session."""

        def get(self, case, context):
            return TOKEN

        def set(self, case, data, context):
            case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Two of three times a resource that exists, so that more is met than 404."""
    if not path_parameters or context.operation is None:
        return path_parameters
    # The choice follows from what was generated: the same seed makes the same requests.
    number = zlib.crc32(repr(sorted(path_parameters.items())).encode())
    ids = _existing(context.operation.path, number // 3)
    if number % 3 == 0 or ids is None or set(ids) - set(path_parameters):
        return path_parameters
    return {**path_parameters, **ids}


def _existing(path: str, number: int) -> dict[str, str] | None:
    """Ids for the beginning of a path, as far as something is known to exist there."""
    parts = path.removeprefix("/v1/").split(":")[0].split("/")
    for length in range(len(parts), 1, -1):
        known = NAMES.get(re.sub(r"\{\w+\}", "*", "/".join(parts[:length])).removesuffix("/*"))
        if known and parts[length - 1].startswith("{"):
            name = known[number % len(known)].split("/")
            return {part[1:-1]: id for part, id in zip(parts, name) if part.startswith("{")}
    return None


# MARK: Requests that are good, and such that are not


@schemathesis.check
def bad_requests_are_refused(context, response, case):
    """negative_data_rejection, but for what protobuf's JSON reads generously, as the document says in `Requests`:
    names in snake_case, numbers in strings, enum values by number, null for what is not set."""
    if case.meta is None or not case.meta.generation.mode.is_negative or _is_generously_valid(case):
        return None
    return builtin.negative_data_rejection(context, response, case)


@schemathesis.check
def refusals_of_good_requests_say_why(context, response, case):
    """positive_data_acceptance, but for rules that no schema can say (a contact of the same account, a token that
    belongs to a list, a state that allows it): these must be told with the name of a field of the request, or as
    FAILED_PRECONDITION."""
    if case.meta is None or case.meta.generation.mode.is_negative:
        return None
    if response.status_code != 400:
        return builtin.positive_data_acceptance(context, response, case)
    problem = response.json()
    if problem["code"] == "FAILED_PRECONDITION":
        return None
    fields = [_camel(re.split(r"[.\[]", violation["field"])[0]) for violation in problem.get("violations", [])]
    known = _fields_of(case)
    assert fields, f"the refusal names no field: {problem['detail']}"
    assert set(fields) <= known, f"the refusal names {fields}, the request has {sorted(known)}"
    return None


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def _fields_of(case) -> set[str]:
    """First names of the paths of all fields that the request message has, wherever they are sent."""
    raw = case.operation.definition.raw
    names = {parameter["name"].split(".")[0] for parameter in raw.get("parameters", [])}
    for parameter in raw.get("parameters", []):
        if parameter["in"] == "path":
            names |= {"name", "parent"}
    body = _body_schema(case)
    if body is None and "requestBody" in raw:
        # Bytes as they are: the field of the message that is a google.api.HttpBody.
        names.add("file")
    if body is not None:
        names |= set(_resolved(body).get("properties", {}))
        # A body that is one field of the message: violations begin with its name.
        names |= {_camel(word) for word in re.findall(r"[a-z]+(?:[A-Z][a-z]+)*", _resource(case))}
        names.add(_resource(case))
    return names


def _resource(case) -> str:
    """`catalogEntry` for CreateCatalogEntry and UpdateCatalogEntry."""
    method = case.operation.definition.raw["operationId"].split("_")[1]
    word = re.sub(r"^(Create|Update)", "", method)
    return word[:1].lower() + word[1:]


# MARK: Generous reading


def _document(case) -> dict:
    return case.operation.schema.raw_schema


def _body_schema(case) -> dict | None:
    content = case.operation.definition.raw.get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("schema")


def _resolved(schema: dict, document: dict | None = None) -> dict:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    return COMPONENTS[reference.rsplit("/", 1)[1]]


COMPONENTS: dict[str, dict] = json.loads(os.environ["PORTICO_SCHEMAS"]) if "PORTICO_SCHEMAS" in os.environ else {}


def _is_generously_valid(case) -> bool:
    """Whether body and query are good once they are written as the document has it."""
    raw = case.operation.definition.raw
    for parameter in raw.get("parameters", []):
        if parameter["in"] != "query":
            continue
        given = (case.query or {}).get(parameter["name"])
        if given is None:
            if parameter.get("required"):
                return False
        elif not _is_valid(parameter["schema"], _strict(given, parameter["schema"], isText=True)):
            return False
    if set(case.query or {}) - {parameter["name"] for parameter in raw.get("parameters", [])}:
        return False
    schema = _body_schema(case)
    if schema is None:
        return True
    try:
        body = json.loads(json.dumps(case.body))
    except (TypeError, ValueError):
        return False
    return _is_valid(schema, _strict(body, schema))


def _is_valid(schema: dict, value) -> bool:
    whole = schema | {"components": {"schemas": COMPONENTS}}
    return jsonschema_rs.validator_for(whole).is_valid(value)


def _strict(value, schema: dict, isText: bool = False):
    """The value as it would be written, where protobuf's JSON reads it as that."""
    schema = _resolved(schema)
    if isinstance(value, list) and "items" in schema:
        return [_strict(element, schema["items"], isText) for element in value]
    if isinstance(value, dict) and "properties" in schema:
        members = schema["properties"]
        return {
            _camel(name): _strict(member, members.get(_camel(name), {}), isText)
            for name, member in value.items()
            if member is not None
        }
    if isText and "items" in schema:
        return [_strict(value, schema["items"], isText)]
    if "enum" in schema and re.fullmatch(r"-?\d{1,9}", str(value)) and not isinstance(value, bool):
        return schema["enum"][0]
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d{1,10}(\.0+)?", str(value)) and not isinstance(value, bool):
        return int(float(value))
    if schema.get("format") in ("int64", "uint64") and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(int(value)) if value == int(value) else value
    if isText and schema.get("type") == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
