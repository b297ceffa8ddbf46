"""A chat message to five hundred people."""

import asyncio
import time
from collections.abc import Sequence

import uvloop

from benchmarks.bench import Bench
from benchmarks.contenders import OURS, Ours, ours
from benchmarks.figures import Figures, percentile
from benchmarks.machine import cpu_s
from benchmarks.people import Person, enter_all
from benchmarks.report import Section, Table, amount
from tests.peers.raw import eventually

PEOPLE, WRITERS = 500, 50
MESSAGES, PER_S = 200, 20.0
"""Each writer has a turn every two and a half seconds, well within what one may say."""

SENTENCE = "The Danube is longer than the Rhine, but who has measured it?"


def run(bench: Bench) -> None:
    """Fill one room on each database and let its people talk."""
    for number, name in enumerate(OURS):
        with (
            bench.attempt(f"the chat on {name}"),
            ours(name, bench.folder / f"chat-{number}", bench.cores) as server,
        ):
            values = uvloop.run(_talk(bench, server))
            bench.figures.add("chat", name, **values)
            bench.say(
                f"chat on {name}: {values['cpu_us']:.1f} µs a delivery,"
                f" p99 {values['p99_ms']:.1f} ms"
            )


async def _talk(bench: Bench, server: Ours) -> dict[str, float]:
    people_count, messages = bench.size(PEOPLE, 60), bench.size(MESSAGES, 20)
    target = server.make_target("chat", documents=0, members=people_count)
    people = await enter_all([server.door(target, None, n) for n in range(people_count)])
    await people[0].ask("chat.open", nonce="benchmark-open", until=None)
    sent_at: dict[str, float] = {}
    latencies: list[float] = []

    def arrived(push: dict[str, object]) -> None:
        if push["type"] == "chat.posted":
            latencies.append(time.perf_counter() - sent_at[str(push["nonce"])])

    for person in people:
        person.on_push = arrived
    servers, databases = server.processes, server.databases
    before = cpu_s(servers), cpu_s(databases)
    answers = await _say(people[:WRITERS], sent_at, messages)
    await eventually(lambda: len(latencies) == messages * people_count)
    delivered = len(latencies)
    values = {
        "cpu_us": (cpu_s(servers) - before[0]) * 1e6 / delivered,
        "database_us": (cpu_s(databases) - before[1]) * 1e6 / delivered,
        "p50_ms": percentile(latencies, 0.5) * 1e3,
        "p99_ms": percentile(latencies, 0.99) * 1e3,
        "answer_p50_ms": percentile(answers, 0.5) * 1e3,
        "answer_p99_ms": percentile(answers, 0.99) * 1e3,
    }
    for person in people:
        person.leave()
    return values


async def _say(
    writers: Sequence[Person], sent_at: dict[str, float], messages: int
) -> Sequence[float]:
    """Post by turns at an even pace; returns the seconds each waited for its answer."""
    started = time.perf_counter()
    answers: list[float] = []

    async def post(number: int) -> None:
        await asyncio.sleep(started + number / PER_S - time.perf_counter())
        nonce = f"benchmark-{number:06}"
        sent_at[nonce] = time.perf_counter()
        await writers[number % len(writers)].ask(
            "chat.post", nonce=nonce, channel_id="everyone", text=SENTENCE
        )
        answers.append(time.perf_counter() - sent_at[nonce])

    await asyncio.gather(*(post(number) for number in range(messages)))
    return answers


def tell(figures: Figures) -> list[Section]:
    """Write what a message costs and takes."""
    table = Table(
        [
            "server",
            "server µs a delivery",
            "database µs",
            "arrived p50 ms",
            "p99 ms",
            "answered p50 ms",
            "p99 ms",
        ]
    )
    whats = ("cpu_us", "database_us", "p50_ms", "p99_ms", "answer_p50_ms", "answer_p99_ms")
    for who in OURS:
        table.add(who, *(amount(figures.spread("chat", who, what), 1) for what in whats))
    return [
        Section(
            "Chat to five hundred people",
            f"{PEOPLE} people in one room, {PER_S:.0f} messages a second by {WRITERS} of them,"
            " each stored before it is sent; an answer to its author says that it is.",
            table,
            [],
        )
    ]
