"""A small province as files, for homes that commands and daemons work in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

UNITS = """\
units:
  - {id: ubnd, name: UBND tỉnh, kind: uy-ban, mailbox: vanthu@ubnd.example}
  - id: so-noi-vu
    name: Sở Nội vụ
    kind: so
    groups: [khoi-1]
    officers:
      - {name: Chuyên viên Ban TĐKT, email: tdkt@snv.example}
      - {name: Giám đốc Sở Nội vụ, role: head, email: giamdoc@snv.example}
  - id: so-y-te
    name: Sở Y tế
    kind: so
    groups: [khoi-1]
    officers:
      - {name: Chuyên viên Sở Y tế, email: an@syt.example}
      - {name: Giám đốc Sở Y tế, role: head, email: giamdoc@syt.example}
  - {id: xa-a, name: Xã A, kind: xa, mailbox: chi@xa-a.example}
  - {id: xa-b, name: Xã B, kind: xa, mailbox: dung@xa-b.example}
groups: [{id: khoi-1, name: Khối 1}]
audiences: [{id: moi-don-vi, name: Các đơn vị, kinds: [so, xa]}]
"""

PLAN = """\
plan:
  id: ke-hoach
  number: 88/KH-UBND
  title: Kế hoạch thi đua
  issued: 05/01/2026
  coordinator: so-noi-vu
tasks:
  - id: bao-cao-nam
    title: Báo cáo thi đua
    kind: report
    product: báo cáo
    owed_by: [moi-don-vi]
    to: ubnd
    due: {yearly: {before: 05/12}}
    source: {line: 63, quote: "trước ngày 05 tháng 12 hàng năm"}
  - id: danh-sach
    title: Danh sách đề nghị khen thưởng
    kind: report
    product: hồ sơ
    owed_by: [so-y-te, xa-a]
    due: {by: 13/11/2026}
  - {id: hoi-nghi, title: Hội nghị tổng kết, kind: work, lead: [so-noi-vu], due: {by: 31/12/2026}}
"""

YEARLY, LIST = "ke-hoach/bao-cao-nam/2026", "ke-hoach/danh-sach/once"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Nhachan = Callable[..., Said]


def objects(said: Said) -> list[dict[str, object]]:
    assert (said.code, said.err) == (0, "")
    return [json.loads(line) for line in said.lines]
