"""What Prometheus reads: every figure moves with what happened, and names nobody."""

import ast
import asyncio
import json
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.client import RoomClient
from tests.live import REPOSITORY, Live, SeededRoom, free_port, seed_room, serve_here, serve_two
from tests.peers import raw
from tests.peers.raw import Peer, Pen, enter, eventually
from twinspace_rt.app import build_node
from twinspace_rt.docs import quarantine
from twinspace_rt.errors import BadSetting
from twinspace_rt.operations import listener, watch
from twinspace_rt.operations.lag import TICK_S
from twinspace_rt.settings import Settings

DEPLOY = REPOSITORY / "deploy"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest_asyncio.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    """A server whose metrics can be read on this machine."""
    async with serve_here(tmp_path / "data", metrics_port=free_port()) as server:
        yield server


async def scrape(port: int, **headers: str) -> httpx.Response:
    """Read metrics as Prometheus does."""
    async with httpx.AsyncClient() as client:
        return await client.get(f"http://127.0.0.1:{port}/metrics", headers=headers)


async def samples(live: Live) -> Samples:
    """Read all metrics of a server."""
    answer = await scrape(live.settings.metrics_port)
    assert answer.status_code == 200
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


def value(read: Samples, name: str, /, **labels: str) -> float:
    """Find one figure; one with labels that was never counted is 0."""
    return read.get((f"twinspace_{name}", frozenset(labels.items())), 0.0)


async def test_what_happens_in_a_room_is_counted(live: Live, seeded: SeededRoom) -> None:
    before = await samples(live)
    async with (
        await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna,
        await Peer.open_yjs(live, seeded.people["maja"], seeded.documents[1]) as maja,
    ):
        await anna.hello()
        await anna.do("chat.post", channel_id="everyone", text="one")
        refused = await anna.ask("chat.post", channel_id="nowhere", text="two", nonce="nonce-two")
        await maja.send(raw.step_1(raw.vector({})), raw.step_2(b"\0\0"))
        await maja.send(raw.update(Pen(1).write("three")))
        assert live.node is not None
        tending, hub = live.node.tending, live.node.hub
        await eventually(lambda: tending.documents[0].head_seq == 1)
        await asyncio.sleep(2 * TICK_S)  # of the same event loop
        now = await samples(live)
        assert value(now, "connections", kind="app") == 1
        assert value(now, "connections", kind="provider") == 1
        assert value(now, "rooms") == value(now, "documents") == 1
        code = refused["error"]["code"]
        grown = {
            "commit_seconds_count": {},
            "commit_jobs_sum": {},
            "loop_lag_seconds_count": {},
            "refusals_total": {"what": "command", "code": code},
        }
        for name, labels in grown.items():
            assert value(now, name, **labels) > value(before, name, **labels), name
        hub.close_sessions([seeded.people["anna"].session_id])
        closed = {"code": "4401", "reason": "signed_out"}
        later = await samples(live)
    assert value(later, "connections_closed_total", **closed) == 1 + value(
        before, "connections_closed_total", **closed
    )
    assert value(later, "connections", kind="app") == 0


async def test_an_edit_that_cannot_be_saved_is_seen_to_wait(live: Live, seeded: SeededRoom) -> None:
    assert live.node is not None
    node = live.node
    async with await enter(live, seeded) as maja:
        assert value(await samples(live), "oldest_unacknowledged_seconds") == 0
        document = node.tending.documents[0]
        async with document.committed():
            await maja.send(raw.update(Pen(1).write("waits")))
            await eventually(lambda: node.tending.waiting.bytes > 0)
            waiting = await samples(live)
            assert value(waiting, "backlog_bytes") > 0
            first = value(waiting, "oldest_unacknowledged_seconds")
            time.sleep(0.3)  # noqa: ASYNC251 - the loop is to be held up
            waiting = await samples(live)
            assert value(waiting, "oldest_unacknowledged_seconds") >= first + 0.25
        assert await maja.expect("status") == 1
        after = await samples(live)
        assert value(after, "oldest_unacknowledged_seconds") == 0
        assert value(after, "backlog_bytes") == 0


async def test_why_the_database_stores_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that may only be read answers all the same: to start it again would not help."""
    monkeypatch.setattr(watch, "BEAT_S", 0.05)
    async with serve_here(tmp_path / "data", metrics_port=free_port()) as live:
        assert live.node is not None

        async def told() -> dict[str, float]:
            return {
                dict(labels)["code"]: number
                for (name, labels), number in (await samples(live)).items()
                if name == "twinspace_database_up"
            }

        async def will_tell(code: str, number: float) -> None:
            # A crowded machine may be late with a beat as well, and then that is told.
            async with asyncio.timeout(raw.WAIT_S):
                while await told() != {code: number}:  # noqa: ASYNC110 - it is asked for
                    await asyncio.sleep(0.01)

        await will_tell("", 1)
        await live.node.database.write(
            lambda db: db.exec_driver_sql("PRAGMA query_only=ON") and None
        )
        await will_tell("disk_error", 0)


async def test_documents_in_trouble_are_counted_with_the_next_beat(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    assert value(await samples(live), "troubled_documents", state="quarantined") == 0
    page = seeded.documents[0]
    await live.node.hub.log.act(lambda action: quarantine.do_quarantine(action, page))
    live.node.watch.drain()  # which tells the others at once
    node = live.node
    await eventually(lambda: node.watch.told.troubled == {"suspect": 0, "quarantined": 1})
    now = await samples(live)
    assert value(now, "troubled_documents", state="quarantined") == 1
    assert value(now, "node_state", state="draining") == 1
    assert value(now, "node_state", state="ready") == 0


async def test_metrics_name_nobody(live: Live, seeded: SeededRoom) -> None:
    async with await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna:
        await anna.hello()
        await anna.ask("chat.post", channel_id="Kanariefågel", text="x", nonce="nonce-three")
        await anna.send_json({"id": 3, "type": "Kanariefågel"})
        text = (await scrape(live.settings.metrics_port)).text
    ids = {seeded.room_id, *seeded.documents, *(one.member_id for one in seeded.people.values())}
    assert [one for one in (*ids, "Kanariefågel", "Anna", "Rivers") if one in text] == []


def codes_in_the_program() -> Iterator[ast.expr]:
    """Find what is written after ``code=`` wherever a refusal is made."""
    for path in (REPOSITORY / "twinspace_rt").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                is_refusal = node.func.id in {
                    *("CommandError", "InvalidCommand", "NotFound", "Forbidden", "Conflict"),
                    *("RateLimited", "Refused", "StorageUnavailable"),
                }
                yield from (k.value for k in node.keywords if is_refusal and k.arg == "code")


def test_codes_are_written_in_the_program_so_there_is_a_bounded_number_of_them() -> None:
    codes = list(codes_in_the_program())
    assert len(codes) > 40
    made = {ast.unparse(one) for one in codes if not isinstance(one, ast.Constant)}
    assert made <= {"code", "f'storage.{error.code}'"}


# -- who may read


async def test_the_port_that_people_use_tells_no_metrics(live: Live) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{live.http}/metrics")
    assert "twinspace_" not in answer.text


async def test_without_being_asked_for_metrics_are_nowhere(tmp_path: Path) -> None:
    async with serve_here(tmp_path / "data") as live:
        assert live.node is not None
        assert live.node.watch.metrics_port is None


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "::"])
def test_other_machines_need_a_token(tmp_path: Path, host: str) -> None:
    settings = Settings(data_dir=tmp_path, metrics_port=9, metrics_host=host)
    with pytest.raises(BadSetting, match="TWINSPACE_METRICS_TOKEN"):
        build_node(settings)


async def test_with_a_token_nobody_reads_without_it(tmp_path: Path) -> None:
    port = free_port()
    async with serve_here(tmp_path / "data", metrics_port=port, metrics_token="open sesame"):
        for wrong in ("", "Bearer", "Bearer open", "open sesame", "Basic open sesame"):
            answer = await scrape(port, authorization=wrong)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "twinspace_" not in answer.text
        assert (await scrape(port, authorization="Bearer open sesame")).status_code == 200


async def test_metrics_are_only_read_and_only_there(live: Live) -> None:
    port = live.settings.metrics_port
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 404
        assert (await client.post(f"http://127.0.0.1:{port}/metrics")).status_code == 405


async def test_two_processes_set_alike_answer_at_ports_beside_each_other(tmp_path: Path) -> None:
    port = free_port()
    async with serve_two(tmp_path, metrics_port=port) as (one, two):
        assert one.node is not None
        assert two.node is not None
        ports = [one.node.watch.metrics_port, two.node.watch.metrics_port]
        assert ports[0] == port
        assert ports[1] is not None
        assert ports[1] > port
        for there in ports:
            assert there is not None
            assert (await scrape(there)).status_code == 200


# -- what is ready made for Prometheus and Grafana


def queried(text: str) -> set[str]:
    """Find the metrics that expressions are about."""
    return set(re.findall(r"\b(?:twinspace|process)_[a-z_]+", text))


def expressions(found: object) -> Iterator[str]:
    """Find every query in a dashboard or a file of rules."""
    if isinstance(found, dict):
        for key, inner in found.items():
            if key in {"expr", "query"} and isinstance(inner, str):
                yield inner
            else:
                yield from expressions(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from expressions(inner)


async def test_the_dashboard_and_the_alerts_ask_for_what_there_is(live: Live) -> None:
    answer = await scrape(live.settings.metrics_port)
    told = set(re.findall(r"^# TYPE (\S+) ", answer.text, re.MULTILINE))
    # Counters with labels have no line before something is counted, but they are declared.
    declared = told | {f"{name}_{end}" for name in told for end in ("bucket", "sum", "count")}
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    rules = yaml.safe_load((DEPLOY / "prometheus-alerts.yml").read_text())
    in_dashboard = queried(" ".join(expressions(dashboard)))
    in_rules = queried(" ".join(expressions(rules)))
    assert in_dashboard - declared == set()
    assert in_rules - declared == set()
    # And all that is counted is shown.
    own = {name for name in told if name.startswith("twinspace_")}
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in in_dashboard}
    assert own - shown == set()


def test_every_alert_says_what_to_do() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus-alerts.yml").read_text())
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in alerts}) == len(alerts) > 5
    for rule in alerts:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "action"}
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_panels_of_the_dashboard_lie_beside_each_other() -> None:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert at["x"] + at["w"] <= 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)


async def test_people_are_served_even_if_no_port_is_left_for_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "PORTS_TRIED", 1)
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    async with serve_here(tmp_path / "data", metrics_port=port) as live:
        taken.close()
        assert live.node is not None
        assert live.node.watch.metrics_port is None
        seeded = await live.node.database.write(seed_room)
        async with await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna:
            await anna.hello()
