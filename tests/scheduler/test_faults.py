"""What the command line says when something is wrong: sentences that name the remedy, no traceback, an exit code."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler import serving
from scheduler.app import LEASE
from store import leases
from store.database import Database
from tests.scheduler.homes import YEARLY, Nhachan, Said
from tests.scheduler.test_cli import FRIDAY, smtp_home

FUTURE = "2090-01-04T09:00"


def url(home: Path) -> str:
    return f"sqlite:///{home / 'nhachan.db'}"


# -- the pretended time ----------------------------------------------------------------------------------------------


def test_now_in_the_future_with_a_mail_server_is_refused(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("jobs", home=smtp_home(small), now=FUTURE) == Said(
        1,
        "",
        "--now ở tương lai chỉ dùng khi thư được giữ trong Maildir; ở đây thư gửi thật qua máy chủ, "
        "nên từ chối để không ai nhận thư sớm\n",
    )
    assert nhachan("jobs", home=small, now="2020-01-06T09:00").code == 0


def test_now_in_the_future_while_a_daemon_lives_is_refused(nhachan: Nhachan, small: Path) -> None:
    database = Database(url(small))
    with database.write() as tx:
        leases.hold(tx, LEASE, "may-chu:1")
    refused = Said(
        1,
        "",
        "--now ở tương lai không dùng được khi nhachan đang chạy trên thư mục này (may-chu:1): "
        "dừng tiến trình ấy trước\n",
    )
    assert nhachan("tick", home=small, now=FUTURE) == refused
    assert nhachan("jobs", home=small, now="2020-01-06T09:00").code == 0
    with database.write() as tx:
        leases.release(tx, LEASE, "may-chu:1")
    database.close()
    assert nhachan("jobs", home=small, now=FUTURE).code == 0


@pytest.mark.parametrize("now", ["hôm nay", "2026-13-01", "05/12/2026", "", "0001-01-01T00:00", "9999-12-31T23:00"])
def test_now_that_is_no_time_is_refused(nhachan: Nhachan, small: Path, now: str) -> None:
    assert nhachan("jobs", home=small, now=now) == Said(
        1, "", f"không hiểu thời điểm “{now}”: viết như 2026-12-01T08:00+07:00\n"
    )


def test_now_without_an_offset_is_vietnams(nhachan: Nhachan, small: Path) -> None:
    at_home = nhachan("jobs", "--json", home=small, now="2026-11-16T14:30")
    assert nhachan("jobs", "--json", home=small, now="2026-11-16T07:30+00:00") == at_home
    assert nhachan("jobs", "--json", home=small, now="2026-11-16T07:30Z") == at_home


@pytest.mark.parametrize("day", ["31/12/9999", "01/01/0001", "2026-02-30", "12/2026"])
def test_a_day_that_is_none_or_a_slip_of_the_finger_is_refused(nhachan: Nhachan, small: Path, day: str) -> None:
    assert nhachan("overdue", "--on", day, home=small) == Said(
        1, "", f"--on: không hiểu ngày “{day}”: viết như 05/12/2026 hoặc 2026-12-05\n"
    )


# -- homes that can't be used ----------------------------------------------------------------------------------------


def test_without_a_home_every_command_names_the_remedy(
    nhachan: Nhachan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sentence = (
        "nhachan-home chưa phải là thư mục của nhachan: tạo bằng lệnh “nhachan --home nhachan-home init”, "
        "hoặc chạy thử bằng “nhachan demo”\n"
    )
    for command in (
        ("jobs",),
        ("tick",),
        ("serve",),
        ("overdue",),
        ("feeds",),
        ("doctor",),
        ("migrate",),
        ("publish", "x"),
        ("mail", "list"),
        ("why", YEARLY),
        ("close", "x"),
    ):
        assert nhachan(*command) == Said(1, "", sentence), command
    assert list(tmp_path.iterdir()) == []


def test_home_is_the_one_named_else_the_variable_else_this_folder(
    nhachan: Nhachan, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small)
    assert len(nhachan("feeds", "--kind", "unit").lines) == 6
    monkeypatch.chdir(tmp_path)
    assert nhachan("feeds").code == 1
    monkeypatch.setenv("NHACHAN_HOME", str(small))
    assert len(nhachan("feeds", "--kind", "unit").lines) == 6
    assert nhachan("feeds", home=tmp_path).code == 1


def test_a_corrupt_database_is_a_sentence(nhachan: Nhachan, small: Path) -> None:
    (small / "nhachan.db").write_bytes(b"not a database at all, whatever its name says")
    (small / "units.yaml").unlink()  # so that the units are looked for in the database
    for command in (("jobs",), ("doctor",), ("migrate",), ("check", small)):
        assert nhachan(*command, home=small, now=FRIDAY) == Said(
            3, "", f"cơ sở dữ liệu {url(small)} không dùng được: file is not a database\n"
        ), command


def test_a_database_that_cannot_be_opened_is_a_sentence(nhachan: Nhachan, small: Path) -> None:
    (small / "nhachan.db").unlink()
    (small / "nhachan.db").mkdir()
    assert nhachan("jobs", home=small) == Said(
        3, "", f"cơ sở dữ liệu {url(small)} không dùng được: unable to open database file\n"
    )


def test_a_database_of_another_version_names_the_remedy(nhachan: Nhachan, small: Path) -> None:
    database = Database(url(small))
    with database.write() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    assert nhachan("jobs", home=small) == Said(
        3, "", "cơ sở dữ liệu ở phiên bản 9999, chương trình cần 0012: sao lưu rồi chạy “nhachan migrate”\n"
    )


def test_a_folder_that_cannot_be_written_is_a_sentence(nhachan: Nhachan, small: Path) -> None:
    file = small / "nhachan.toml"
    assert nhachan("init", home=file / "nha") == Said(3, "", f"không đọc hoặc ghi được {file}/nha: Not a directory\n")
    assert nhachan("publish", file, home=small) == Said(3, "", f"không đọc hoặc ghi được {file}: File exists\n")


def test_settings_that_are_wrong_are_named_all_at_once(nhachan: Nhachan, small: Path) -> None:
    (small / "nhachan.toml").write_text('[web]\nprot = 80\nhost = "0.0.0.0"\n', encoding="utf-8")
    assert nhachan("jobs", home=small) == Said(
        1,
        "",
        f"{small}/nhachan.toml: “web.host” là 0.0.0.0: máy khác sẽ mở được trang, nên cần ghi địa chỉ mà họ "
        f"dùng vào “web.base_url”\n{small}/nhachan.toml: không có mục “web.prot”; có phải “web.port”?\n",
    )


# -- serve -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


def test_serve_on_a_port_that_is_taken_is_refused(nhachan: Nhachan, small: Path, taken: int) -> None:
    text = (small / "nhachan.toml").read_text(encoding="utf-8")
    (small / "nhachan.toml").write_text(text.replace("port = 8088", f"port = {taken}"), encoding="utf-8")
    for role in ("all", "web"):
        assert nhachan("serve", "--role", role, home=small) == Said(
            3,
            "",
            f"không mở được cổng {taken} trên 127.0.0.1 (Address already in use): đổi “port” trong nhachan.toml\n",
        )
    database = Database(url(small))
    with database.read() as tx:
        assert leases.read_lease(tx, LEASE) is None  # it had not begun to schedule
    database.close()


def test_listen_notices_a_port_that_another_will_listen_on() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        bound = serving.listen("127.0.0.1", other.getsockname()[1])
        with bound, pytest.raises(OSError, match="Address already in use"):
            other.listen()


# -- language, locale, pipes -----------------------------------------------------------------------------------------


def test_answers_are_in_english_on_request(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("overdue", home=small, now=FRIDAY, lang="en").lines == [
        "Last day    Working days late  Unit     Deadline                 Last reminder",
        "13/11/2026  5                  Sở Y tế  ke-hoach/danh-sach/once  –",
        "13/11/2026  5                  Xã A     ke-hoach/danh-sach/once  –",
        "2 overdue of 2 units.",
    ]
    assert nhachan("overdue", "--unit", "so-y-t", home=small, lang="en").err == (
        'there is no unit "so-y-t"; did you mean "so-y-te"?\n'
    )


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[bytes]:
    """The real program, in a process of its own."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-W", "error", "-m", "scheduler.cli", *map(str, arguments)]
    root = Path(__file__).parents[2]
    return subprocess.run(command, cwd=root, env=environment, check=False, timeout=30, **options)  # type: ignore[call-overload, no-any-return]


def test_c_locale_does_not_turn_vietnamese_into_an_error(small: Path) -> None:
    done = run("--home", small, "--now", FRIDAY, "overdue", "--unit", "xa-a", capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().splitlines()[-1] == "1 việc quá hạn của 1 đơn vị."
    failed = run("--home", small, "overdue", "--unit", "xa-z", capture_output=True)
    assert (failed.returncode, failed.stdout) == (1, b"")
    assert failed.stderr.decode() == "không có đơn vị “xa-z”; có phải “xa-b”?\n"


def test_a_reader_that_went_away_is_no_fault(small: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run("--home", small, "feeds", stdout=writing, stderr=subprocess.PIPE)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
