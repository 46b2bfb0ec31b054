"""What protects those whose browsers talk to the service: headers on every answer, and names it answers to.

A page of somebody else can make its own name point to 127.0.0.1 (DNS rebinding) and then read what a service there
answers, as the browser takes both for one site. The Host header gives it away.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import lru_cache
from ipaddress import ip_address

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import EVERYWHERE, UnknownHost, problem_response

_USUAL = frozenset(("localhost", "127.0.0.1", "[::1]"))
_EVERYWHERE = [(name.lower().encode(), value.encode()) for name, value in EVERYWHERE.items()]


@lru_cache(100)
def is_loopback(host: str) -> bool:
    """Whether a name or an address means the machine itself."""
    host = host.strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def host_name(header: str) -> str:
    """The name in a Host header, without the port."""
    end = header.find("]") + 1 if header.startswith("[") else header.rfind(":")
    return (header if end < 0 else header[:end]).lower().rstrip(".")


class BrowserSafety:
    """Refuses requests for names that the service does not go by, and gives every answer the headers ``EVERYWHERE``.

    ``hosts`` are names, ``*.example.org`` for all names below one, and ``*`` for any; the machine's own names are
    always among them. Without any, a service that listens on a loopback address has only these, any other every name.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...], listens_on: str) -> None:
        self._app = app
        self._any = "*" in hosts or not (hosts or is_loopback(listens_on))
        self._hosts = frozenset(hosts) | _USUAL
        self._domains = tuple(host[1:] for host in hosts if host.startswith("*."))
        self._is_guess = not hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        def send_safely(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                names = [name for name, _ in headers]
                message["headers"] = [*headers, *[each for each in _EVERYWHERE if each[0] not in names]]
            return send(message)

        unknown = None if self._any else self._unknown_host(scope)
        if unknown is None:
            await self._app(scope, receive, send_safely)
        else:
            error = UnknownHost(
                f"this service does not go by the name {unknown}",
                help="its operator lists its names in GRADSERVE_HOSTS",
            )
            await problem_response(error)(scope, receive, send_safely)

    def _unknown_host(self, scope: Scope) -> str | None:
        """The host that is asked for, where it is none of this service's."""
        if self._is_guess and not is_loopback((scope.get("server") or ("",))[0]):
            # Whatever the settings say, another server listens here, or none does.
            return None
        for key, header in scope["headers"]:
            if key != b"host":
                continue
            name = host_name(header.decode("latin-1"))
            if not (name in self._hosts or name.endswith(self._domains) or is_loopback(name)):
                return name
        return None
