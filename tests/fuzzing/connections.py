"""Random bytes on a connection to a running service: requests whose lines, headers or framing are not quite right."""

from __future__ import annotations

import json
import socket
import time
from random import Random

from tests.fuzzing.answers import Answers, Broken
from tests.fuzzing.bodies import PATHS, mutated_bytes

METHODS = (b"POST", b"POST", b"POST", b"GET", b"HEAD", b"OPTIONS", b"DELETE", b"PUT", b"BREW", b"", b"post", b"CONNECT")
TARGETS = (
    *(path.encode() for path in PATHS),
    *(
        b"/",
        b"/health/live",
        b"/ops",
        b"/ops/sin",
        b"/docs",
        b"/openapi.json",
        b"/problems/overloaded",
        b"*",
        b"",
        b"//",
    ),
    *(
        b"/../../etc/passwd",
        b"/%2e%2e/%2e%2e",
        b"/docs/../..",
        b"/grad?x=1",
        b"/grad#x",
        b"http://nobody/grad",
        b"/\xff",
    ),
    *(b"/ops/" + b"a" * 5000, b"/static/..%2f..%2fpyproject.toml", b"/problems/%00", b"/grad/", b"/gr\x00ad"),
    *(b"/%",),
)
HEADERS = (
    *(
        b"Host: 127.0.0.1",
        b"Host: nobody",
        b"Host: a\r\nHost: b",
        b"Host:",
        b"Connection: close",
        b"Connection: upgrade",
    ),
    *(
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: x",
        b"Expect: 100-continue",
    ),
    *(
        b"Content-Length: 99999999999999999999",
        b"Content-Type: text/plain",
        b"Content-Type: application/json; charset=x",
    ),
    *(
        b"Content-Encoding: gzip",
        b"Accept: nothing",
        b"Origin: null",
        b"Cookie: " + b"a" * 9000,
        b"X: \x00",
        b": x",
        b"x",
    ),
    *(
        b" folded: 1",
        b"Upgrade: websocket",
        b"Upgrade: h2c",
        b"Range: bytes=0-",
        b"If-None-Match: *",
        b"X-Forwarded-For: x",
    ),
    *(b"Content-Length: 0", b"Content-Length: -1", b"Content-Length: 1e3"),
    *(b"Content-Length: 5\r\nContent-Length: 6",),
)
VERSIONS = (b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"", b"HTTP/1.1 x")


def random_bytes(random: Random) -> bytes:
    """One to three requests on one connection, most of them wrong in one place."""
    parts = []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        body = json.dumps({"program": "x*x", "inputs": {"x": random.random()}}).encode()
        head = [b"Host: 127.0.0.1", b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
        for _ in range(random.choice((0, 0, 1, 2))):
            head.insert(random.randrange(len(head) + 1), random.choice(HEADERS))
        if random.random() < 0.2:
            del head[random.randrange(len(head))]
        if random.random() < 0.1:
            head += [b"X-%d: %d" % (i, i) for i in range(random.choice((10, 200)))]
        if random.random() < 0.15:
            size = b"%x" % (len(body) + random.choice((0, 0, 0, 1, -1, 10**6)))
            head = [line for line in head if not line.startswith(b"Content-Length")] + [b"Transfer-Encoding: chunked"]
            body = random.choice((size, size, b"zz", b"-1", b"f" * 20)) + b"\r\n" + body + b"\r\n0\r\n\r\n"
        usual = random.random() < 0.6
        method, target = (b"POST", b"/grad") if usual else (random.choice(METHODS), random.choice(TARGETS))
        version = random.choice(VERSIONS) if random.random() < 0.1 else b"HTTP/1.1"
        line = b" ".join((method, target, version))
        parts.append(b"\r\n".join([line, *head, b"", body]))
    text = b"".join(parts)
    return mutated_bytes(random, text) if random.random() < 0.5 else text


def send(port: int, text: bytes, answers: Answers, seconds: float = 10) -> None:
    """Send this on a connection of its own, and read what comes until the service closes it.

    Raises:
        Broken: A status of a failure, or nothing, neither an answer nor the end, within these seconds.
    """
    answers.count += 1
    start = time.perf_counter()
    received = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        try:
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                received += part
        except TimeoutError:
            raise Broken(f"no end within {seconds} s, after {bytes(received[:200])!r}") from None
        except OSError:  # the service has closed the connection, as it may
            pass
    answers.slowest = max(answers.slowest, time.perf_counter() - start)
    if not received:
        answers.statuses[0] = answers.statuses.get(0, 0) + 1
        return
    if not received.startswith(b"HTTP/1.1 "):
        raise Broken(f"no HTTP: {bytes(received[:200])!r}")
    status = int(received[9:12])
    answers.statuses[status] = answers.statuses.get(status, 0) + 1
    if status >= 500 and status != 503:
        raise Broken(f"status {status}: {bytes(received[:500])!r}")
