"""A calendar of a hundred events over HTTP: the real program beside nginx with the same bytes as a file, and Radicale.

Servers run on one processor core, the client (wrk, 50 connections) on another, so the machine needs two. wrk and nginx
are looked for on the PATH, in /usr/sbin, and below the directory given by --unpacked, where packages may have been
unpacked:

    apt-get download wrk nginx && for p in *.deb; do dpkg -x $p /tmp/unpacked; done
    python benchmarks/feeds.py --unpacked /tmp/unpacked --radicale .cache/radicale [--seconds N] [--rounds N]

--radicale names the virtual environment that Radicale 3.9 is in; where there is none yet, it is made and filled from
the package index. "alone" is uvicorn with a program that sends two messages and does nothing else: what the server
itself allows. Times of the processor are those of the server for one answer: they say the same as the rates without
being held up by the client.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

EVENTS, CONNECTIONS = 100, 50
SERVER_CORE, CLIENT_CORE = "0", "1"
ROOT = Path(__file__).parent.parent
# status of the answers, peer → (least, goal)
RATIOS = {
    (200, "nginx"): (0.35, 0.5),
    (304, "nginx"): (0.15, 0.25),
    (200, "radicale"): (150.0, 150.0),
    (304, "radicale"): (250.0, 250.0),
}
SLOWEST = 10.0  # times the median
ALONE = """
import sys, uvicorn, uvloop, asyncio
body = open(sys.argv[2], "rb").read()
shared = [(f"x-header-{n}".encode(), b"a value of some fifty characters, as headers have it") for n in range(7)]
tag = [(b"etag", b'"0123456789abcdef0123456789abcdef"')]
whole = {"type": "http.response.start", "status": 200,
         "headers": shared + tag + [(b"content-length", str(len(body)).encode())]}
unchanged = {"type": "http.response.start", "status": 304, "headers": shared + tag}
content, nothing = {"type": "http.response.body", "body": body}, {"type": "http.response.body", "body": b""}
async def application(scope, receive, send):
    known = any(name == b"if-none-match" for name, _ in scope["headers"])
    await send(unchanged if known else whole)
    await send(nothing if known else content)
server = uvicorn.Server(uvicorn.Config(application, port=int(sys.argv[1]), access_log=False, log_level="error",
                                       lifespan="off", server_header=False))
asyncio.Runner(loop_factory=uvloop.new_event_loop).run(server.serve())
"""


@dataclass(frozen=True)
class Server:
    """One of those compared, listening."""

    name: str
    url: str
    pid: int  # of the process that answers
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """What wrk measured: answers a second, milliseconds, and microseconds of the server's processor an answer."""

    rate: float
    median: float
    p99: float
    processor: float


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def program(name: str, unpacked: Path | None) -> str:
    """Where a program is. Ends with a sentence where it is missing."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None and unpacked is not None:
        found = next((str(p) for p in unpacked.rglob(name) if p.is_file() and os.access(p, os.X_OK)), None)
    if found is None:
        sys.exit(f"{name} is missing: apt-get download {name}, dpkg -x it, and name the directory with --unpacked")
    return found


@contextlib.contextmanager
def started(
    command: list[str],
    url: str,
    *,
    cwd: Path | None = None,
    stdout: int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A server on its core, once it accepts connections."""
    process = subprocess.Popen(["taskset", "-c", SERVER_CORE, *command], cwd=cwd, stdout=stdout)
    try:
        port = urlsplit(url).port
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port or 80), 1):
                break
            if process.poll() is not None:
                sys.exit(f"{command[0]} ended with {process.returncode}")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def fetch(
    url: str, headers: tuple[str, ...] = (), data: bytes | None = None, method: str | None = None
) -> tuple[bytes, str | None]:
    """(body, ETag)."""
    request = urllib.request.Request(url, headers=dict(h.split(": ", 1) for h in headers), data=data, method=method)
    with urllib.request.urlopen(request) as answer:
        return answer.read(), answer.headers["ETag"]


@contextlib.contextmanager
def nhachan(folder: Path) -> Iterator[Server]:
    """`nhachan serve` on a home in which one unit has a hundred things to do."""
    home, port = folder / "home", free_port()
    command = [sys.executable, "-m", "scheduler.cli", "--home", str(home)]

    def run(*arguments: str) -> bytes:
        return subprocess.run([*command, *arguments], cwd=ROOT, check=True, capture_output=True).stdout

    run("init")
    settings = (home / "nhachan.toml").read_text(encoding="utf-8").replace("port = 8088", f"port = {port}")
    settings = settings.replace("[feeds]", "[feeds]\nrequests_per_minute = 0")
    (home / "nhachan.toml").write_text(settings, encoding="utf-8")
    year = time.localtime().tm_year + 1
    tasks = "".join(
        f"  - {{id: viec-{n}, title: Báo cáo kết quả thực hiện phong trào thi đua chuyên đề số {n}, product: báo cáo,"
        f" owed_by: [so-tu-phap], due: {{before: {1 + n % 28:02}/{1 + n // 28:02}/{year}}},"
        f' source: {{quote: "trước ngày {1 + n % 28:02} tháng {1 + n // 28:02}"}}}}\n'
        for n in range(EVENTS)
    )
    (folder / "units.yaml").write_text(
        "units:\n  - {id: so-noi-vu, name: Sở Nội vụ, kind: so, mailbox: snv@tinh.example}\n"
        "  - {id: so-tu-phap, name: Sở Tư pháp, kind: so, mailbox: stp@tinh.example}\n",
        encoding="utf-8",
    )
    (folder / "plan.yaml").write_text(
        "plan: {id: ke-hoach, title: Phát động phong trào thi đua, number: 88/KH-UBND, coordinator: so-noi-vu}\n"
        f"tasks:\n{tasks}",
        encoding="utf-8",
    )
    run("load", str(folder / "units.yaml"), str(folder / "plan.yaml"))
    feeds = [json.loads(line) for line in run("feeds", "--json").splitlines()]
    (url,) = (feed["url"] for feed in feeds if feed["owner"] == "so-tu-phap")
    with started([*command, "serve"], url, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        body, _ = fetch(url)
        assert body.count(b"BEGIN:VEVENT") == EVENTS
        yield Server("nhachan", url, process.pid)


@contextlib.contextmanager
def nginx(folder: Path, body: bytes, binary: str) -> Iterator[Server]:
    """One worker that sends the bytes as a file."""
    place, port = folder / "nginx", free_port()
    (place / "files").mkdir(parents=True)
    (place / "files" / "lich.ics").write_bytes(body)
    temporary = "".join(
        f"{kind}_temp_path {place}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (place / "nginx.conf").write_text(
        f"daemon off; master_process off; worker_processes 1; pid {place}/pid; error_log {place}/errors;\n"
        "events { worker_connections 512; }\n"
        f"http {{ access_log off; sendfile on; tcp_nopush on; etag on; gzip off; keepalive_requests 100000000;\n"
        f"open_file_cache max=10; types {{ text/calendar ics; }}\n{temporary}"
        f"server {{ listen 127.0.0.1:{port}; root {place}/files; }} }}\n",
        encoding="utf-8",
    )
    url = f"http://127.0.0.1:{port}/lich.ics"
    with started(
        [binary, "-p", str(place), "-e", str(place / "errors"), "-c", str(place / "nginx.conf")], url
    ) as process:
        yield Server("nginx", url, process.pid)


@contextlib.contextmanager
def radicale(folder: Path, body: bytes, environment: Path) -> Iterator[Server]:
    """Radicale with the same events as a collection. It has no answer to If-None-Match but the whole of it."""
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "radicale==3.9.*"], check=True)
    port = free_port()
    (folder / "radicale.ini").write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\nmax_connections = 200\n[auth]\ntype = none\n"
        f"[storage]\nfilesystem_folder = {folder}/collections\n[logging]\nlevel = error\n",
        encoding="utf-8",
    )
    url = f"http://127.0.0.1:{port}/bench/lich/"
    signed_in = "Authorization: Basic " + base64.b64encode(b"bench:bench").decode()
    with started([str(python), "-m", "radicale", "--config", str(folder / "radicale.ini")], url) as process:
        fetch(url, (signed_in, "Content-Type: text/calendar; charset=utf-8"), data=body, method="PUT")
        found, _ = fetch(url, (signed_in,))
        assert found.count(b"BEGIN:VEVENT") == EVENTS
        yield Server("radicale", url, process.pid, (signed_in,))


@contextlib.contextmanager
def alone(folder: Path, body: bytes) -> Iterator[Server]:
    (folder / "body").write_bytes(body)
    (folder / "alone.py").write_text(ALONE, encoding="utf-8")
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with started([sys.executable, str(folder / "alone.py"), str(port), str(folder / "body")], url) as process:
        yield Server("alone", url, process.pid)


def spent(pid: int) -> float:
    """Seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(wrk: str, server: Server, status: int, seconds: int) -> Run:
    headers = list(server.headers)
    if status == 304:
        _, tag = fetch(server.url, server.headers)
        headers.append(f"If-None-Match: {tag}")
    given = [part for header in headers for part in ("-H", header)]
    command = ["taskset", "-c", CLIENT_CORE, wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *given]
    before = spent(server.pid)
    said = subprocess.run([*command, server.url], check=True, capture_output=True, text=True).stdout
    used = spent(server.pid) - before
    assert "Non-2xx" not in said, said
    found = re.search(r"(\d+) requests in", said)
    assert found is not None
    return Run(
        float(re.findall(r"Requests/sec:\s+([\d.]+)", said)[0]),
        *(_milliseconds(re.findall(rf"{part}%\s+([\d.]+)(us|ms|s)", said)[0]) for part in (50, 99)),
        used / max(int(found[1]), 1) * 1e6,
    )


def _milliseconds(found: tuple[str, str]) -> float:
    return float(found[0]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[1]]


def middle(runs: list[Run]) -> Run:
    """The median of each figure."""
    return Run(*(statistics.median(getattr(run, name) for run in runs) for name in Run.__annotations__))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unpacked", type=Path, help="where packages were unpacked")
    parser.add_argument("--radicale", type=Path, default=ROOT / ".cache" / "radicale", help="its virtual environment")
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts")
    asked = parser.parse_args()
    if (os.cpu_count() or 1) < 2:
        sys.exit("two processor cores are needed: one for the servers, one for the client")
    wrk, binary = program("wrk", asked.unpacked), program("nginx", asked.unpacked)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(nhachan(folder))
        body, _ = fetch(ours.url)
        servers = [
            ours,
            stack.enter_context(nginx(folder, body, binary)),
            stack.enter_context(radicale(folder, body, asked.radicale.resolve())),
            stack.enter_context(alone(folder, body)),
        ]
        print(f"{EVENTS} events, {len(body):,} bytes, {CONNECTIONS} connections, {asked.rounds} × {asked.seconds} s")
        print(f"{'':<18}{'answers/s':>12}{'median ms':>12}{'p99 ms':>10}{'µs of processor':>18}")
        found: dict[tuple[int, str], Run] = {}
        for status in (200, 304):
            runs: dict[str, list[Run]] = {server.name: [] for server in servers}
            for _ in range(asked.rounds):  # in turn, so that whatever else the machine does strikes all of them
                for server in servers:
                    runs[server.name].append(measure(wrk, server, status, asked.seconds))
            for name, each in runs.items():
                run = found[status, name] = middle(each)
                print(f"{status} {name:<14}{run.rate:>12,.0f}{run.median:>12.2f}{run.p99:>10.2f}{run.processor:>18.1f}")
    return report(found)


def report(found: dict[tuple[int, str], Run]) -> int:
    """1 where a ratio is below the least that was set."""
    missed = 0
    for status, peer in [*RATIOS, (200, "alone"), (304, "alone")]:
        ours, theirs = found[status, "nhachan"], found[status, peer]
        ratio, least, goal = ours.rate / theirs.rate, *RATIOS.get((status, peer), (0.0, 0.0))
        verdict = f"least {least:g}, goal {goal:g}: {'missed' if ratio < least else 'reached'}" if least else ""
        missed += ratio < least
        by_processor = theirs.processor / ours.processor
        print(f"{status} against {peer:<10}{ratio:>8.2f}   by processor {by_processor:>6.2f}   {verdict}")
    for status in (200, 304):
        ours = found[status, "nhachan"]
        missed += ours.p99 > SLOWEST * ours.median
        print(f"{status} p99 is {ours.p99 / ours.median:.1f} times the median (at most {SLOWEST:g})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
