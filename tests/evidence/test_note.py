"""Signed notes against the known vector of other implementations; altered ones are refused."""

import pytest

from evidence.note import BadNote, Checkpoint, Signer, Verifier

# The keys and the note that golang.org/x/mod/sumdb/note gives as its example.
SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE = (
    TEXT + "\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_is_signed_and_read_as_by_others() -> None:
    signer = Signer.read(SECRET)
    assert signer.secret == SECRET
    assert str(signer.verifier) == PUBLIC
    assert signer.sign(TEXT) == NOTE
    assert Verifier.read(PUBLIC).open(NOTE) == TEXT
    assert SECRET not in repr(signer)


@pytest.mark.parametrize("at", range(0, len(NOTE), 3))
def test_no_letter_of_a_note_can_be_altered(at: int) -> None:
    altered = NOTE[:at] + ("a" if NOTE[at] != "a" else "b") + NOTE[at + 1 :]
    with pytest.raises(BadNote):
        Verifier.read(PUBLIC).open(altered)


def test_the_same_signature_written_in_another_way_is_refused() -> None:
    with pytest.raises(BadNote):
        Verifier.read(PUBLIC).open(NOTE.replace("wJnAM=", "wJnAN="))


@pytest.mark.parametrize(
    "said",
    [
        "",
        "name",
        "a+b+c",
        PUBLIC[:-4],
        PUBLIC.replace("c74f", "c74e"),
        PUBLIC.replace("ARpc", "ARpd"),
        f"+{PUBLIC}",
    ],
)
def test_a_damaged_key_is_refused(said: str) -> None:
    with pytest.raises(BadNote):
        Verifier.read(said)
    with pytest.raises(BadNote):
        Signer.read(said)


def test_a_checkpoint_says_what_was_signed() -> None:
    made = Checkpoint("whistle.invalid/1", 7, bytes(range(32)))
    assert Checkpoint.read(made.text) == made
    assert Checkpoint.read(made.text + "an extension\n") == made
    for damaged in (
        "",
        "origin\n",
        made.text.replace("\n7", "\n07"),
        made.text.replace("\n7", "\nx"),
        "o\n7\nAA==\n",
    ):
        with pytest.raises(BadNote):
            Checkpoint.read(damaged)
