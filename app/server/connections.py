"""All connections of one server: how many there are, and how much of bodies they hold that are still arriving.

Where there is no room for one more, a connection that waits for a request makes way, the one whose time ends first.
Where bodies take too much, the address whose bodies take most loses one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from adcore.errors import AdcoreError
from app.errors import Overloaded, TooManyConnections
from app.settings import ServiceLimits

LINGERING = 100
"""The connections beyond the most that may be told why they are refused."""


class Connection(Protocol):
    """What the book of connections knows about each."""

    address: str
    deadline: float
    """When what it waits for has to be there."""
    arriving: int
    """The bytes of a body that is not complete yet."""

    @property
    def is_waiting(self) -> bool:
        """Whether no request of it is being read or answered."""

    def check(self, now: float) -> None:
        """End it where its time is over."""

    def refuse(self, error: AdcoreError) -> None:
        """Tell the client why nothing more is read, and end it."""

    def drop(self) -> None:
        """End it at once."""


class Connections:
    """The connections of one server; used from its event loop only."""

    def __init__(self, limits: ServiceLimits) -> None:
        self.limits = limits
        self.open: set[Connection] = set()
        self.arriving = 0
        """The bytes of all bodies that are not complete yet."""
        self._addresses: Counter[str] = Counter()

    def add(self, connection: Connection) -> None:
        """Count a new connection, or refuse it where nobody makes way."""
        self.open.add(connection)
        self._addresses[connection.address] += 1
        is_full = len(self.open) > self.limits.connections
        if is_full or self._addresses[connection.address] > self.limits.connections_per_address:
            others = self.open if is_full else self._of(connection.address)
            waiting = [other for other in others if other is not connection and other.is_waiting]
            if waiting:
                min(waiting, key=lambda other: other.deadline).drop()
            elif len(self.open) > self.limits.connections + LINGERING:
                connection.drop()
            else:
                connection.refuse(TooManyConnections("there are as many connections as this service takes"))

    def remove(self, connection: Connection) -> None:
        self.open.discard(connection)
        self.forget_body(connection)
        self._addresses[connection.address] -= 1
        if not self._addresses[connection.address]:
            del self._addresses[connection.address]

    def receive(self, connection: Connection, size: int) -> None:
        """Count a piece of a body."""
        connection.arriving += size
        self.arriving += size

    def forget_body(self, connection: Connection) -> None:
        """The body is complete, or not wanted any more."""
        self.arriving -= connection.arriving
        connection.arriving = 0

    def check_bodies(self) -> None:
        """Refuse bodies until the others have room."""
        while self.arriving > self.limits.arriving_bytes:
            sizes: Counter[str] = Counter()
            for each in self.open:
                sizes[each.address] += each.arriving
            greedy = max(sizes, key=sizes.__getitem__)
            largest = max(self._of(greedy), key=lambda each: each.arriving)
            self.forget_body(largest)
            largest.refuse(Overloaded("the bodies that are arriving take all the memory there is for them"))

    def sweep(self, now: float) -> None:
        """End the connections whose time is over."""
        for each in list(self.open):
            each.check(now)

    def _of(self, address: str) -> Iterator[Connection]:
        return (each for each in self.open if each.address == address)
