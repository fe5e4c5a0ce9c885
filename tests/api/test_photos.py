"""Photos (照片): what is taken in, what is shown of it and to whom, and which of them a ticket may name."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from adapters.photos.album import LARGEST
from api import photographs
from tests.api.steps import REPORT, Steps, body_of, problem
from tests.pictures import SECRET, exif, picture


def upload(steps: Steps, account: str, photo: bytes) -> dict[str, Any]:
    """A photo that is taken in; gives the answer."""
    answer = steps.people[account].post("/api/photos", content=photo)
    assert answer.status_code == 201, answer.text
    return body_of(answer)


def shown(steps: Steps, account: str, id: str, size: str = "view") -> Image.Image:
    """What this account sees of the photo."""
    answer = steps.people[account].get(f"/api/photos/{id}", params={"size": size})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    return Image.open(BytesIO(answer.content))


def test_a_photo_is_known_by_the_hash_of_its_content(steps: Steps) -> None:
    photo = picture()
    said = upload(steps, "grid", photo)
    assert said["id"] == hashlib.sha256(photo).hexdigest()
    assert (said["width"], said["height"]) == (64, 48)
    assert said["taken_at"] is said["location"] is None
    assert upload(steps, "grid", photo) == said


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_what_phones_and_screens_write_is_taken_in(steps: Steps, form: str) -> None:
    id = upload(steps, "grid", picture(form=form))["id"]
    assert shown(steps, "grid", id).size == (64, 48)


def test_when_and_where_it_was_taken_is_kept_beside_it(steps: Steps) -> None:
    said = upload(steps, "grid", picture(exif=exif(zone="+09:00")))
    assert said["taken_at"] == "2026-11-22T09:30:05+09:00"
    assert said["location"] == {"longitude": 127.284, "latitude": 42.331}
    assert upload(steps, "grid", picture(exif=exif()))["taken_at"] == "2026-11-22T09:30:05+08:00"
    assert steps.get("grid", f"/api/photos/{said['id']}/facts") == {
        **said,
        "taken_at": "2026-11-22T00:30:05Z",
    }


@pytest.mark.parametrize(
    "strange",
    [
        exif(taken="0000:00:00 00:00:00", at=None), exif(taken="x" * 500, at=(0, 0)),
        exif(taken="", at=(181, 1)), exif(taken="2026:13:01 00:00:00", at=(1, 91)),
    ],
)  # fmt: skip
def test_exif_that_says_nothing_sensible_says_nothing(steps: Steps, strange: Image.Exif) -> None:
    said = upload(steps, "grid", picture(exif=strange))
    assert said["taken_at"] is said["location"] is None


def test_west_and_south_are_below_zero(steps: Steps) -> None:
    said = upload(steps, "grid", picture(exif=exif(at=(70.5, 33.25), sides="WS")))
    assert said["location"] == {"longitude": -70.5, "latitude": -33.25}


@pytest.mark.parametrize(("orientation", "red"), [(1, (2, 2)), (6, (45, 2)), (3, (61, 45)), (8, (2, 61))])
def test_what_is_shown_is_upright_and_hides_nothing(
    steps: Steps, orientation: int, red: tuple[int, int]
) -> None:
    said = upload(steps, "grid", picture(exif=exif(orientation), quality=95))
    seen = shown(steps, "grid", said["id"])
    assert seen.size == (said["width"], said["height"]) == ((48, 64) if orientation > 4 else (64, 48))
    pixel = seen.convert("RGB").getpixel(red)
    assert isinstance(pixel, tuple)
    assert pixel[0] > 180
    assert pixel[1] < 90
    assert not seen.getexif()
    assert not {"exif", "comment", "icc_profile"} & set(seen.info)


def test_a_large_photo_is_shown_smaller(steps: Steps) -> None:
    id = upload(steps, "grid", picture((4000, 3000)))["id"]
    assert shown(steps, "grid", id).size == (1600, 1200)
    assert shown(steps, "grid", id, "thumbnail").size == (320, 240)


def test_the_original_is_evidence_byte_for_byte_and_never_shown_as_a_page(steps: Steps) -> None:
    page = b"<html><script>alert(document.domain)</script></html>"
    photo = picture(exif=exif()) + page
    id = upload(steps, "grid", photo)["id"]
    answer = steps.people["grid"].get(f"/api/photos/{id}", params={"size": "original"})
    assert answer.content == photo
    assert SECRET.encode() in answer.content
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"] == f'attachment; filename="{id[:16]}.jpeg"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    for size in ("view", "thumbnail"):
        drawn = steps.people["grid"].get(f"/api/photos/{id}", params={"size": size}).content
        assert b"script" not in drawn
        assert SECRET.encode() not in drawn


def bomb() -> bytes:
    """Few bytes that would become 400 million points."""
    written = BytesIO()
    Image.new("1", (20_000, 20_000)).save(written, "PNG")
    return written.getvalue()


GIF = BytesIO()
Image.new("RGB", (8, 8)).save(GIF, "GIF")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"x", b"<svg xmlns='http://www.w3.org/2000/svg'/>", GIF.getvalue(), b"\xff\xd8\xff\xe0JFIF",
        picture()[:400], picture(form="PNG")[:-30], picture(form="WEBP")[:-20], b"<script>" + picture(),
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", bomb(),
    ],
    ids=["nothing", "a letter", "svg", "gif", "only a beginning", "cut jpeg", "cut png", "cut webp",
         "behind a page", "heic", "bomb"],
)  # fmt: skip
def test_what_is_no_whole_photo_is_refused_and_leaves_nothing(steps: Steps, content: bytes) -> None:
    said = problem(steps.people["grid"].post("/api/photos", content=content), 422, "NoPhoto")
    assert "send" in said or "take" in said
    id = hashlib.sha256(content).hexdigest()
    problem(steps.people["grid"].get(f"/api/photos/{id}"), 404, "UnknownPhoto")


def test_ten_mebibytes_are_taken_in_and_no_byte_more(steps: Steps) -> None:
    photo = picture()
    photo += bytes(LARGEST - len(photo))
    upload(steps, "grid", photo)
    detail = problem(steps.people["grid"].post("/api/photos", content=photo + b"\0"), 413, "TooLarge")
    assert "10 MiB" in detail
    chunks = (bytes(65536) for _ in range(200))
    problem(steps.people["grid"].post("/api/photos", content=chunks), 413, "TooLarge")
    problem(steps.people["grid"].post("/api/tickets", content=bytes(2 * 1024 * 1024)), 413, "TooLarge")


@pytest.mark.parametrize("account", ["grid", "sorter", "dispatcher", "water"])
def test_who_reports_or_acts_uploads_photos(steps: Steps, account: str) -> None:
    upload(steps, account, picture())


@pytest.mark.parametrize("account", ["supervisor", "auditor", "admin"])
def test_who_only_looks_uploads_nothing(steps: Steps, account: str) -> None:
    problem(steps.people[account].post("/api/photos", content=picture()), 403, "NotYours")


def test_nobody_signed_in_uploads_or_sees_nothing(steps: Steps) -> None:
    id = upload(steps, "grid", picture())["id"]
    problem(steps.people.nobody.post("/api/photos", content=picture()), 401, "NotSignedIn")
    problem(steps.people.nobody.get(f"/api/photos/{id}"), 401, "NotSignedIn")


def test_a_photo_that_waits_is_its_uploaders_alone(steps: Steps) -> None:
    photo = picture()
    id = upload(steps, "grid", photo)["id"]
    shown(steps, "grid", id)
    for account in ("sorter", "dispatcher", "auditor", "water"):
        problem(steps.people[account].get(f"/api/photos/{id}"), 404, "UnknownPhoto")
        problem(steps.people[account].get(f"/api/photos/{id}/facts"), 404, "UnknownPhoto")


def test_a_photo_is_seen_by_who_sees_a_ticket_that_names_it(steps: Steps) -> None:
    found, later, done = (upload(steps, who, picture())["id"] for who in ("grid", "water", "housing"))
    ticket = steps.at_stage("claimed", photos=[found])
    steps.do("water", ticket, "note_progress", text="正在疏通。", photos=[later])
    steps.do("housing", ticket, "handle", result="已更换。", photos=[done])
    steps.people.catch_up()
    for id in (found, later, done):
        for account in ("grid", "sorter", "dispatcher", "auditor", "water", "housing"):
            shown(steps, account, id)
        for account in ("power", "admin"):
            problem(steps.people[account].get(f"/api/photos/{id}"), 404, "UnknownPhoto")


def test_who_no_longer_sees_the_ticket_no_longer_sees_its_photos(own: Steps) -> None:
    id = upload(own, "grid", picture())["id"]
    ticket = own.at_stage("dispatched", photos=[id])
    own.people.catch_up()
    shown(own, "grid", id)
    held = {"role": "grid_worker", "unit": REPORT["grid"]}
    assert own.people["admin"].post("/api/accounts/grid/revoke", json=held).status_code == 200
    problem(own.people["grid"].get(ticket), 404, "UnknownTicket")
    problem(own.people["grid"].get(f"/api/photos/{id}"), 404, "UnknownPhoto")


def test_a_step_names_only_photos_that_are_there(steps: Steps) -> None:
    ticket = steps.at_stage("claimed")
    unknown = "0" * 64
    for path, body in (
        ("/api/tickets", {**REPORT, "photos": [unknown]}),
        ("/api/tickets", {**REPORT, "handled": "已清理。", "photos_after": [unknown]}),
        (
            f"{ticket}/note_progress",
            {"text": "在修。", "photos": ["../../etc/passwd"], "department": "water"},
        ),
        (f"{ticket}/handle", {"result": "修好。", "photos": [unknown], "department": "water"}),
    ):
        account = "grid" if path == "/api/tickets" else "water"
        with steps.nothing_done(ticket):
            problem(steps.people[account].post(path, json=body), 422, "PhotoMissing")


def test_a_photo_that_another_system_keeps_is_noted_and_shows_nothing(steps: Steps) -> None:
    ticket = steps.report(photos=["hotline:2026.11-7"])
    assert steps.read(ticket)["photos"] == ["hotline:2026.11-7"]
    problem(steps.people["grid"].get("/api/photos/hotline:2026.11-7"), 404, "UnknownPhoto")
    for named in ("王小明家门口.jpg", "wx:13812345678", "110101199003071233"):
        with steps.nothing_done():
            answer = steps.people["grid"].post("/api/tickets", json={**REPORT, "photos": [named]})
            problem(answer, 422, "PhotoMissing")


def test_nobody_makes_a_photo_their_own_by_naming_it(steps: Steps) -> None:
    id = upload(steps, "water", picture())["id"]
    with steps.nothing_done():
        problem(
            steps.people["grid"].post("/api/tickets", json={**REPORT, "photos": [id]}), 422, "PhotoMissing"
        )


def test_who_sees_a_photo_in_a_ticket_names_it_again(steps: Steps) -> None:
    id = upload(steps, "grid", picture())["id"]
    ticket = steps.at_stage("claimed", photos=[id])
    steps.people.catch_up()
    steps.do("water", ticket, "note_progress", text="就是这里。", photos=[id])


def test_a_report_sent_again_under_its_key_is_answered_again(steps: Steps) -> None:
    id = upload(steps, "grid", picture())["id"]
    key = {"Idempotency-Key": "with a photo"}
    body = {**REPORT, "photos": [id]}
    first, again = (steps.people["grid"].post("/api/tickets", json=body, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()


@pytest.mark.parametrize(
    "id", ["..%2f..%2fin_use.lock", "%2e%2e", "A" * 64, "0" * 63, "0" * 64 + ".view", "%00"]
)
def test_an_id_that_is_none_leads_nowhere(steps: Steps, id: str) -> None:
    assert steps.people["auditor"].get(f"/api/photos/{id}").status_code == 404


def test_many_who_send_the_same_photo_have_the_same(steps: Steps) -> None:
    photo = picture((1200, 900))
    with ThreadPoolExecutor(8) as threads:
        said = list(
            threads.map(lambda who: upload(steps, who, photo), ["grid", "sorter", "water", "grid"] * 2)
        )
    assert len({each["id"] for each in said}) == 1
    for account in ("grid", "sorter", "water"):
        shown(steps, account, said[0]["id"])


def test_nobody_fills_the_disk_with_photos_for_no_ticket(own: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "MOST_WAITING", 2)
    first, second = (upload(own, "grid", picture())["id"] for _ in range(2))
    problem(own.people["grid"].post("/api/photos", content=picture()), 429, "TooManyPhotos")
    upload(own, "water", picture())
    own.report(photos=[first, second])
    own.people.catch_up()
    upload(own, "grid", picture())
