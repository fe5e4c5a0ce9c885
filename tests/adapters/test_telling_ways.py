"""Exchanges with real servers on good and bad days: bounded in time and size, and only where they may go."""

import email
import email.policy
import time
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from uuid import UUID

import pytest

from adapters.settings import BadSetting
from adapters.telling import exchange, robots, smtp, webhook
from adapters.telling.exchange import may_be_told, post
from adapters.telling.means import Mail, Means, NotTaken
from domain.actors import Assignment, Person, Role
from domain.receiver import Receiver, RegisterReceiver
from domain.way import Way
from tests.adapters.listening import free_port, listening, taking_mail
from tests.adapters.test_telling import KEY, MESSAGE

HERE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
ADMIN = Person("admin", (Assignment(Role.ADMINISTRATOR, ""),))
NOW = datetime.now(UTC)
PROMPT = 2.0
"""Seconds within which something is answered that need not be waited for."""


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> float:
    """Exchanges give up after a moment: which number it is, is not what is tested."""
    monkeypatch.setattr(exchange, "LONGEST", 0.3)
    monkeypatch.setattr(smtp, "WHOLE", 0.3)
    return 0.3


def receiver(way: Way, address: str = "") -> Receiver:
    """Somebody who is told in this way."""
    secret = None if way is Way.EMAIL else "the-secret"
    command = RegisterReceiver("there", "那边", way, ("ticket.*",), "", address, secret)
    return Receiver.register(command, None, ADMIN, NOW)


def means(folder: Path, secret: str = KEY, mail: Mail | None = None) -> Means:
    """The means of a machine that may tell itself, with one secret."""
    (folder / "the-secret").write_text(secret + "\n")
    return Means(networks=HERE, secrets=folder, mail=mail)


@pytest.mark.anyio
async def test_a_webhook_arrives_signed_and_whole(tmp_path: Path) -> None:
    with listening() as server:
        await webhook.send(MESSAGE, receiver(Way.WEBHOOK, server.url), means(tmp_path), NOW)
        (heard,) = server.heard
    headers, body = webhook.format(MESSAGE, [KEY], NOW, "urn:whistle")
    assert (heard.target, heard.body) == ("/told", body)
    assert headers.items() <= {**heard.headers, "Content-Type": heard.headers["content-type"]}.items()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("does", "why", "refused"),
    [
        ("answers 500", "answered 500", False), ("answers 400", "answered 400", True),
        ("answers 410", "answered 410", False), ("redirects", "answered 307", False),
        ("speaks no HTTP", "is no HTTP", False), ("never ends its head", "is no HTTP", False),
    ],
)  # fmt: skip
async def test_a_webhook_that_is_not_taken_says_why_and_whether_it_is_the_message(
    tmp_path: Path, does: str, why: str, refused: bool
) -> None:
    with listening(does) as server, pytest.raises(NotTaken, match=why) as problem:
        await webhook.send(MESSAGE, receiver(Way.WEBHOOK, server.url), means(tmp_path), NOW)
    assert problem.value.refused is refused
    assert len(server.heard) == 1, "A redirect is not followed."


@pytest.mark.anyio
@pytest.mark.parametrize("does", ["hangs", "drips its head"])
async def test_an_exchange_ends_when_its_time_is_over_however_much_is_dripped(
    tmp_path: Path, hurried: float, does: str
) -> None:
    begun = time.monotonic()
    with listening(does) as server, pytest.raises(NotTaken, match="did not answer"):
        await webhook.send(MESSAGE, receiver(Way.WEBHOOK, server.url), means(tmp_path), NOW)
    assert hurried <= time.monotonic() - begun < hurried + PROMPT


@pytest.mark.anyio
@pytest.mark.parametrize("does", ["drips its body", "never ends its body"])
async def test_of_a_webhooks_answer_only_the_status_is_waited_for(tmp_path: Path, does: str) -> None:
    begun = time.monotonic()
    with listening(does) as server:
        await webhook.send(MESSAGE, receiver(Way.WEBHOOK, server.url), means(tmp_path), NOW)
    assert time.monotonic() - begun < PROMPT


@pytest.mark.anyio
@pytest.mark.parametrize("does", ["is a robot", "is Feishu"])
@pytest.mark.parametrize("way", [Way.WECOM, Way.DINGTALK, Way.FEISHU])
async def test_a_robot_says_in_its_body_that_it_took_it(tmp_path: Path, way: Way, does: str) -> None:
    with listening(does) as server:
        its = means(tmp_path, f"{server.url}?key=K\nSECtest")
        await robots.send(MESSAGE, receiver(way), its, NOW)
        (heard,) = server.heard
    assert heard.target.startswith("/told?key=K")
    assert heard.headers["content-type"].startswith("application/json")
    assert MESSAGE.told.number.encode() in heard.body


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("refuses as a robot", "error 93000"), ("answers what is no robot", "none of a robot"),
        ("takes it", "no robot answered"), ("never ends its body", "none of a robot"),
        ("answers 500", "answered 500"), ("drips its body", "did not answer"),
    ],
)  # fmt: skip
async def test_a_robot_that_does_not_say_so_did_not_take_it(
    tmp_path: Path, hurried: float, does: str, why: str
) -> None:
    with listening(does) as server:
        its = means(tmp_path, f"{server.url}?key=hidden")
        with pytest.raises(NotTaken, match=why) as problem:
            await robots.send(MESSAGE, receiver(Way.WECOM), its, NOW)
    assert "hidden" not in str(problem.value)


@pytest.mark.anyio
async def test_nobody_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(NotTaken, match=r"cannot be reached \(ConnectionRefusedError\)"):
        await webhook.send(MESSAGE, receiver(Way.WEBHOOK, nobody), means(tmp_path), NOW)
    with pytest.raises(NotTaken, match="cannot be reached"):
        await post("https://nowhere.invalid/", {}, b"", HERE)


@pytest.mark.parametrize(
    ("address", "secure", "may"),
    [
        ("8.8.8.8", True, True), ("2400:3200::1", True, True), ("8.8.8.8", False, False),
        ("127.0.0.1", True, False), ("::1", True, False), ("10.1.2.3", True, False),
        ("192.168.1.1", True, False), ("169.254.169.254", True, False), ("fe80::1%eth0", True, False),
        ("0.0.0.0", True, False), ("::", True, False), ("100.64.0.1", True, False), ("fd00::1", True, False),  # noqa: S104
        ("::ffff:127.0.0.1", True, False), ("64:ff9b::7f00:1", True, False), ("2002:7f00:1::", True, False),
        ("224.0.0.1", True, False), ("255.255.255.255", True, False), ("::ffff:8.8.8.8", True, True),
        ("10.20.0.5", False, True), ("10.20.0.5", True, True), ("::ffff:10.20.0.5", False, True),
        ("10.21.0.5", True, False),
    ],
)  # fmt: skip
def test_only_public_addresses_over_tls_and_listed_networks_are_told(
    address: str, secure: bool, may: bool
) -> None:
    assert may_be_told(address, secure, (ip_network("10.20.0.0/16"),)) is may


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "2130706433"])
async def test_whatever_name_loopback_has_it_is_not_told_unless_listed(host: str) -> None:
    with listening() as server, pytest.raises(NotTaken, match="WHISTLE_TELL_NETWORKS"):
        await post(f"http://{host}:{server.port}/", {}, b"", ())
    assert not server.heard


@pytest.mark.anyio
@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://[::1", "x"])
async def test_what_is_no_web_address_is_not_told(url: str) -> None:
    with pytest.raises(NotTaken, match="its address is"):
        await post(url, {}, b"", HERE)


@pytest.mark.anyio
async def test_a_server_that_speaks_no_tls_is_not_told_at_an_https_address() -> None:
    with listening() as server, pytest.raises(NotTaken, match=r"no secure connection|cannot be reached"):
        await post(f"https://127.0.0.1:{server.port}/", {}, b"", HERE)
    assert not server.heard


@pytest.mark.anyio
async def test_an_e_mail_arrives(tmp_path: Path) -> None:
    with taking_mail() as server:
        mail = Mail("127.0.0.1", server.server_address[1], "whistle@example.org")
        to = receiver(Way.EMAIL, "office@example.org")
        for _ in range(2):
            await smtp.send(MESSAGE, to, means(tmp_path, mail=mail), NOW)
    first, again = (email.message_from_bytes(heard, policy=email.policy.default) for heard in server.heard)
    assert first["Message-ID"] == again["Message-ID"] == f"<{MESSAGE.id}@example.org>"
    assert first["Subject"] == MESSAGE.title
    assert first["From"] == "whistle@example.org"
    assert first.get_content().replace("\r\n", "\n").strip() == MESSAGE.text(10_000)


@pytest.mark.anyio
@pytest.mark.parametrize("does", ["hangs", "drips"])
async def test_a_mail_server_that_hangs_is_hung_up_on(tmp_path: Path, hurried: float, does: str) -> None:
    begun = time.monotonic()
    with taking_mail(does) as server:
        mail = Mail("127.0.0.1", server.server_address[1], "whistle@example.org")
        to = receiver(Way.EMAIL, "office@example.org")
        for _ in range(10):  # More than there are threads: each must come back.
            with pytest.raises(NotTaken, match="took too long"):
                await smtp.send(MESSAGE, to, means(tmp_path, mail=mail), NOW)
    assert time.monotonic() - begun < 10 * hurried + 2 * PROMPT


@pytest.mark.anyio
async def test_a_mail_that_is_not_taken_says_why(tmp_path: Path) -> None:
    to = receiver(Way.EMAIL, "office@example.org")
    with pytest.raises(NotTaken, match="no mail server is set"):
        await smtp.send(MESSAGE, to, means(tmp_path), NOW)
    with taking_mail("refuses") as server:
        mail = Mail("127.0.0.1", server.server_address[1], "whistle@example.org")
        with pytest.raises(NotTaken, match="answered 554") as problem:
            await smtp.send(MESSAGE, to, means(tmp_path, mail=mail), NOW)
    assert problem.value.refused
    nobody = Mail("127.0.0.1", free_port(), "whistle@example.org")
    with pytest.raises(NotTaken, match="ConnectionRefusedError"):
        await smtp.send(MESSAGE, to, means(tmp_path, mail=nobody), NOW)


@pytest.mark.anyio
async def test_a_password_is_never_said_without_tls(tmp_path: Path) -> None:
    with taking_mail() as server:
        mail = Mail("127.0.0.1", server.server_address[1], "whistle@example.org", "u", "hidden")
        with pytest.raises(NotTaken, match="SMTPNotSupportedError"):
            await smtp.send(MESSAGE, receiver(Way.EMAIL, "a@example.org"), means(tmp_path, mail=mail), NOW)
    assert not server.heard


def test_a_secret_is_read_at_each_use_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHISTLE_SECRETS", str(tmp_path))
    found = Means.read()
    with pytest.raises(NotTaken, match="the secret water-hook is not there"):
        found.secret("water-hook")
    monkeypatch.setenv("WHISTLE_SECRET_WATER_HOOK", "from the environment")
    assert found.secret("water-hook") == "from the environment"
    (tmp_path / "water-hook").write_text("from a file\n")
    assert found.secret("water-hook") == "from a file"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("WHISTLE_TELL_NETWORKS", "10.0.0.0/33"), ("WHISTLE_TELL_NETWORKS", "10.0.0.1/8"),
        ("WHISTLE_SMTP", "http://mail"), ("WHISTLE_SMTP", "smtp://mail:99999"), ("WHISTLE_SMTP", "smtp://mail"),
        ("WHISTLE_PUBLIC_URL", "whistle.example.org"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_said(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv(setting, value)
    with pytest.raises(BadSetting, match=setting):
        Means.read()


def test_all_settings_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hidden\n")
    for name, value in {
        "PUBLIC_URL": "https://whistle.example.org/", "TELL_NETWORKS": "10.20.0.0/16 fd00::/8",
        "SMTP": "smtps://us@mail.example.org", "SMTP_FROM": "whistle@example.org",
        "SMTP_PASSWORD_FILE": str(tmp_path / "password"),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"WHISTLE_{name}", value)
    found = Means.read()
    assert found.mail == Mail("mail.example.org", 465, "whistle@example.org", "us", "hidden", True)
    assert found.networks == (ip_network("10.20.0.0/16"), ip_network("fd00::/8"))
    assert found.link(UUID(int=7)) == f"https://whistle.example.org/tickets/{UUID(int=7)}"


def test_a_unit_has_its_own_secrets_and_those_of_what_it_lies_in_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Means(secrets=tmp_path)
    for place, text in (("220621", "of the county"), ("220622", "of another"), ("", "of everything")):
        (tmp_path / place).mkdir(exist_ok=True)
        (tmp_path / place / "robot").write_text(text)
    assert found.secret("robot", ("water", "220621100", "220621")) == "of the county"
    assert found.secret("robot") == "of everything"
    assert found.kept("robot", ("220622",)) != found.kept("robot", ("220621",)), "Each has a pace of its own."
    monkeypatch.setenv("WHISTLE_SECRET_220621100__WATER_HOOK", "of the town")
    assert found.secret("water-hook", ("220621100", "220621")) == "of the town"
    for unit, name in (
        ("220621100-water", "hook"),
        ("220621100", "-water-hook"),
        ("", "220621100--water-hook"),
    ):
        assert found.kept(name, (unit,)) is None
    for around in (("220621101",), ("..",), ("../220621",)):
        with pytest.raises(NotTaken, match="is not there"):
            found.secret("robot", around)
