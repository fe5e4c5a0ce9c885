"""The administration through pages alone: by hand or by table, who did it, and who may not."""

import csv
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.command_line.whistle import Serving
from tests.pages.test_life import unfold
from tests.pages.visiting import Visits, sign_in

HEADER = "category,major_name,minor_name,filing_condition,closing_condition,time_limit,department\n"
GOOD_RULES = "lamp,照明,路灯不亮,三盏以上不亮,已亮,2工作日,power\n"
BAD_RULES = "hole,道路,路面坑洞,可见坑洞,已填平,三五天,urban\n"


def filled(page: Page, **fields: str) -> None:
    """Write into the fields of the open form, by their names."""
    for name, value in fields.items():
        field = page.locator(f"details[open] [name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def press(page: Page, name: str) -> None:
    """Press the button of this name in the open form."""
    page.locator("details[open]").get_by_role("button", name=name, exact=True).click()


def uploaded(page: Page, title: str, file: Path) -> None:
    """Upload a table by the form under this heading."""
    if not page.locator("details[open] [type=file]").count():
        unfold(page, title)
    page.locator("details[open] [type=file]").set_input_files(file)
    press(page, "上传")


def written(folder: Path, name: str, text: str) -> Path:
    """A table in this folder."""
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_who_only_administers_begins_there_and_is_offered_no_tickets(visits: Visits) -> None:
    admin = visits("admin", "/")
    assert urlsplit(admin.url).path == "/administration"
    expect(admin.get_by_role("navigation", name="主导航").get_by_role("link")).to_have_text(["封存", "管理"])
    expect(admin.get_by_role("search")).to_have_count(0)


def test_a_unit_and_an_account_are_made_by_hand_and_the_account_signs_in(visits: Visits) -> None:
    admin = visits("admin", "/administration")
    admin.get_by_role("link", name="单位", exact=True).click()
    unfold(admin, "新增单位")
    filled(admin, code="parks", name="园林", kind="department", parent="220621")
    press(admin, "新增")
    expect(admin.locator(".told li").last).to_contain_text("登记部门「园林」")
    expect(admin.locator(".told li").last).to_contain_text("管理员 管理员")
    unfold(admin, "定工作时间")
    filled(admin, hours="9点到5点")
    press(admin, "定工作时间")
    expect(admin.get_by_role("alert")).to_have_text(
        "「工作时间」填得不对：看不懂：请写成 08:30-12:00,14:00-17:30。"
    )
    filled(admin, hours="09:00-17:00")
    press(admin, "定工作时间")
    expect(admin.locator(".told")).to_contain_text("园林的工作时间定为 09:00-17:00")

    admin.goto("/administration/accounts")
    unfold(admin, "开户")
    filled(admin, account="lin", name="林师傅", role="handler", unit="parks", password="a good secret")
    press(admin, "开户")
    expect(admin.locator(".told li").first).to_contain_text("授予园林「经办人」")

    lin = visits.window()
    lin.goto("/")
    sign_in(lin, "lin", "a good secret")
    expect(lin.get_by_text("园林 · 经办人")).to_be_visible()
    assert not lin.get_by_role("link", name="管理", exact=True).count()


def test_an_account_is_changed_signed_out_and_blocked(visits: Visits, town: Serving) -> None:
    body = {"account": "gao", "name": "高", "password": "unused"}
    assert town.ask("/api/accounts", body, town.token("admin"))[0] == 201
    admin = visits("admin", "/administration/accounts/gao")
    unfold(admin, "重设密码")
    filled(admin, password="the first one")
    press(admin, "重设密码")
    expect(admin.locator(".told")).to_contain_text("改了密码")
    gao = visits.window()
    gao.goto("/")
    sign_in(gao, "gao", "the first one")
    unfold(admin, "授予角色")
    filled(admin, role="handler", unit="220621100")
    press(admin, "授予")
    expect(admin.get_by_role("alert")).to_contain_text("请选合适的单位")
    filled(admin, unit="water")
    press(admin, "授予")
    gao.reload()
    expect(gao.get_by_text("水务 · 经办人")).to_be_visible()
    unfold(admin, "在所有设备上退出")
    press(admin, "全部退出")
    expect(admin.locator(".told")).to_contain_text("强制退出")
    gao.reload()
    expect(gao.get_by_label("密码")).to_be_visible()
    unfold(admin, "停用账号")
    press(admin, "停用")
    expect(admin.get_by_text("谁也不能用它登录")).to_be_visible()
    sign_in(gao, "gao", "the first one")
    expect(gao.get_by_role("alert")).to_be_visible()
    press(admin, "恢复")
    expect(admin.locator(".told li").first).to_contain_text("恢复使用")
    sign_in(gao, "gao", "the first one")
    expect(gao.get_by_text("水务 · 经办人")).to_be_visible()
    admin.get_by_role("button", name="收回").click()
    expect(admin.locator(".told li").first).to_contain_text("收回水务「经办人」")


def test_a_table_goes_in_row_by_row_and_what_is_refused_is_told_by_line(
    visits: Visits, tmp_path: Path
) -> None:
    table = "code,name,parent,level\nfire,消防,220621,department\nx,某处,nowhere,grid\ny,某处,220621,planet\n"
    admin = visits("admin", "/administration/units")
    uploaded(admin, "上传单位表", written(tmp_path, "units.csv", table))
    expect(admin.get_by_text("新收 1 行，已有 0 行，变更 0 行，没有收下 2 行。")).to_be_visible()
    lines = admin.locator("table", has_text="没有收下的行").locator("tbody tr").all_inner_texts()
    assert [line.split()[0:2] for line in lines] == [["第", "3"], ["第", "4"]]
    with admin.expect_download() as downloading:
        admin.get_by_role("link", name="下载没有收下的行").click()
    downloading.value.save_as(tmp_path / "refused.csv")
    with (tmp_path / "refused.csv").open(encoding="utf-8-sig", newline="") as opened:
        assert [row["code"] for row in csv.DictReader(opened)] == ["x", "y"]

    accounts = "account,name,roles,password\nhuo,霍,handler:fire,a long secret\nhui,惠,king:fire,\n,无名,,\n"
    admin.goto("/administration/accounts")
    uploaded(admin, "上传账号表", written(tmp_path, "accounts.csv", accounts))
    expect(admin.get_by_text("新收 1 行，已有 0 行，变更 0 行，没有收下 2 行。")).to_be_visible()
    expect(admin.get_by_text("king:fire")).to_be_visible()
    huo = visits.window()
    huo.goto("/")
    sign_in(huo, "huo", "a long secret")
    expect(huo.get_by_text("消防 · 经办人")).to_be_visible()

    told = "ticket.dispatched ticket.handled"
    receivers = (
        f"code,name,way,unit,topics,address,paused\noffice,办公室,email,220621100,{told},office@example.org,\n"
        f"platform,平台,webhook,,ticket.*,https://example.org/told,yes\nx,某,pigeon,,{told},,\n"
        f"y,某,email,,ticket.none,office@example.org,\nz,某,email,nowhere,{told},office@example.org,\n"
    )
    admin.goto("/administration/receivers")
    uploaded(admin, "上传接收方表", written(tmp_path, "receivers.csv", receivers))
    expect(admin.get_by_text("新收 2 行，已有 0 行，变更 0 行，没有收下 3 行。")).to_be_visible()
    expect(admin.get_by_role("row", name="平台")).to_contain_text("已暂停")
    changed = (
        receivers.splitlines()[0] + "\nplatform,平台,webhook,,ticket.verified,https://example.org/told,\n"
    )
    uploaded(admin, "上传接收方表", written(tmp_path, "receivers.csv", changed))
    expect(admin.get_by_text("新收 0 行，已有 0 行，变更 1 行，没有收下 0 行。")).to_be_visible()
    expect(admin.get_by_role("row", name="平台")).not_to_contain_text("已暂停")

    for name, title in (("units", "上传单位表"), ("accounts", "上传账号表"), ("receivers", "上传接收方表")):
        admin.goto(f"/administration/{name}")
        with admin.expect_download() as downloading:
            admin.get_by_role("link", name="CSV", exact=True).click()
        downloading.value.save_as(tmp_path / f"{name}.csv")
        uploaded(admin, title, tmp_path / f"{name}.csv")
        expect(admin.get_by_text("变更 0 行，没有收下 0 行。")).to_contain_text("新收 0 行")


def test_a_catalogue_is_adopted_whole_or_not_at_all(visits: Visits, tmp_path: Path) -> None:
    admin = visits("admin", "/administration/catalogue")
    unfold(admin, "启用新目录")
    filled(admin, name="明年的目录", effective_from="2099-01-01")
    uploaded(admin, "启用新目录", written(tmp_path, "bad.csv", HEADER + GOOD_RULES + BAD_RULES))
    expect(admin.get_by_role("alert")).to_contain_text("目录没有换")
    expect(admin.get_by_role("cell", name="第 3 行")).to_be_visible()
    assert not admin.get_by_text("启用目录 明年的目录").count()
    uploaded(admin, "启用新目录", written(tmp_path, "good.csv", HEADER + GOOD_RULES))
    expect(admin.locator(".told")).to_contain_text("启用目录 明年的目录，2099-01-01 起，共 1 条规则")
    expect(admin.get_by_role("row", name="明年的目录 2099-01-01")).to_contain_text("admin")


def test_a_year_is_entered_from_a_table(visits: Visits, tmp_path: Path) -> None:
    paper = "2098,某办〔2097〕1号"
    table = f"year,paper,date,name,off\n{paper},2098-01-01,元旦,yes\n{paper},{{}},元旦,no\n"
    admin = visits("admin", "/administration/calendars")
    uploaded(admin, "录入年度安排", written(tmp_path, "years.csv", table.format("2098-13-01")))
    expect(admin.get_by_role("alert")).to_contain_text("2098-13-01")
    uploaded(admin, "录入年度安排", written(tmp_path, "years.csv", table.format("2098-01-04")))
    expect(admin.get_by_text("已录入 2098 年")).to_be_visible()
    expect(admin.get_by_role("row", name="2098 某办")).to_contain_text("01-04")
    expect(admin.locator(".told")).to_contain_text("录入 2098 年（某办〔2097〕1号），共 2 天")


def test_a_receivers_secret_is_shown_once_and_it_is_paused_and_resumed(visits: Visits) -> None:
    admin = visits("admin", "/administration/receivers")
    unfold(admin, "登记接收方")
    filled(
        admin, code="hook", name="指挥中心", way="webhook", unit="water", address="http://example.org/told"
    )
    press(admin, "登记")
    expect(admin.get_by_role("alert")).to_have_text("「通知哪些事」填得不对：一种也没有选。")
    admin.get_by_label("派单", exact=True).check()
    press(admin, "登记")
    expect(admin.locator(".secret")).to_contain_text("whsec_")
    expect(admin.get_by_text("water/hook")).to_be_visible()
    admin.goto("/administration/receivers/hook")
    expect(admin.locator(".secret")).to_have_count(0)
    unfold(admin, "暂停发送")
    press(admin, "暂停发送")
    expect(admin.locator(".facts")).to_contain_text("已暂停")
    press(admin, "恢复发送")
    expect(admin.locator(".told li").first).to_contain_text("发送恢复")
    admin.goto("/administration/receivers")
    expect(admin.get_by_role("row", name="指挥中心")).to_contain_text("正常")


PAGES = (
    "",
    "/units",
    "/units/water",
    "/accounts",
    "/accounts/water",
    "/catalogue",
    "/calendars",
    "/receivers",
)


def test_an_auditor_reads_everything_and_changes_nothing(visits: Visits) -> None:
    auditor = visits("auditor", "/administration")
    for path in PAGES:
        answer = auditor.goto(f"/administration{path}")
        assert answer is not None
        assert answer.status == 200
        assert auditor.locator("main form[method=post]").count() == 0
    form: dict[str, str | float | bool] = {"code": "z", "name": "z", "kind": "department", "parent": "220621"}
    said = auditor.request.post("/administration/units", form=form, headers={"sec-fetch-site": "same-origin"})
    assert said.status == 403
    assert "只有管理员可以" in said.text()


def test_somebody_else_is_told_whose_pages_these_are(visits: Visits) -> None:
    water = visits("water")
    assert not water.get_by_role("link", name="管理", exact=True).count()
    for path in PAGES:
        answer = water.goto(f"/administration{path}")
        assert answer is not None
        assert answer.status == 403
        expect(water.locator("main")).to_contain_text("管理员和审计可以")
