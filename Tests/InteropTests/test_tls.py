"""R-035, R-036, R-076: TLS and mutual TLS, each way, with certificates that are right and with others."""

import subprocess

import grpc
import pytest
from harness import places
from peers import interop
from peers.interop import Served

LIMIT = 20


def empty_call(address: str, credentials: grpc.ChannelCredentials) -> None:
    from grpc.testing import empty_pb2, test_pb2_grpc

    with grpc.secure_channel(address, credentials, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        test_pb2_grpc.TestServiceStub(channel).EmptyCall(empty_pb2.Empty(), timeout=LIMIT)


@pytest.fixture(scope="module")
def server_certificate(authority):
    return authority.issue("server")


@pytest.fixture(scope="module")
def client_certificate(authority):
    return authority.issue("client", names="DNS:client.example,URI:spiffe://example/client")


@pytest.fixture(scope="module")
def tls_served(server_certificate):
    with Served(*server_certificate.flags) as served:
        yield served


@pytest.fixture(scope="module")
def mutual_served(server_certificate, authority):
    with Served(*server_certificate.flags, "--client-ca", str(authority.certificate)) as served:
        yield served


@pytest.fixture(scope="module")
def tls_python(generated, server_certificate):
    from peers import python_service

    with python_service.running(grpc.ssl_server_credentials([server_certificate.pair])) as address:
        yield address


@pytest.fixture(scope="module")
def mutual_python(generated, server_certificate, authority):
    from peers import python_service

    credentials = grpc.ssl_server_credentials([server_certificate.pair], roots(authority), require_client_auth=True)
    with python_service.running(credentials) as address:
        yield address


def roots(authority) -> bytes:
    return authority.certificate.read_bytes()


class TestPythonCallsUs:
    def test_tls(self, tls_served, authority):
        empty_call(f"localhost:{tls_served.port}", grpc.ssl_channel_credentials(roots(authority)))

    def test_a_client_that_trusts_another_authority_goes_away(self, tls_served, stranger, failure):
        credentials = grpc.ssl_channel_credentials(roots(stranger))
        error = failure(lambda: empty_call(f"localhost:{tls_served.port}", credentials))
        assert error.code() == grpc.StatusCode.UNAVAILABLE

    def test_mutual_tls_and_the_name_in_the_certificate(self, mutual_served, authority, client_certificate):
        from grpc.testing import messages_pb2, test_pb2_grpc

        credentials = grpc.ssl_channel_credentials(roots(authority), *client_certificate.pair)
        with grpc.secure_channel(f"localhost:{mutual_served.port}", credentials) as channel:
            request = messages_pb2.SimpleRequest(fill_username=True)
            answer = test_pb2_grpc.TestServiceStub(channel).UnaryCall(request, timeout=LIMIT)
        assert answer.username in ("client.example", "spiffe://example/client")

    def test_no_client_certificate_is_refused(self, mutual_served, authority, failure):
        credentials = grpc.ssl_channel_credentials(roots(authority))
        error = failure(lambda: empty_call(f"localhost:{mutual_served.port}", credentials))
        assert error.code() == grpc.StatusCode.UNAVAILABLE

    def test_a_strangers_client_certificate_is_refused(self, mutual_served, authority, stranger, failure):
        credentials = grpc.ssl_channel_credentials(roots(authority), *stranger.issue("intruder").pair)
        error = failure(lambda: empty_call(f"localhost:{mutual_served.port}", credentials))
        assert error.code() == grpc.StatusCode.UNAVAILABLE

    def test_an_expired_client_certificate_is_refused(self, mutual_served, authority, failure):
        expired = authority.issue("expired-client", days=-1)
        credentials = grpc.ssl_channel_credentials(roots(authority), *expired.pair)
        error = failure(lambda: empty_call(f"localhost:{mutual_served.port}", credentials))
        assert error.code() == grpc.StatusCode.UNAVAILABLE

    def test_plaintext_is_refused(self, tls_served, failure):
        from grpc.testing import empty_pb2, test_pb2_grpc

        with grpc.insecure_channel(tls_served.address) as channel:
            stub = test_pb2_grpc.TestServiceStub(channel)
            error = failure(lambda: stub.EmptyCall(empty_pb2.Empty(), timeout=LIMIT))
        assert error.code() == grpc.StatusCode.UNAVAILABLE


class TestWeCallOurselves:
    CASES = ["empty_unary", "large_unary", "ping_pong", "custom_metadata", "timeout_on_sleeping_server"]

    @pytest.mark.parametrize("case", CASES)
    def test_mutual_tls(self, mutual_served, authority, client_certificate, case):
        flags = ["--ca", str(authority.certificate), *client_certificate.flags]
        outcome = interop.call(f"localhost:{mutual_served.port}", case, *flags)
        assert outcome.held, outcome

    def test_no_client_certificate_is_refused(self, mutual_served, authority):
        outcome = interop.call(f"localhost:{mutual_served.port}", "empty_unary", "--ca", str(authority.certificate))
        assert not outcome.held and outcome.line.startswith("UNAVAILABLE")


class TestWeCallPython:
    @pytest.mark.parametrize("case", TestWeCallOurselves.CASES)
    def test_tls(self, tls_python, authority, case):
        outcome = interop.call(tls_python, case, "--ca", str(authority.certificate))
        assert outcome.held, outcome

    @pytest.mark.parametrize("case", TestWeCallOurselves.CASES)
    def test_mutual_tls(self, mutual_python, authority, client_certificate, case):
        flags = ["--ca", str(authority.certificate), *client_certificate.flags]
        outcome = interop.call(mutual_python, case, *flags)
        assert outcome.held, outcome

    def test_no_client_certificate(self, mutual_python, authority):
        outcome = interop.call(mutual_python, "empty_unary", "--ca", str(authority.certificate))
        assert not outcome.held and outcome.line.startswith("UNAVAILABLE")

    def test_a_strangers_server_is_left(self, tls_python, stranger):
        outcome = interop.call(tls_python, "empty_unary", "--ca", str(stranger.certificate))
        assert not outcome.held and outcome.line.startswith("UNAVAILABLE")

    @pytest.mark.parametrize(
        "name, names, days",
        [("elsewhere", "DNS:elsewhere.example", 2), ("expired", "DNS:localhost", -1), ("common", "IP:127.0.0.2", 2)],
    )
    def test_a_certificate_that_is_not_the_servers(self, generated, authority, name, names, days):
        from peers import python_service

        wrong = authority.issue(name, names=names, days=days)
        with python_service.running(grpc.ssl_server_credentials([wrong.pair])) as address:
            outcome = interop.call(address, "empty_unary", "--ca", str(authority.certificate))
        assert not outcome.held and outcome.line.startswith("UNAVAILABLE")


class TestOpenSSL:
    def shake(self, served, authority, *arguments: str) -> subprocess.CompletedProcess:
        command = [
            places.tool("openssl", "openssl"), "s_client", "-connect", f"127.0.0.1:{served.port}", "-CAfile",
            str(authority.certificate), "-brief", *arguments,
        ]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)

    @pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
    def test_versions_that_are_spoken(self, tls_served, authority, version):
        assert b"CONNECTION ESTABLISHED" in self.shake(tls_served, authority, "-alpn", "h2", version).stderr

    @pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
    def test_versions_that_are_not(self, tls_served, authority, version):
        shaken = self.shake(tls_served, authority, "-alpn", "h2", version, "-cipher", "ALL:@SECLEVEL=0")
        assert b"CONNECTION ESTABLISHED" not in shaken.stderr and shaken.returncode != 0

    def test_suites_without_aead_are_not_spoken(self, tls_served, authority):
        shaken = self.shake(tls_served, authority, "-alpn", "h2", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256")
        assert b"CONNECTION ESTABLISHED" not in shaken.stderr and shaken.returncode != 0

    def test_curl(self, tls_served, authority):
        command = [
            places.tool("curl", "curl"), "--silent", "--show-error", "--http2", "--cacert", str(authority.certificate),
            "--header", "content-type: application/grpc", "--header", "te: trailers", "--data-binary", "@-",
            "--output", "/dev/null", "--dump-header", "-",
            f"https://localhost:{tls_served.port}/grpc.testing.TestService/EmptyCall",
        ]
        done = subprocess.run(command, input=bytes(5), capture_output=True, check=True, timeout=30)
        assert b"HTTP/2 200" in done.stdout and b"grpc-status: 0" in done.stdout
