"""The files for containers and systemd: looked over by what reads them, as far as it is here."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from markdown_it import MarkdownIt
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.retry import Retry

from scripts.programs import find_nginx, find_redis
from scripts.setup import STEPS
from scripts.steps import ROOT
from tests import programs
from tests.deploy.pages import DEPLOY
from tests.live import free_port, start_process, stop_process
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.operations.listener import LOOPBACKS, check_guarded
from twinspace_rt.settings import load_settings

COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
UNIT = (DEPLOY / "twinspace-rt@.service").read_text("utf-8")
ENDS_WITHIN_S = 20
GIVEN = {
    "PUBLIC_URL": "https://rooms.example.org",
    "POSTGRES_DB": "twinspace",
    "POSTGRES_PASSWORD": "p0stgres",
    "REDIS_PASSWORD": "r3dis",
    "METRICS_TOKEN": "m3trics",
}


def filled_in(text: str) -> str:
    """Put the values of ``.env`` where Compose would: ``${NAME:?why}``."""
    return re.sub(r"\$\{(\w+):\?[^}]*\}", lambda name: GIVEN[name[1]], text)


def variables(file: str) -> dict[str, str]:
    """Read a file of variables, the commented ones too."""
    lines = (DEPLOY / file).read_text("utf-8").splitlines()
    pairs = (
        line.removeprefix("#").partition("=") for line in lines if re.match(r"#?[A-Z_]+=", line)
    )
    return {name: value for name, _, value in pairs}


def seconds(duration: str) -> int:
    """Read a duration of Compose or systemd, in whole seconds."""
    return int(duration.removesuffix("s"))


@pytest.mark.parametrize("name", ["node-1", "node-2"])
def test_nodes_of_compose_have_settings_that_the_server_takes(name: str) -> None:
    settings = load_settings(
        {key: filled_in(value) for key, value in SERVICES[name]["environment"].items()}
    )
    assert settings.trusted_proxies == 1
    assert settings.origin == GIVEN["PUBLIC_URL"]
    assert PostgresqlDatabase(settings.database_url)  # refuses an address of another form
    assert settings.bus_url == f"redis://:{GIVEN['REDIS_PASSWORD']}@redis"
    check_guarded(settings)
    assert settings.metrics_host not in LOOPBACKS
    assert settings.metrics_token == GIVEN["METRICS_TOKEN"]
    assert seconds(SERVICES[name]["stop_grace_period"]) > ENDS_WITHIN_S


def test_compose_asks_for_exactly_what_its_env_file_lists() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text("utf-8")))
    assert asked == variables("compose.env").keys() == GIVEN.keys()


def test_containers_have_every_variable_that_the_page_names() -> None:
    """In compose.yaml, which passes on nothing else of ``.env``, or in the image."""
    of_the_image = re.findall(r"\b(TWINSPACE_\w+)=", DOCKERFILE)
    named = set(re.findall(r"\bTWINSPACE_\w+", (DEPLOY / "README.md").read_text("utf-8")))
    assert len(named) > 5
    for name in ("node-1", "node-2"):
        assert named <= {*SERVICES[name]["environment"], *of_the_image}


def test_prometheus_finds_the_nodes_of_compose_as_the_page_says(tmp_path: Path) -> None:
    tokens = MarkdownIt().parse((DEPLOY / "README.md").read_text("utf-8"))
    [block] = [
        t.content for t in tokens if t.type == "code_block" and "scrape_configs" in t.content
    ]
    [job] = yaml.safe_load(block)["scrape_configs"]
    nodes = [name for name, service in SERVICES.items() if "watch" in service["networks"]]
    ports = {SERVICES[name]["environment"]["TWINSPACE_METRICS_PORT"] for name in nodes}
    assert nodes == ["node-1", "node-2"]
    assert [{"targets": [f"{name}:{port}" for name in nodes for port in ports]}] == job[
        "static_configs"
    ]
    assert job["authorization"]["credentials"] in GIVEN
    network = COMPOSE["networks"]["watch"]
    assert f"`{network['name']}`" in (DEPLOY / "README.md").read_text("utf-8")
    assert network["internal"] is True
    (tmp_path / "prometheus.yml").write_text(block)
    command = [str(programs.promtool()), "check", "config", str(tmp_path / "prometheus.yml")]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr


def test_a_node_of_compose_tells_its_metrics_for_the_token_and_logs_objects(tmp_path: Path) -> None:
    port = free_port()
    given = {
        name: filled_in(value)
        for name, value in SERVICES["node-1"]["environment"].items()
        if name.startswith(("TWINSPACE_METRICS_", "TWINSPACE_LOG_"))
    } | {"TWINSPACE_METRICS_HOST": "127.0.0.1", "TWINSPACE_METRICS_PORT": str(port)}
    live = start_process(tmp_path, free_port(), terminal=os.devnull, **given)
    try:
        assert metrics(port, "a guess").status_code == 401
        assert "twinspace_build_info" in metrics(port, GIVEN["METRICS_TOKEN"]).text
    finally:
        stop_process(live)
    logged = [json.loads(line) for line in live.logged.splitlines()]
    assert [line["port"] for line in logged if line["event"] == "metrics"] == [port]


def metrics(port: int, token: str) -> httpx.Response:
    """Ask a node as Prometheus does."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"http://127.0.0.1:{port}/metrics", headers=headers)


def test_what_compose_names_is_there() -> None:
    networks, volumes = COMPOSE["networks"].keys(), COMPOSE["volumes"].keys()
    for service in SERVICES.values():
        assert set(service["networks"]) <= networks
        assert set(service.get("depends_on", ())) <= SERVICES.keys()
        for mount in service.get("volumes", ()):
            source = mount.partition(":")[0]
            # The certificate's folder is the operator's to make.
            assert source in volumes or source == "./tls" or (DEPLOY / source).is_file()
    build = SERVICES["node-1"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == DEPLOY / "Dockerfile"


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["back"]["internal"] is True
    for name in ("postgresql", "redis"):
        assert SERVICES[name]["networks"] == ["back"]


def test_nginx_knows_the_nodes_of_compose() -> None:
    nodes = (DEPLOY / "nginx" / "nodes.compose.conf").read_text("utf-8")
    addresses = {
        f"{SERVICES[name]['networks']['front']['ipv4_address']}:8000"
        for name in ("node-1", "node-2")
    }
    assert set(re.findall(r"^ *server (\S+)", nodes, flags=re.M)) == addresses
    one_machine = (DEPLOY / "nginx" / "nodes.conf").read_text("utf-8")
    alike = [re.sub(r"#.*\n|server \S+", "", text).split() for text in (nodes, one_machine)]
    assert alike[0] == alike[1]


def test_the_proxy_of_compose_may_open_what_it_is_to_hold(tmp_path: Path) -> None:
    conf = (DEPLOY / "nginx" / "nginx.conf").read_text("utf-8")
    assert "./nginx/nginx.conf:/etc/nginx/nginx.conf:ro" in SERVICES["proxy"]["volumes"]
    [each] = re.findall(r"worker_connections (\d+);", conf)
    [limit] = re.findall(r"worker_rlimit_nofile (\d+);", conf)
    assert int(each) < int(limit) == SERVICES["proxy"]["ulimits"]["nofile"]
    assert SERVICES["node-1"]["ulimits"] == SERVICES["proxy"]["ulimits"]
    program = find_nginx()
    assert program is not None
    here = conf.replace("/run/nginx.pid", f"{tmp_path}/pid").replace("/etc/nginx/", f"{tmp_path}/")
    (tmp_path / "nginx.conf").write_text(re.sub(r"^user .*\n", "", here, flags=re.M))
    (tmp_path / "mime.types").write_text("types { text/html html; }")
    command = [str(program), "-t", "-p", str(tmp_path), "-c", "nginx.conf", "-e", "stderr"]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr


@contextmanager
def redis_of_compose() -> Iterator[Path]:
    """Run Redis by the command of compose.yaml, in a folder in the place of its memory disks."""
    program = find_redis()
    assert program is not None
    shell, option, script = SERVICES["redis"]["command"]
    with tempfile.TemporaryDirectory(prefix="ts-") as folder:  # a socket's address is short
        address = Path(folder, "redis.sock")
        script = script.replace("$$", "$").replace("/tmp/", f"{folder}/")
        script = script.replace("exec redis-server", f"exec {program}")
        script += f" --port 0 --unixsocket {address} --dir {folder}"
        environment = {"PATH": os.environ["PATH"], "REDIS_PASSWORD": GIVEN["REDIS_PASSWORD"]}
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen([shell, option, script], env=environment, stdout=log)
        try:
            while not address.exists():
                assert process.poll() is None, Path(folder, "log").read_text()
                time.sleep(0.02)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=30)


def test_redis_of_compose_asks_for_its_password_and_keeps_nothing() -> None:
    with redis_of_compose() as address:
        at: dict[str, Any] = {"unix_socket_path": str(address), "retry": Retry(NoBackoff(), 0)}
        with Redis(**at) as stranger, pytest.raises(AuthenticationError):
            stranger.ping()
        with Redis(**at, password=GIVEN["REDIS_PASSWORD"]) as node:
            assert node.config_get("save") == {"save": ""}
            assert node.config_get("appendonly") == {"appendonly": "no"}


def test_the_image_builds_from_what_is_in_the_repository() -> None:
    left_in = {
        line.removeprefix("!")
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    copied = set(re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, flags=re.M))
    assert copied == left_in
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, check=True)
    assert copied <= {path.partition("/")[0] for path in tracked.stdout.decode().splitlines()}
    for steps in re.findall(r"python -m scripts\.setup (.+)", DOCKERFILE):
        assert set(steps.split()) <= STEPS.keys()


def test_the_files_of_the_image_serve_by_themselves(tmp_path: Path) -> None:
    """The last stage of the Dockerfile, but for its packages: those of this environment."""
    last = DOCKERFILE.rpartition("FROM ")[2]
    copies = r"^COPY (?:--from=\w+ /opt/twinspace-rt/)?(\S+) (\S+)$"
    for source, target in re.findall(copies, last, flags=re.M):
        if source != ".venv":
            shutil.copytree(ROOT / source, tmp_path / "opt" / target)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "twinspace_rt", "serve"],
        cwd=tmp_path / "opt",
        env={
            "TWINSPACE_DATA_DIR": str(tmp_path / "data"),
            "TWINSPACE_PORT": str(port),
            "TWINSPACE_DEMO": "0",
        },
        stdout=subprocess.DEVNULL,
    )
    try:
        assert b"<html" in answer_of(process, f"http://127.0.0.1:{port}/")
        assert is_healthy(port)
    finally:
        process.terminate()
        process.wait(timeout=60)
    assert not is_healthy(port)


def is_healthy(port: int) -> bool:
    """Ask a server as Compose does."""
    kind, _, *arguments = SERVICES["node-1"]["healthcheck"]["test"]
    assert kind == "CMD"
    asked = [argument.replace(":8000/", f":{port}/") for argument in arguments]
    done = subprocess.run([sys.executable, *asked], stderr=subprocess.DEVNULL, timeout=60)
    return done.returncode == 0


def answer_of(process: "subprocess.Popen[bytes]", address: str) -> bytes:
    """Ask a server that is starting until it answers."""
    while True:
        assert process.poll() is None
        try:
            with urllib.request.urlopen(address, timeout=30) as page:
                return bytes(page.read())
        except urllib.error.URLError:
            time.sleep(0.05)


def test_the_unit_gives_a_node_time_to_end() -> None:
    assert re.findall(r"^KillSignal=(.+)", UNIT, flags=re.M) == ["SIGTERM"]
    # The document engine is told by its node, which would start it again.
    assert re.findall(r"^KillMode=(.+)", UNIT, flags=re.M) == ["mixed"]
    [limit] = re.findall(r"^TimeoutStopSec=(.+)", UNIT, flags=re.M)
    assert seconds(limit) > ENDS_WITHIN_S


def test_the_unit_is_started_again_however_long_its_database_takes() -> None:
    """systemd gives up a unit that was started too often within its interval; 0: never."""
    assert re.findall(r"^Restart=(.+)", UNIT, flags=re.M) == ["always"]
    assert re.findall(r"^StartLimitIntervalSec=(.+)", UNIT, flags=re.M) == ["0"]


def test_the_units_settings_are_the_servers() -> None:
    given = variables("twinspace-rt.env")
    for name, value in re.findall(r"^Environment=(TWINSPACE_\w+)=(.*)", UNIT, flags=re.M):
        given[name] = value.replace("%i", "8001")
    settings = load_settings(given)
    assert (settings.port, settings.data_dir) == (8001, Path("/var/lib/twinspace-rt/8001"))
    assert (settings.trusted_proxies, settings.demo) == (1, False)
    assert PostgresqlDatabase(settings.database_url)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_unit_and_finds_it_shut_in(tmp_path: Path) -> None:
    unit = tmp_path / "twinspace-rt@8000.service"
    unit.write_text(UNIT.replace("/opt/twinspace-rt/.venv/bin/python", sys.executable))
    for command in (
        ["verify", "--recursive-errors=no", str(unit)],
        # Of 100, which an unconfined service has nearly.
        ["security", "--offline=true", "--threshold=20", "--no-pager", str(unit)],
    ):
        said = subprocess.run(["systemd-analyze", *command], capture_output=True, text=True)
        assert said.returncode == 0, said.stdout + said.stderr
        assert unit.name not in said.stderr, said.stderr
