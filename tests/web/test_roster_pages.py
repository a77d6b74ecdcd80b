"""The directory: downloaded as a workbook, and imported after what it changes was looked at."""

from __future__ import annotations

import io
import random
import re
import zipfile
from dataclasses import replace
from html import unescape

from plans.units import Roster
from reports.roster_xlsx import roster_xlsx
from store.units import read_roster
from tests.plans.files.test_roster_sheets import csv, workbook
from tests.web.browsing import token_of
from tests.web.scenes import Scene

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def stored(scene: Scene) -> Roster:
    with scene.office.database.read() as tx:
        return read_roster(tx)


def upload(scene: Scene, content: bytes, name: str = "danh-ba.xlsx", **form: str) -> tuple[int, str]:
    data = {"form_token": token_of(scene.get("/phien")), **form}
    answer = scene.request("POST", "/danh-ba", data=data, files={"file": (name, content)})
    return answer.status_code, answer.text


def confirm(scene: Scene, page: str) -> tuple[int, str]:
    """Press the button below the difference."""
    (form,) = re.findall(r'<form method="post" action="/danh-ba">.*?</form>', page, re.DOTALL)
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    answer = scene.post_form("/danh-ba", {name: unescape(value) for name, value in fields.items()})
    return answer.status_code, answer.text


def test_directory_is_downloaded_and_comes_back_unchanged(replayed: Scene) -> None:
    answer = replayed.get("/danh-ba/tai-ve")
    assert answer.headers["content-type"] == XLSX
    assert 'filename="danh-ba-20261209.xlsx"' in answer.headers["content-disposition"]
    before = stored(replayed)
    status, page = upload(replayed, answer.content, complete="1")
    assert status == 200
    assert "Tệp không làm thay đổi gì trong danh bạ." in page
    assert stored(replayed) == before


def test_list_of_an_office_is_previewed_then_imported(replayed: Scene) -> None:
    content = workbook(
        DS=[
            ["Đơn vị", "Loại", "Khối", "Người phụ trách", "E-mail"],
            ["Sở Công Thương", None, None, "Chuyên viên Phòng Kế hoạch", "kh.sct@dienbien.example"],
            ["Sở Đặc biệt", "so-nganh", "Khối mới", "Chuyên viên", "cv.sdb@dienbien.example"],
        ]
    )
    before = replayed.dump()
    status, page = upload(replayed, content, "Đầu mối.xlsx", reason="Công văn 12/SNV")
    assert (status, replayed.dump()) == (200, before)
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
    for line in (
        "1 đơn vị mới",
        "Sở Đặc biệt so-dac-biet so-nganh Chuyên viên",
        "vanphong.sct@dienbien.example thôi phụ trách Sở Công Thương",
        "kh.sct@dienbien.example thêm Sở Công Thương",
        "Khối mới : thêm khối, cụm",
        "Chuyên viên Phòng Kế hoạch kh.sct@dienbien.example Sở Công Thương 2",
        "thêm 1 việc phải thực hiện",
    ):
        assert line in words
    assert confirm(replayed, page)[0] == 303
    units = stored(replayed).units
    assert [o.address for o in units["so-dac-biet"].officers] == ["cv.sdb@dienbien.example"]
    assert "kh.sct@dienbien.example" in {o.address for o in units["so-cong-thuong"].officers}


def test_large_workbook_comes_back_with_the_confirmation(replayed: Scene) -> None:
    """Of a megabyte, with the picture in its heading: what was looked at is in a field of the form."""
    made = workbook(DS=[["Đơn vị", "Loại", "E-mail"], ["Sở Đặc biệt", "so-nganh", "cv.sdb@dienbien.example"]])
    packed = io.BytesIO(made)
    with zipfile.ZipFile(packed, "a") as parts:
        parts.writestr("xl/media/image1.png", random.Random(1).randbytes(1_000_000))
    status, page = upload(replayed, packed.getvalue())
    assert (status, confirm(replayed, page)[0]) == (200, 303)


def test_change_meanwhile_is_noticed_and_shown_anew(replayed: Scene) -> None:
    old = stored(replayed)
    renamed = replace(old.units["so-cong-thuong"], name="Sở Công Thương tỉnh")
    status, page = upload(replayed, roster_xlsx(replace(old, units={**old.units, "so-cong-thuong": renamed}), ["–"]))
    assert status == 200
    other = replace(old.units["so-y-te"], mailbox="hop.syt@dienbien.example")
    _, second = upload(replayed, roster_xlsx(replace(old, units={**old.units, "so-y-te": other}), ["–"]))
    assert confirm(replayed, second)[0] == 303
    status, again = confirm(replayed, page)
    assert status == 409
    assert "danh bạ vừa được người khác thay đổi" in again
    assert "danh bạ đã thay đổi từ khi xuất tệp này" in again
    # The whole workbook was exported before the other change, which it would undo: that is shown.
    assert "hop.syt@dienbien.example" in again
    assert stored(replayed).units["so-cong-thuong"].name == "Sở Công Thương"
    assert confirm(replayed, again)[0] == 303
    assert stored(replayed).units["so-cong-thuong"] == renamed


def test_every_fault_is_listed_with_its_cell(replayed: Scene) -> None:
    before = replayed.dump()
    status, page = upload(replayed, csv("Đơn vị;Loại;E-mail", "Sở Mới;;khong phai", "=1;xa;a@b.example"), "sai.csv")
    assert status == 422
    assert "có 2 chỗ cần sửa trong tệp" in page
    assert ">sai.csv!B2<" in page
    assert ">sai.csv!C2<" in page
    for content in (b"khong phai bang", b""):
        status, page = upload(replayed, content)
        assert (status, "không thấy bảng danh bạ" in page) == (422, True)
    nothing = replayed.post_form("/danh-ba", {"form_token": token_of(replayed.get("/phien"))})
    assert (nothing.status_code, "chưa chọn tệp" in nothing.text) == (422, True)
    assert replayed.dump() == before


def test_complete_list_ends_units_only_where_it_is_ticked(replayed: Scene) -> None:
    content = csv("Đơn vị,E-mail", "Sở Nội vụ,hop.snv@dienbien.example")
    status, page = upload(replayed, content, "mot.csv")
    assert (status, "Đơn vị kết thúc" in page) == (200, False)
    status, page = upload(replayed, content, "mot.csv", complete="1")
    assert status == 200
    assert "Đơn vị kết thúc" in page
    assert "đến hết ngày 08/12/2026" in page
