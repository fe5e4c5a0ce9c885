"""The seal of the log has a page, to be printed and kept elsewhere."""

from html import unescape
from pathlib import Path

import pytest
import segno

from evidence.note import Checkpoint
from tests.api.steps import Steps
from tests.conftest import People
from tests.evidence.sealing import Sealed


@pytest.fixture
def own(people: People) -> Steps:
    """A town of the test's own."""
    return Steps(people)


def test_the_page_shows_the_newest_checkpoint_in_full_in_short_and_as_a_code(
    own: Steps, tmp_path: Path
) -> None:
    sealed = Sealed(own.people.database, tmp_path)
    own.report()
    sealed.seal()
    (note,) = sealed.notes
    checkpoint = Checkpoint.read(note)
    for account in ("auditor", "admin"):
        shown = own.people[account].get("/log").text
        assert note.strip() in unescape(shown)
        assert sealed.signer.verifier.fingerprint in shown
        assert f"{checkpoint.size} · {checkpoint.root[:8].hex(' ', 2)}" in shown
        assert segno.make(note, error="l").svg_inline(scale=4, border=4, omitsize=True) in shown


def test_it_is_for_those_who_oversee_and_says_when_nothing_is_sealed(own: Steps) -> None:
    answer = own.people["auditor"].get("/log")
    assert answer.status_code == 404
    assert "日志封存到第 0 条为止" in answer.text
    answer = own.people["dispatcher"].get("/log")
    assert answer.status_code == 403
    assert "看日志的封存" in answer.text
