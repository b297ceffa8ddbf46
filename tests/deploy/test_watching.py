"""The alerts and the dashboard, in a real Prometheus that reads two workers at work."""

import asyncio
import json
import math
import re
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
import yaml

from tests import programs
from tests.client import RoomClient
from tests.deploy.pages import DEPLOY
from tests.faults.storage import Storage, new_database
from tests.live import Live, SeededRoom, free_port, start_process, stop_process
from tests.pausing import postgresql_refusing
from tests.peers.raw import Peer, eventually
from twinspace_rt.errors import CloseCode
from twinspace_rt.ids import new_id

ALERTS = DEPLOY / "prometheus-alerts.yml"
TRIALS = Path(__file__).with_name("alerts.yml")
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
SCRAPE_S = 1
PATIENCE_S = 180.0


def promtool(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(programs.promtool()), *arguments], capture_output=True, text=True, timeout=60
    )


def test_prometheus_takes_the_alerts() -> None:
    said = promtool("check", "rules", "--lint-fatal", str(ALERTS))
    assert said.returncode == 0, said.stdout + said.stderr


def test_each_alert_comes_in_its_trouble_and_not_before() -> None:
    said = promtool("test", "rules", str(TRIALS))
    assert said.returncode == 0, said.stdout + said.stderr
    rules = yaml.safe_load(ALERTS.read_text("utf-8"))
    tried = yaml.safe_load(TRIALS.read_text("utf-8"))["tests"]
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    for expected in (True, False):
        assert alerts == {
            trial["alertname"]
            for one in tried
            for trial in one["alert_rule_test"]
            if bool(trial.get("exp_alerts")) is expected
        }


@dataclass
class Workers:
    """Two workers on one port, and a room in their database."""

    live: Live
    room: SeededRoom
    database_url: str

    @property
    def targets(self) -> list[str]:
        """Where they answer Prometheus."""
        ports = re.findall(r"metrics port=(\d+)", self.live.logged)
        return [f"127.0.0.1:{port}" for port in ports]

    async def live_through_a_moment(self) -> None:
        """Let something be written, refused, closed by the server and not stored."""
        room, people = self.room, self.room.people
        document = room.documents[1]
        async with (
            await RoomClient.open(self.live, room.room_id, people["anna"]) as anna,
            await Peer.open(self.live, room.room_id, people["maja"], document) as maja,
        ):
            await anna.hello()
            await anna.do("chat.post", channel_id="everyone", text="Hej!")
            refused = await anna.ask(
                "chat.post", channel_id="nowhere", text="Hej!", nonce="nowhere-1"
            )
            assert "error" in refused
            await maja.join()
            await maja.socket.send(b"no frame of ours")
            assert await maja.closed() == CloseCode.MALFORMED
        async with await RoomClient.open(self.live, room.room_id, people["nikos"]) as nikos:
            await nikos.hello()
            with postgresql_refusing(self.database_url):
                lost = await nikos.ask(
                    "chat.post", channel_id="everyone", text="Hej?", nonce=new_id()
                )
                assert lost["error"]["code"] == "storage.database_away"


class Prometheus:
    """A running Prometheus, asked as Grafana asks."""

    def __init__(self, client: httpx.AsyncClient, targets: list[str]) -> None:
        self._client = client
        self._targets = targets

    async def ask(self, what: str, **parameters: str) -> Any:
        """Ask its HTTP API; a query that it cannot read is an error."""
        answer = await self._client.get(f"/api/v1/{what}", params=parameters)
        assert answer.status_code == 200, f"{parameters}: {answer.text}"
        return answer.json()["data"]

    async def values(self, query: str) -> list[float]:
        """Run a query of the dashboard for all nodes; returns those values that are numbers."""
        everyone = "|".join(target.replace(".", r"\\.") for target in self._targets)
        query = query.replace("$instance", f"({everyone})")
        query = query.replace("$__rate_interval", f"{4 * SCRAPE_S}s")
        found = (await self.ask("query", query=query))["result"]
        values = [float(one["value"][1]) for one in found]
        return [value for value in values if math.isfinite(value)]


@pytest_asyncio.fixture
async def workers(tmp_path: Path, postgresql_url: str) -> AsyncIterator[Workers]:
    """Two workers on one port, with a room."""
    with new_database(postgresql_url) as url, programs.redis() as redis_url:
        room = await asyncio.to_thread(Storage(tmp_path, url).seed)
        live = await asyncio.to_thread(
            start_process,
            tmp_path / "data",
            free_port(),
            arguments=("--workers", "2"),
            TWINSPACE_DATABASE_URL=url,
            TWINSPACE_BUS_URL=redis_url,
            TWINSPACE_METRICS_PORT=str(free_port()),
        )
        try:
            started = Workers(live, room, url)
            await eventually(lambda: len(started.targets) == 2)
            yield started
        finally:
            await asyncio.to_thread(stop_process, live)


async def test_every_query_of_the_dashboard_finds_what_happens(workers: Workers) -> None:
    config = {
        "global": {"scrape_interval": f"{SCRAPE_S}s", "evaluation_interval": f"{SCRAPE_S}s"},
        "scrape_configs": [
            {"job_name": "twinspace-rt", "static_configs": [{"targets": workers.targets}]}
        ],
        "rule_files": [str(ALERTS)],
    }
    queries = {
        (panel["title"], target["expr"])
        for panel in DASHBOARD["panels"]
        for target in panel.get("targets", ())
    }
    with programs.prometheus(json.dumps(config), free_port()) as address:
        async with httpx.AsyncClient(base_url=address) as client:
            prometheus = Prometheus(client, workers.targets)
            missing, give_up = set(queries), time.monotonic() + PATIENCE_S
            while missing:
                assert time.monotonic() < give_up, missing
                await workers.live_through_a_moment()
                missing -= {query for query in missing if await prometheus.values(query[1])}
            # The alert about them asks for a rise, which nothing has from nowhere.
            slow = await prometheus.values('twinspace_connections_closed_total{reason="slow"}')
            rules = (await prometheus.ask("rules"))["groups"]
            listed = await prometheus.ask(
                "label/instance/values", **{"match[]": "twinspace_build_info"}
            )
    assert slow == [0, 0]
    assert set(listed) == set(workers.targets)
    assert {rule["health"] for group in rules for rule in group["rules"]} == {"ok"}
