"""`portico call` against servers that know nothing of Portico, with what they tell by reflection."""

import base64
import json
import subprocess
import threading
from concurrent import futures

import grpc
import pytest
from grpc_reflection.v1alpha import reflection
from harness import places
from peers.interop import Served

USAGE = 64


class Printed:
    """What one run of the command left behind."""

    def __init__(self, done: subprocess.CompletedProcess):
        self.code = done.returncode
        self.lines = done.stdout.splitlines()
        self.errors = done.stderr

    @property
    def messages(self) -> list[dict]:
        return [json.loads(line) for line in self.lines]

    def __repr__(self) -> str:
        return f"exit {self.code}\n{self.lines}\n{self.errors}"


def call(address: str, *arguments: str, stdin: str = "") -> Printed:
    command = [places.portico_binary(), "call", "--address", address, *arguments]
    return Printed(subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60))


@pytest.fixture(scope="module")
def python(generated):
    """grpcio's TestService with grpcio's reflection, and a status with details; its address."""
    from google.protobuf import any_pb2
    from google.rpc import error_details_pb2, status_pb2
    from grpc.testing import messages_pb2, test_pb2, test_pb2_grpc
    from peers import python_service

    class Server(python_service.TestServer):
        def UnaryCall(self, request, context):
            seen = dict(context.invocation_metadata())
            if "authorization" in seen:
                return messages_pb2.SimpleResponse(username=seen["authorization"], hostname=seen.get("x-who", ""))
            if request.fill_oauth_scope:
                detail = any_pb2.Any()
                detail.Pack(error_details_pb2.ErrorInfo(reason="NO_SCOPE", domain="python"))
                status = status_pb2.Status(code=7, message="no scope", details=[detail])
                details = ("grpc-status-details-bin", status.SerializeToString())
                context.set_trailing_metadata([details])
                context.set_code(grpc.StatusCode.PERMISSION_DENIED)
                context.set_details("no scope")
                return messages_pb2.SimpleResponse()
            return super().UnaryCall(request, context)

    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    test_pb2_grpc.add_TestServiceServicer_to_server(Server(), server)
    names = [service.full_name for service in test_pb2.DESCRIPTOR.services_by_name.values()]
    reflection.enable_server_reflection([names[0], reflection.SERVICE_NAME], server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(grace=None).wait()


def test_list(python):
    assert call(python, "list").lines == ["grpc.reflection.v1alpha.ServerReflection", "grpc.testing.TestService"]
    methods = call(python, "list", "TestService").lines
    assert "grpc.testing.TestService/UnaryCall" in methods and len(methods) == 8


def test_describe(python):
    assert call(python, "describe", "grpc.testing.Payload").lines == [
        "message grpc.testing.Payload {", "  grpc.testing.PayloadType type = 1;", "  bytes body = 2;", "}",
    ]
    assert call(python, "describe", "grpc.testing.PayloadType").lines[1] == "  COMPRESSABLE = 0;"
    method = call(python, "describe", "grpc.testing.TestService/FullDuplexCall").lines[0]
    assert method.startswith("rpc FullDuplexCall(stream grpc.testing.StreamingOutputCallRequest) returns (stream ")
    assert "map<string, double> request_cost = 3;" in "".join(call(python, "describe", "grpc.testing.TestOrcaReport").lines)
    assert call(python, "describe").lines[0] == "service grpc.reflection.v1alpha.ServerReflection {"


def test_a_unary_call(python):
    (answer,) = call(python, "TestService/UnaryCall", '{"responseSize": 3, "fillServerId": true}').messages
    assert base64.b64decode(answer["payload"]["body"]) == bytes(3) and answer["serverId"].startswith("python-")


def test_the_request_from_standard_input(python):
    printed = call(python, "grpc.testing.TestService.UnaryCall", "-", stdin='{\n  "responseSize": 2\n}\n')
    assert base64.b64decode(printed.messages[0]["payload"]["body"]) == bytes(2)


def test_server_streaming(python):
    printed = call(python, "TestService/StreamingOutputCall", '{"responseParameters": [{"size": 1}, {"size": 2}]}')
    assert [len(base64.b64decode(m["payload"]["body"])) for m in printed.messages] == [1, 2]


def test_client_streaming_from_lines(python):
    lines = '{"payload": {"body": "AAAA"}}\n\n{"payload": {"body": "AA=="}}'
    assert call(python, "TestService/StreamingInputCall", stdin=lines).messages == [{"aggregatedPayloadSize": 4}]


def test_client_streaming_from_arguments(python):
    one = '{"payload": {"body": "AAAA"}}'
    assert call(python, "TestService/StreamingInputCall", one, one).messages == [{"aggregatedPayloadSize": 6}]


def test_a_conversation(python):
    """Each line is answered before the next one is typed."""
    command = [places.portico_binary(), "call", "--address", python, "TestService/FullDuplexCall"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        for size in (1, 2, 3):
            process.stdin.write(json.dumps({"responseParameters": [{"size": size}]}) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert len(base64.b64decode(answer["payload"]["body"])) == size
        process.stdin.close()
        assert process.wait(30) == 0
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def test_headers_and_tokens(python, tmp_path):
    (tmp_path / "token").write_text("from-a-file\n")
    flags = ["--token-file", str(tmp_path / "token"), "-H", "X-Who: me: myself"]
    (answer,) = call(python, *flags, "TestService/UnaryCall").messages
    assert (answer["username"], answer["hostname"]) == ("Bearer from-a-file", "me: myself")
    (answer,) = call(python, "--token", "plain", "TestService/UnaryCall").messages
    assert answer["username"] == "Bearer plain"


def test_the_metadata_of_the_answer(python):
    value = base64.b64encode(b"\xab\xab\xab").decode()
    flags = ["-v", "-H", "x-grpc-test-echo-initial: hello", "--header", f"x-grpc-test-echo-trailing-bin: {value}"]
    printed = call(python, *flags, "TestService/EmptyCall")
    assert printed.lines == ["{}"]
    assert "x-grpc-test-echo-initial: hello" in printed.errors
    assert f"x-grpc-test-echo-trailing-bin: {value}" in printed.errors


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code != grpc.StatusCode.OK], ids=lambda c: c.name)
def test_the_status_and_its_exit_code(python, code):
    request = json.dumps({"responseStatus": {"code": code.value[0], "message": "as asked"}})
    printed = call(python, "TestService/UnaryCall", request)
    assert (printed.code, printed.lines) == (64 + code.value[0], [])
    assert printed.errors.splitlines()[0] == f"{code.name}: as asked"


def test_the_details_of_a_status(python):
    printed = call(python, "TestService/UnaryCall", '{"fillOauthScope": true}')
    assert printed.code == 71
    first, second = printed.errors.splitlines()
    assert first == "PERMISSION_DENIED: no scope"
    name, detail = second.strip().split(" ", 1)
    assert name == "google.rpc.ErrorInfo" and json.loads(detail) == {"reason": "NO_SCOPE", "domain": "python"}


def test_the_deadline(python):
    printed = call(python, "--deadline", "0.3", "TestService/StreamingOutputCall",
                   '{"responseParameters": [{"size": 1, "intervalUs": 30000000}]}')
    assert printed.code == 68 and printed.errors.startswith("DEADLINE_EXCEEDED")


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["Nobody/Calls"], "no service Nobody"),
        (["TestService/Nothing"], "no method Nothing"),
        (["nothing"], "not SERVICE/METHOD"),
        (["list", "TestService", "TestService"], "one service"),
        (["TestService/UnaryCall", '{"nope": 1}'], "nope"),
        (["TestService/UnaryCall", "{"], "grpc.testing.SimpleRequest"),
        (["TestService/UnaryCall", "{}", "{}"], "one request"),
        (["-H", "no colon", "TestService/UnaryCall"], "name: value"),
        (["-H", "a-bin: %", "TestService/UnaryCall"], "base64"),
        (["-H", "grpc-timeout: 1S", "TestService/UnaryCall"], "grpc-timeout"),
        (["--as", "operator", "TestService/UnaryCall"], "go together"),
        (["--deadline", "0", "TestService/UnaryCall"], "--deadline"),
    ],
)
def test_mistakes_say_what_is_wrong(python, arguments, reason):
    printed = call(python, *arguments)
    assert printed.code == USAGE and reason in printed.errors, printed


def test_a_line_that_is_no_request_ends_a_stream(python):
    printed = call(python, "TestService/FullDuplexCall", stdin='{"responseParameters": []}\nrubbish\n')
    assert printed.code == USAGE and "StreamingOutputCallRequest" in printed.errors


def test_what_is_not_known_is_not_found(python):
    printed = call(python, "describe", "no.Such")
    assert printed.code == 69 and printed.errors.startswith("NOT_FOUND")


def test_nobody_listens():
    printed = call("127.0.0.1:1", "list")
    assert printed.code == 78 and printed.errors.startswith("UNAVAILABLE")


def test_a_descriptor_set_instead_of_reflection(python_server, tmp_path):
    """This server has no reflection."""
    from grpc_tools import protoc

    path = tmp_path / "set.bin"
    protoc.main(["protoc", f"-I{places.ROOT / 'proto'}", "--include_imports", f"--descriptor_set_out={path}",
                 "grpc/testing/test.proto"])
    flags = ["--descriptors", str(path)]
    assert call(python_server, *flags, "list").lines == [
        "grpc.testing.ReconnectService", "grpc.testing.TestService", "grpc.testing.UnimplementedService",
    ]
    assert call(python_server, *flags, "TestService/EmptyCall").lines == ["{}"]
    (tmp_path / "rubbish").write_bytes(b"\xff\xff")
    printed = call(python_server, "--descriptors", str(tmp_path / "rubbish"), "list")
    assert printed.code == USAGE and "descriptors" in printed.errors.lower()


def test_without_reflection_our_own_contract(python_server):
    """TestService is a part of what this program was built with."""
    assert call(python_server, "TestService/EmptyCall").lines == ["{}"]
    assert "portico.identity.v1.Users" in call(python_server, "list").lines


def test_our_server_and_the_newer_reflection(served):
    node = {"text": "root", "children": [{"text": "a"}]}
    (answer,) = call(served.address, "Nesting/Echo", json.dumps(node)).messages
    assert answer["children"][0]["text"] == "a"


@pytest.fixture(scope="module")
def mutual(authority):
    """Our server, which wants a client certificate."""
    flags = [*authority.issue("call-server").flags, "--client-ca", str(authority.certificate)]
    with Served(*flags) as served:
        yield served


class TestTLS:
    def test_mutual_tls(self, mutual, authority):
        client = authority.issue("call-client")
        flags = ["--ca", str(authority.certificate), *client.flags]
        assert call(f"localhost:{mutual.port}", *flags, "TestService/EmptyCall").lines == ["{}"]

    def test_an_authority_that_the_certificate_is_for(self, authority):
        client = authority.issue("call-client")
        with Served(*authority.issue("named", names="DNS:shop.example").flags) as served:
            flags = ["--ca", str(authority.certificate), *client.flags]
            refused = call(f"127.0.0.1:{served.port}", *flags, "TestService/EmptyCall")
            assert refused.code == 78
            taken = call(f"127.0.0.1:{served.port}", *flags, "--authority", "shop.example", "TestService/EmptyCall")
            assert taken.lines == ["{}"], taken

    def test_no_certificate(self, mutual, authority):
        printed = call(f"localhost:{mutual.port}", "--ca", str(authority.certificate), "TestService/EmptyCall")
        assert printed.code == 78

    def test_plaintext_and_tls_exclude_each_other(self, mutual, authority):
        printed = call(f"localhost:{mutual.port}", "--plaintext", "--ca", str(authority.certificate), "list")
        assert printed.code == USAGE

    def test_a_plaintext_server_is_not_spoken_to_in_tls(self, served):
        assert call(served.address, "--tls", "list").code == 78
