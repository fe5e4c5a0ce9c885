"""Signed notes (C2SP signed-note) and what they say of the log: its checkpoint (C2SP tlog-checkpoint).

A note is text, an empty line, and signature lines; the key that signs has a name, for a log its origin.
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
"""The kind of key, in front of the key itself."""
SIGNED_BY = "\u2014 "
PRIVATE = "PRIVATE+KEY+"


class BadNote(Exception):
    """A note or a key that is none, or whose signature is not by the key that is trusted."""


def unbase64(said: str) -> bytes:
    """The bytes of a text in base64. Raises `ValueError` where the same bytes are written in another way."""
    data = base64.b64decode(said, validate=True)
    if base64.b64encode(data).decode() != said:
        raise ValueError
    return data


class Checkpoint(NamedTuple):
    """What the log was when it had `size` events."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text to be signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def read(cls, text: str) -> "Checkpoint":
        """What a text says; lines after the third are extensions. Raises `BadNote`."""
        try:
            origin, size, root, *_ = text.split("\n")
            if str(int(size)) != size or len(found := unbase64(root)) != 32:
                raise ValueError
        except ValueError:
            raise BadNote("This is no checkpoint: origin, size and root are its first three lines.") from None
        return cls(origin, int(size), found)


@dataclass(frozen=True)
class Verifier:
    """A public key with its name."""

    name: str
    public: Ed25519PublicKey

    @classmethod
    def read(cls, said: str) -> "Verifier":
        """A key as `name+hash+base64`. Raises `BadNote`."""
        try:
            name, known_by, encoded = _split(said)
            decoded = unbase64(encoded)
            found = cls(name, Ed25519PublicKey.from_public_bytes(decoded[1:]))
        except ValueError:
            raise BadNote("This is no verifier key: write it as name+hash+base64.") from None
        if decoded[:1] != ED25519 or found.id.hex() != known_by:
            raise BadNote("This verifier key is damaged: its hash is another's.")
        return found

    @property
    def raw(self) -> bytes:
        """The key as it is encoded."""
        return ED25519 + self.public.public_bytes_raw()

    @property
    def id(self) -> bytes:
        """Four bytes by which signatures name the key."""
        return hashlib.sha256(f"{self.name}\n".encode() + self.raw).digest()[:4]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key, to be compared by eye or read out."""
        digest = hashlib.sha256(self.raw).hexdigest()
        return " ".join(digest[at : at + 8] for at in range(0, 64, 8))

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.raw).decode()}"

    def open(self, note: str) -> str:
        """The text of a note that this key has signed. Raises `BadNote`."""
        text, parted, lines = note.rpartition("\n\n")
        text += "\n"
        for line in lines.splitlines() if parted else ():
            if line.startswith(f"{SIGNED_BY}{self.name} "):
                try:
                    signature = unbase64(line.rsplit(" ", 1)[1])
                except ValueError:
                    continue
                if signature[:4] == self.id and self._has_signed(text, signature[4:]):
                    return text
        raise BadNote(f"This note is not signed by the key of {self.name}: it was altered, or is another's.")

    def _has_signed(self, text: str, signature: bytes) -> bool:
        try:
            self.public.verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, repr=False)
class Signer:
    """A private key with its name: nothing shows it."""

    name: str
    private: Ed25519PrivateKey

    @classmethod
    def new(cls, name: str) -> "Signer":
        """A new key."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, said: str) -> "Signer":
        """A key as `PRIVATE+KEY+name+hash+base64`. Raises `BadNote`."""
        try:
            if not said.startswith(PRIVATE):
                raise ValueError
            name, known_by, encoded = _split(said[len(PRIVATE) :])
            decoded = unbase64(encoded)
            found = cls(name, Ed25519PrivateKey.from_private_bytes(decoded[1:]))
        except ValueError:
            raise BadNote("This is no signing key: it is written as PRIVATE+KEY+name+hash+base64.") from None
        if decoded[:1] != ED25519 or found.verifier.id.hex() != known_by:
            raise BadNote("This signing key is damaged: its hash is another's.")
        return found

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.private.public_key())

    @property
    def secret(self) -> str:
        """The key as it is kept in a file of its owner's."""
        raw = base64.b64encode(ED25519 + self.private.private_bytes_raw()).decode()
        return f"{PRIVATE}{self.name}+{self.verifier.id.hex()}+{raw}"

    def sign(self, text: str) -> str:
        """The text as a note, signed; it has to end with a line."""
        signature = self.verifier.id + self.private.sign(text.encode())
        return f"{text}\n{SIGNED_BY}{self.name} {base64.b64encode(signature).decode()}\n"


def _split(said: str) -> tuple[str, str, str]:
    """Name, hash and key: base64 may hold the sign that parts them, a name may not."""
    name, known_by, encoded = said.strip().split("+", 2)
    if not name:
        raise ValueError
    return name, known_by, encoded
