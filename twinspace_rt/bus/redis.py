"""The bus of several nodes: Redis pub/sub.

Two connections, each owned by one loop that alone reads and writes it: no command is ever cancelled
on a connection that somebody else will use, so nobody can get another's answer (CVE-2023-28858).
"""

import asyncio
import contextlib
import itertools
import logging
import math
import random
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from twinspace_rt import meters
from twinspace_rt.bus.base import Receiver, Subscription
from twinspace_rt.errors import BadSetting
from twinspace_rt.ids import new_id

log = logging.getLogger(__name__)
PREFIX = "twinspace:"
CONNECT_S = 3.0
RETRY_MIN_S = 0.1
RETRY_MAX_S = 5.0
WAITING_MAX_BYTES = 1024 * 1024


class RedisBus:
    """Carries messages through Redis; finds out by itself when they are not carried.

    A ping every ``ping_s`` seconds, on both connections; one that is not answered for two such
    times ends its connection, so a dead line (half-open TCP, a stopped Redis) is noticed within
    three. Then a new connection subscribes to all channels again and tells that messages may have
    been missed.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``.
        ping_s: Seconds between pings.

    Raises:
        BadSetting: ``url`` is not the address of a Redis.
    """

    def __init__(self, url: str, *, ping_s: float = 3.0) -> None:
        self._node = new_id().encode()
        self._ping_s = ping_s
        try:
            # Only makes connections; pooling would share them.
            self._connections = ConnectionPool.from_url(
                url,
                protocol=2,
                client_name="twinspace-rt",
                socket_timeout=None,
                socket_connect_timeout=CONNECT_S,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError as error:
            raise BadSetting("TWINSPACE_BUS_URL is not the address of a Redis.") from error
        self._channels: defaultdict[str, list[Subscription]] = defaultdict(list)
        self._gap_callbacks: list[Callable[[], None]] = []
        self._wanted = asyncio.Event()
        self._fresh: dict[Subscription, None] = {}
        self._unanswered: deque[tuple[int, float, Sequence[Subscription]]] = deque()
        self._subscribed = False
        self._outgoing: deque[tuple[str, bytes]] = deque()
        self._outgoing_bytes = 0
        self._publishing = False
        self._to_send = asyncio.Event()
        self._closed = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._subscribed and self._publishing

    def on_gap(self, callback: Callable[[], None]) -> None:
        self._gap_callbacks.append(callback)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            loops = [
                tasks.create_task(self._keep("subscriber", self._listen)),
                tasks.create_task(self._keep("publisher", self._send)),
            ]
            await self._closed.wait()
            for loop in loops:
                loop.cancel()

    def close(self) -> None:
        self._closed.set()
        for subscription in [s for here in self._channels.values() for s in here]:
            subscription.end()

    async def _keep(self, name: str, talk: Callable[[Any], Awaitable[None]]) -> None:
        """Connect and ``talk``, and when that fails do it again, waiting longer each time."""
        wait_s = RETRY_MIN_S
        while True:
            connection = self._connections.make_connection()  # type: ignore[no-untyped-call]
            try:
                async with asyncio.timeout(CONNECT_S):
                    await connection.connect()
                wait_s = RETRY_MIN_S
                meters.bus_connects.labels(name).inc()
                log.info("redis connected line=%s", name)
                await talk(connection)
            except* (RedisError, OSError) as lost:  # TimeoutError is an OSError
                if wait_s == RETRY_MIN_S:  # once, not with each attempt
                    log.warning("redis lost line=%s cause=%s", name, type(_first(lost)).__name__)
            finally:
                await connection.disconnect(nowait=True)
            await asyncio.sleep(wait_s * random.uniform(0.5, 1))  # noqa: S311 - jitter
            wait_s = min(2 * wait_s, RETRY_MAX_S)

    # -- receiving

    def subscribe(self, channel: str, receiver: Receiver) -> Subscription:
        subscription = Subscription(channel, receiver, self._end)
        self._channels[channel].append(subscription)
        self._fresh[subscription] = None
        self._wanted.set()
        return subscription

    def _end(self, subscription: Subscription) -> None:
        here = self._channels[subscription.channel]
        here.remove(subscription)
        self._fresh.pop(subscription, None)  # without a Redis nobody else would let go of it
        if not here:
            del self._channels[subscription.channel]
            self._wanted.set()

    async def _listen(self, connection: Any) -> None:
        self._unanswered.clear()
        self._fresh = {s: None for here in self._channels.values() for s in here}
        for subscription in self._fresh:
            subscription.carried.clear()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._ask(connection))
                await self._hear(connection)
        finally:
            self._subscribed = False

    async def _ask(self, connection: Any) -> None:
        """Subscribe to what is wanted and no more, and ping.

        Redis answers in order: what was asked for before a ping is done when that is answered.
        """
        loop = asyncio.get_running_loop()
        asked: set[str] = set()
        for number in itertools.count():
            self._wanted.clear()
            wanted = set(self._channels)
            fresh, self._fresh = tuple(self._fresh), {}
            commands = [
                (verb, *(PREFIX + channel for channel in channels))
                for verb, channels in (
                    ("SUBSCRIBE", wanted - asked),
                    ("UNSUBSCRIBE", asked - wanted),
                )
                if channels
            ]
            asked = wanted
            self._unanswered.append((number, loop.time(), fresh))
            await _write(connection, [*commands, ("PING", str(number))], 2 * self._ping_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min(loop.time() + self._ping_s, self._late_at())):
                    await self._wanted.wait()
            if loop.time() >= self._late_at():
                raise TimeoutError("no answer")

    def _late_at(self) -> float:
        """Tell when the oldest ping without an answer has waited for too long; maybe never."""
        return self._unanswered[0][1] + 2 * self._ping_s if self._unanswered else math.inf

    async def _hear(self, connection: Any) -> None:
        while True:
            match await connection.read_response(disable_decoding=True):
                case [b"message", channel, message]:
                    self._deliver(channel.decode().removeprefix(PREFIX), message)
                case [b"pong", number] | (bytes() as number):  # the latter without subscriptions
                    self._answered(int(number))

    def _deliver(self, channel: str, message: bytes) -> None:
        if message.startswith(self._node):
            return
        for subscription in tuple(self._channels.get(channel, ())):
            subscription.deliver(message[len(self._node) :])

    def _answered(self, number: int) -> None:
        while self._unanswered and self._unanswered[0][0] <= number:
            for subscription in self._unanswered.popleft()[2]:
                subscription.carried.set()
        if not self._subscribed:
            self._subscribed = True
            for callback in self._gap_callbacks:
                try:
                    callback()
                except Exception:
                    log.exception("what may have been missed could not be looked for")

    # -- sending

    def publish(self, channel: str, message: bytes) -> None:
        if not self._publishing:
            meters.bus_dropped.inc()
            return  # what passes is stale when Redis is back, and the rest is in the database
        self._outgoing.append((PREFIX + channel, self._node + message))
        self._outgoing_bytes += len(message)
        while self._outgoing_bytes > WAITING_MAX_BYTES:
            meters.bus_dropped.inc()
            self._outgoing_bytes -= len(self._outgoing.popleft()[1]) - len(self._node)
        self._to_send.set()

    async def _send(self, connection: Any) -> None:
        self._publishing = True
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._ping_s):
                        await self._to_send.wait()
                self._to_send.clear()
                commands: list[tuple[str | bytes, ...]] = [("PUBLISH", *o) for o in self._outgoing]
                self._forget_outgoing()
                commands = commands or [("PING",)]
                await _write(connection, commands, 2 * self._ping_s)
                async with asyncio.timeout(2 * self._ping_s):
                    for _ in commands:
                        await connection.read_response(disable_decoding=True)
        finally:
            self._publishing = False
            self._forget_outgoing()

    def _forget_outgoing(self) -> None:
        self._outgoing.clear()
        self._outgoing_bytes = 0


async def _write(
    connection: Any, commands: Sequence[tuple[str | bytes, ...]], limit_s: float
) -> None:
    async with asyncio.timeout(limit_s):
        packed = connection.pack_commands(commands)
        await connection.send_packed_command(packed, check_health=False)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
