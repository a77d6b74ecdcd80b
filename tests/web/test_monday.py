"""Bản tin thứ Hai as a page: the same as its mail, and earlier ones as they were mailed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

from tests.actions.province import mail_of
from tests.conftest import local
from tests.web.scenes import ADMINISTRATOR, TDKT, Scene
from tests.web.test_pages import said
from web.pages.monday import monday_of

LEADER, COUNCIL = "chutich.hdtdkt@dienbien.example", "noichinh.hdtdkt@dienbien.example"
OFFICER = "vanthu.sct@dienbien.example"


def numbers(scene: Scene, path: str = "/ban-tin") -> dict[str, int]:
    """What each of the numbers at the top counts."""
    return {what: int(n) for what, n in re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", scene.get(path).text)}


def test_any_day_names_its_week() -> None:
    today = date(2026, 12, 9)
    for text in ("", "2026-12-07", "2026-12-13", "13/12/2026", "khong-phai-ngay", "0001-01-01", "9999-12-31"):
        assert monday_of(text, today) == date(2026, 12, 7)
    assert monday_of("2026-12-14", today) == date(2026, 12, 14)


def test_page_has_the_numbers_of_the_mail_that_leaves(replayed: Scene) -> None:
    scene = replayed.seen_by(TDKT)
    replayed.now = local("2026-12-14 08:00")
    page = scene.get("/ban-tin").text
    counted = numbers(scene)
    replayed.post.letters.clear()
    replayed.tick("2026-12-14 08:00")
    (mail,) = [
        parsed
        for parsed in map(mail_of, replayed.post.letters)
        if parsed["Subject"].startswith("[Bản tin thứ Hai") and parsed["To"].addresses[0].addr_spec == TDKT
    ]
    assert mail["Subject"] == (
        f"[Bản tin thứ Hai 14/12] {counted['đơn vị chưa gửi báo cáo quá hạn']:02} đơn vị chưa gửi, "
        f"{counted['đơn vị chưa gửi bản bổ sung']:02} đơn vị chưa gửi bản bổ sung"
    )
    body = mail.get_body(("plain",))
    assert body is not None
    text = "\n".join(body.get_content().splitlines())
    sections = dict(re.findall(r"^([^\n()]+) \((\d+)\)$", text, re.MULTILINE))
    assert int(sections["ĐÃ GỬI, CHỜ XÁC NHẬN"]) == counted["đã gửi, chờ xác nhận"]
    assert int(sections["ĐẾN HẠN TRONG TUẦN"]) == counted["báo cáo phải gửi trong tuần"]
    overdue = page.split('id="qua-han"')[1].split("</section>")[0]
    assert int(sections["QUÁ HẠN, CHƯA GHI NHẬN"]) == sum(map(int, re.findall(r"<b>(\d+) đơn vị</b>:", overdue)))

    replayed.now = local("2026-12-22 09:00")
    earlier = scene.get("/ban-tin?ngay=2026-12-14").text
    shown = re.search(r'<pre class="letter">(.*?)</pre>', earlier, re.DOTALL)
    assert shown is not None
    assert unescape(shown[1]).splitlines() == text.splitlines(), "an earlier one is shown as it was mailed"


def test_page_of_a_week_to_come_is_a_forecast(played: Scene) -> None:
    scene = played.seen_by(TDKT)
    now, then = numbers(scene), numbers(scene, "/ban-tin?ngay=2026-12-14")
    assert now["đơn vị chưa gửi báo cáo quá hạn"] == then["đơn vị chưa gửi báo cáo quá hạn"]
    assert "đơn vị chưa gửi bản bổ sung" not in now
    assert then["đơn vị chưa gửi bản bổ sung"] == 1, "until 10/12"
    assert "dự kiến, nếu từ nay không có thêm báo cáo nào" in said(scene, "/ban-tin?ngay=2026-12-14")
    assert "số liệu lúc 09:30, 09/12/2026" in said(scene, "/ban-tin")


def test_everyone_reads_what_concerns_them(played: Scene) -> None:
    late = "đơn vị chưa gửi báo cáo quá hạn"
    assert numbers(played.seen_by(LEADER))[late] == numbers(played.seen_by(TDKT))[late] == 14
    council = numbers(played.seen_by(COUNCIL))
    assert council[late] <= 1
    officer = said(played.seen_by(OFFICER), "/ban-tin")
    assert "Bản tin dành cho đơn vị đầu mối" in officer
    assert numbers(played.seen_by(OFFICER)) == {}
    offered = {who: 'href="/ban-tin"' in played.seen_by(who).get("/").text for who in (LEADER, TDKT, COUNCIL, OFFICER)}
    assert offered == {LEADER: True, TDKT: True, COUNCIL: True, OFFICER: False}


def test_letters_are_read_by_who_got_them_or_reads_all(played: Scene) -> None:
    own = re.findall(r"thu=(\d+)", played.seen_by(TDKT).get("/ban-tin?ngay=2026-12-07").text)
    every = re.findall(r"thu=(\d+)", played.seen_by(ADMINISTRATOR).get("/ban-tin?ngay=2026-12-07").text)
    assert len(own) == 1
    assert set(own) < set(every)
    path = f"/ban-tin?ngay=2026-12-07&thu={own[0]}"
    assert "như đã gửi cho Chuyên viên Ban Thi đua - Khen thưởng lúc 08:00, 07/12/2026" in said(
        played.seen_by(ADMINISTRATOR), path
    )
    assert "Ban Thi đua" not in said(played.seen_by(COUNCIL), path).split("Bản tin thứ Hai, 07/12/2026")[1]


def test_weeks_are_leafed_through_where_there_may_be_something(played: Scene) -> None:
    def leads(day: date) -> list[str]:
        return re.findall(
            r'rel="(?:prev|next)" href="/ban-tin\?ngay=([\d-]+)"', played.get(f"/ban-tin?ngay={day}").text
        )

    assert leads(date(2026, 12, 7)) == ["2026-11-30", "2026-12-14"]
    assert leads(date(2026, 11, 2)) == ["2026-11-09"]
    assert leads(date(2026, 12, 7) + timedelta(weeks=4)) == ["2026-12-28"]
