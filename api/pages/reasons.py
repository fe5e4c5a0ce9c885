"""Why a value or a row is refused, in words of the page for those of the domain."""

import re

from api.pages.language import N_, say

WHY: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"is empty: .*"), N_("不能空着")),
    (re.compile(r"has (\d+) characters: shorten it to (\d+) at most"), N_("写了 {0} 个字，最多 {1} 个")),
    (re.compile(r"holds a character that is not text .*"), N_("里面有不能保存的符号，请删掉")),
    (
        re.compile(r"must have a zone and lie after now, within (\d+) days"),
        N_("要在现在之后、{0} 天之内"),
    ),
    (re.compile(r"is missing: give the password .*"), N_("没有写：要改密码，先写现在的密码")),
    (re.compile(r"is not the same: write .*"), N_("和上面的不一样，请再写一遍")),
    (re.compile(r"names a department twice: .*"), N_("同一个部门选了两次")),
    (re.compile(r"names somebody: .*"), N_("写到了具体的人：请不要写姓名、电话、证件号")),
    (re.compile(r"holds more than (\d+) fields: .*"), N_("超过 {0} 格：请分几次上传")),
    (re.compile(r"needs (\d+) characters at least"), N_("至少要 {0} 个字")),
    (re.compile(r"the other ticket must be another one you see"), N_("要并到另一件您能看到的工单")),
    (re.compile(r"it is no whole JPEG, .*"), N_("它不是一张完整的 JPEG、PNG 或 WebP 照片")),
    (re.compile(r"it is larger than 10 MiB: .*"), N_("它超过 10 MiB，请缩小后再发")),
    (re.compile(r"it has (\d+) × (\d+) points: .*"), N_("它有 {0} × {1} 个像素，请用低一些的分辨率重拍")),
    (re.compile(r"are (\d+): send (\d+) at most"), N_("有 {0} 张，最多 {1} 张")),
    (re.compile(r"is not on the earth: .*"), N_("不在地球上，请用度数")),
    (re.compile(r"is none of those offered: .*"), N_("不在可选的里面，请选一个")),
    (re.compile(r"needs longitude and latitude .*"), N_("要经度和纬度两个数")),
    (re.compile(r"show what was done on the spot: .*"), N_("是处置后的照片，请写清怎么处置的")),
    (re.compile(r"would have more than (\d+) rows: .*"), N_("超过 {0} 行，请多加一个筛选条件")),
    (re.compile(r"is empty: choose .*"), N_("是空的：请选一个有内容的表")),
    (re.compile(r"has no column (\S+): it has (.*)"), N_("没有 {0} 这一列，只有 {1}")),
    (re.compile(r"is neither UTF-8 nor GB 18030: .*"), N_("不是 UTF-8 也不是 GB 18030：请另存为 UTF-8")),
    (re.compile(r"is not a table: .*"), N_("不是表格：请另存为 UTF-8 的 CSV")),
    (re.compile(r"is a workbook of an old Excel: .*"), N_("是老版 Excel：请另存为 .xlsx 或 CSV")),
    (re.compile(r"has no sheet with headings: .*"), N_("里没有带表头的工作表：请保留表头那一行")),
    (re.compile(r"is no workbook that can be read .*"), N_("读不出来：请另存为 CSV")),
    (re.compile(r"is no JSON in UTF-8: .*"), N_("不是 UTF-8 的 JSON：请用 holiday-cn 格式，或 CSV")),
    (re.compile(r"failed by our fault \((.*)\): .*"), N_("没有收下，是系统的错（{0}）：请告诉我们")),
    (re.compile(r"has more fields than the header: .*"), N_("比表头的列多：请检查引号")),
    (re.compile(r"holds a byte that is no text .*"), N_("里有不是文字的字节：请删掉或重新保存")),
    (re.compile(r"is '(.*)': use one of (.*)"), N_("写的是「{0}」，只能是 {1}")),
    (re.compile(r"hold '(.*)': write each as .*"), N_("写的是「{0}」：每个写成 角色:单位，如 handler:water")),
    (re.compile(r"of this \w+ is not known: .*"), N_("还没有登记：请先登记它")),
    (re.compile(r"is a (\w+), but a (\w+) lies in .*"), N_("是 {0}，{1} 不能放在它下面：请换一个")),
    (re.compile(r"is taken by another unit, (.*): .*"), N_("已经是另一个单位「{0}」的：请换一个代码")),
    (re.compile(r"is somebody else's: .*"), N_("已经是别人的：请另取一个名字")),
    (re.compile(r"is a name of the service itself: .*"), N_("是系统自己用的名字：请另取一个")),
    (re.compile(r"holds blanks or signs: .*"), N_("里有空格或符号：只用字母和数字")),
    (re.compile(r"must have (\d+) to (\d+) characters"), N_("要有 {0} 到 {1} 个字")),
    (
        re.compile(r"(?:hold|have|are|run) .*write 08:30-12:00,14:00-17:30"),
        N_("看不懂：请写成 08:30-12:00,14:00-17:30"),
    ),
    (re.compile(r"is no id: .*"), N_("不是编号：请从列表里的一行打开")),
    (re.compile(r"has not come: .*"), N_("还没有到：请选一个过去的时间")),
    (re.compile(r"lies beyond the log, which stands at (\d+)"), N_("超出了日志，它现在到 {0}")),
    (re.compile(r"names a moment as at does: .*"), N_("和时间只填一个")),
    (re.compile(r"is no time: write it as (\S+)"), N_("看不懂：请写成 {0}")),
    (re.compile(r"is a number: that of an event .*"), N_("是一个数：日志里一条事件的位置")),
    (re.compile(r"is no day: .*"), N_("不是日期：请写成 2026-02-01")),
    (
        re.compile(r"lies before (\S+), when (.*) came into force: .*"),
        N_("早于 {0} 启用的「{1}」：请给一个更晚的日子"),
    ),
    (
        re.compile(r"is '(.*)': write one number in digits .*"),
        N_("写的是「{0}」：请写一个数字和单位，如 5工作日"),
    ),
    (
        re.compile(r"is '(.*)': its unit is not known, .*"),
        N_("写的是「{0}」：单位只能是紧急工作时、工作时、工作日、自然日"),
    ),
    (re.compile(r"is '(.*)': what '(.*)' means .*"), N_("写的是「{0}」：看不懂「{1}」，请去掉")),
    (re.compile(r"is another one than (.*) above for (.*): .*"), N_("和上面 {1} 的「{0}」不一样：请留一个")),
    (re.compile(r"stands above for (.*) already: .*"), N_("上面 {0} 已经有了：两行请留一行")),
    (re.compile(r"may hold a to z, 0 to 9 and hyphens only: .*"), N_("只能用小写字母、数字和连字符")),
    (re.compile(r"is no e-mail address: .*"), N_("不是邮箱地址")),
    (re.compile(r"is no web address: .*"), N_("不是网址")),
    (re.compile(r"are 0: name .*"), N_("一种也没有选")),
    (re.compile(r"are not all of this ticket: .*"), N_("不都是这件工单的，请从它的照片里选")),
    (re.compile(r"others were joined into it, part them first"), N_("有别的工单并在它里面，请先拆件")),
)
"""Reasons the domain gives in words of its own, and how the page says them."""


def reason(said: str) -> str:
    """The reason in the language of the page; one that is not known here stays as the domain gives it."""
    for pattern, words in WHY:
        if found := pattern.fullmatch(said):
            return say(words).format(*found.groups())
    return said
