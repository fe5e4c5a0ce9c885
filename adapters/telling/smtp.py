"""E-mail (邮件), over the library's blocking client in threads of its own."""

import asyncio
import smtplib
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage

from adapters.telling.exchange import LONGEST
from adapters.telling.means import Mail, Means, NotTaken
from adapters.telling.message import Message, cut
from domain.receiver import Receiver

LARGEST_SUBJECT, LARGEST_TEXT = 200, 10_000
"""Bytes."""
WHOLE = 30.0
"""Seconds for all that is said to the mail server and heard of it."""

_threads = ThreadPoolExecutor(8, "mail")
"""The one mail server is spoken to by so many at most; while it hangs, no other way waits for it."""


def format(message: Message, sender: str, address: str, at: datetime) -> EmailMessage:
    """The e-mail; its Message-ID is the same whenever it is sent again."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, address
    mail["Subject"] = cut(message.title, LARGEST_SUBJECT)
    mail["Date"] = at
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text(LARGEST_TEXT))
    return mail


async def send(message: Message, receiver: Receiver, means: Means, at: datetime) -> None:
    """Send; a server that says no word or one at a time is hung up on."""
    if means.mail is None:
        raise NotTaken("no mail server is set: see WHISTLE_SMTP")
    call = Call(means.mail)
    mail = format(message, means.mail.sender, receiver.address, at)
    try:
        async with asyncio.timeout(WHOLE):
            await asyncio.get_running_loop().run_in_executor(_threads, call.send, mail)
    except TimeoutError:
        raise NotTaken("the mail server took too long") from None
    except smtplib.SMTPResponseException as problem:
        bad = isinstance(problem, smtplib.SMTPDataError) and problem.smtp_code >= 500
        raise NotTaken(f"the mail server answered {problem.smtp_code}", refused=bad) from None
    except (OSError, smtplib.SMTPException) as problem:
        raise NotTaken(f"the mail server does not take it ({type(problem).__name__})") from None
    finally:
        call.hang_up()


class Call:
    """One call of the mail server, that can be hung up on from outside."""

    def __init__(self, server: Mail) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None
        self._over = False

    def send(self, mail: EmailMessage) -> None:
        """Say all that is needed, unless it was hung up before it began."""
        if self._over:
            return
        context = ssl.create_default_context()
        smtp = smtplib.SMTP(timeout=LONGEST)
        if self._server.tls:
            smtp = smtplib.SMTP_SSL(timeout=LONGEST, context=context)
        self._smtp = smtp
        try:
            self._talk(smtp, mail, context)
        finally:
            smtp.close()

    def _talk(self, smtp: smtplib.SMTP, mail: EmailMessage, context: ssl.SSLContext) -> None:
        """Where there is a password, only over TLS."""
        server = self._server
        smtp._host = server.host  # type: ignore[attr-defined]  # Whose certificate is looked for.
        smtp.connect(server.host, server.port)
        smtp.ehlo_or_helo_if_needed()
        if not server.tls and (server.password or smtp.has_extn("starttls")):
            smtp.starttls(context=context)
        if server.password:
            smtp.login(server.user or "", server.password)
        smtp.send_message(mail)
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()

    def hang_up(self) -> None:
        """Break the connection off, so that a thread that waits on it ends."""
        self._over = True
        if (smtp := self._smtp) is not None and (sock := smtp.sock) is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
