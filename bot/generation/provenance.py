"""Where a picture comes from, written into its file: a C2PA manifest that says a model made it, signed.

In: an encoded picture.  Out: the same with a manifest; as it was, where whoever runs the bot has set no certificate.
Signing takes about a millisecond and 3 KB: call it in a thread.  The manifest names no person and no prompt.

The format: https://spec.c2pa.org, with the assertion `c2pa.actions`; c2pa-python (an extra) writes it.
"""

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Protocol

import structlog
from PIL import Image

from bot.config import Settings
from bot.errors import ConfigurationError

log = structlog.get_logger(__name__)

DIGITAL_SOURCE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
MIME_TYPES: Final = {"png": "image/png", "webp": "image/webp", "jpg": "image/jpeg", "jpeg": "image/jpeg"}
ACTIONS: Final = "c2pa.actions"
CURE: Final = "docs/provenance.md says how to make them; `easel provenance key` makes a pair to try it with."
# No small copy in each manifest: it would take 60 ms and 300 KB.  What is signed is read back once, at the start.
_WRITING: Final = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"verify_after_sign": False}}
_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


@dataclass(frozen=True, slots=True)
class Origin:
    """What a manifest says; `state` is C2PA's: Invalid, Valid, or Trusted, which only known issuers are."""

    state: str
    signed_by: str
    made_with: str
    sources: tuple[str, ...]


class Seal(Protocol):
    """What signs pictures on their way out."""

    @property
    def room(self) -> int:
        """How many bytes a picture grows by, at most."""

    def on(self, data: bytes, suffix: str) -> bytes:
        """The picture with its manifest, in place of an older one; `suffix` is "png", "webp", "jpg" or "jpeg".

        Never raises: a picture that cannot be signed leaves as it is.
        """


class NoSeal:
    """Nobody has set a certificate."""

    room = 0

    def on(self, data: bytes, suffix: str) -> bytes:  # noqa: ARG002
        return data


class C2paSeal:
    """Signs with one certificate; `ends` is when that no longer holds.  Made by `open_seal`, safe in any thread."""

    def __init__(self, context: Any, subject: str, ends: datetime) -> None:
        self._context = context
        self.subject = subject
        self.ends = ends
        self.room = 0

    @property
    def is_over(self) -> bool:
        return self.ends <= datetime.now(UTC)

    def on(self, data: bytes, suffix: str) -> bytes:
        try:
            return self._sign(data, MIME_TYPES[suffix])
        except Exception as error:  # noqa: BLE001  # the library has an error of its own for each step
            log.error("picture.not_signed", reason=str(error), certificate_ends=self.ends.isoformat())  # noqa: TRY400
            return data

    def try_out(self) -> None:
        """Sign a small picture and read it back.  Raises ValueError with the reason where that does not hold."""
        from c2pa import C2paError

        blank = io.BytesIO()
        Image.new("RGB", (16, 16)).save(blank, "PNG")
        try:
            signed = self._sign(blank.getvalue(), "image/png")
        except C2paError as error:
            raise ValueError(str(error)) from error
        origin = origin_of(signed, "png")
        if origin is None or origin.state == "Invalid":
            raise ValueError("the certificate and the key do not belong together")
        self.room = len(signed) - len(blank.getvalue()) + 512  # numbers in it vary in length

    def _sign(self, data: bytes, mime_type: str) -> bytes:
        from c2pa import Builder

        signed = io.BytesIO()
        with Builder(_manifest(), self._context) as builder:
            builder.sign(mime_type, io.BytesIO(data), signed)
        return signed.getvalue()


def open_seal(settings: Settings) -> NoSeal | C2paSeal:
    """Raises ConfigurationError for a certificate or a key that cannot sign; one that has ended is only logged."""
    certificate, key = settings.provenance_certificate, settings.provenance_key
    if certificate is None and key is None:
        return NoSeal()
    if certificate is None or key is None:
        missing = "PROVENANCE_CERTIFICATE" if certificate is None else "PROVENANCE_KEY"
        raise ConfigurationError(missing, "", "a certificate and its key are needed together", CURE, final=True)
    try:
        seal = _seal(_read("PROVENANCE_CERTIFICATE", certificate), _read("PROVENANCE_KEY", key))
        if seal.is_over:
            log.error("provenance.certificate_ended", file=str(certificate), at=seal.ends.isoformat())
        else:
            seal.try_out()
    except ImportError as error:
        cure = "C2PA is an extra: pip install -e '.[c2pa]' in Easel's folder."
        raise ConfigurationError(
            "PROVENANCE_CERTIFICATE", str(certificate), "c2pa-python is missing", cure, final=True
        ) from error
    except ValueError as error:
        raise ConfigurationError("PROVENANCE_CERTIFICATE", str(certificate), str(error), CURE, final=True) from error
    return seal


def origin_of(data: bytes, suffix: str) -> Origin | None:
    """What a picture's manifest says; None where it has none.

    Raises ValueError for what is no such picture, ImportError without the extra.
    """
    from c2pa import C2paError, Reader

    try:
        with Reader(MIME_TYPES[suffix], io.BytesIO(data)) as reader:
            manifest, state = reader.get_active_manifest() or {}, reader.get_validation_state()
    except C2paError.ManifestNotFound:
        return None
    except C2paError as error:
        raise ValueError(str(error)) from error
    signature, made_with = manifest.get("signature_info", {}), manifest.get("claim_generator_info", [{}])[0]
    actions = [one["data"]["actions"] for one in manifest.get("assertions", ()) if one["label"].startswith(ACTIONS)]
    sources = tuple(action.get("digitalSourceType", "") for some in actions for action in some)
    signed_by = ", ".join(filter(None, (signature.get("common_name"), signature.get("issuer"))))
    return Origin(state or "Invalid", signed_by, f"{made_with.get('name')} {made_with.get('version')}", sources)


def _read(variable: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        problem = f"it cannot be read: {error.strerror or error}"
        raise ConfigurationError(variable, str(file), problem, CURE, final=True) from error


def _seal(chain: bytes, key: bytes) -> C2paSeal:
    """Raises ValueError, and ImportError without the extra."""
    from c2pa import C2paError, C2paSignerInfo, C2paSigningAlg, Context, Signer
    from c2pa import Settings as Writing
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        private = serialization.load_pem_private_key(key, password=None)
        certificate = x509.load_pem_x509_certificates(chain)[0]
        pkcs8 = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )  # the one form that c2pa reads; openssl writes others, too
    except (ValueError, TypeError) as error:  # TypeError: the key is protected by a password
        raise ValueError(f"no certificate and key in PEM: {error}") from error
    try:
        signer = Signer.from_info(C2paSignerInfo(C2paSigningAlg[_algorithm(private)], chain, pkcs8, None))
        context = Context(Writing.from_dict(_WRITING), signer)
    except C2paError as error:
        raise ValueError(str(error)) from error
    return C2paSeal(context, certificate.subject.rfc4514_string(), certificate.not_valid_after_utc)


def _algorithm(key: object) -> str:
    """C2PA's name of how such a key signs.  Raises ValueError for one that C2PA does not take."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ED25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return "PS256"
    raise ValueError("C2PA signs with keys of P-256, P-384, P-521, Ed25519 or RSA")


def _manifest() -> dict[str, object]:
    generator = {"name": "Easel", "version": version("easel")}
    created = {"action": "c2pa.created", "digitalSourceType": DIGITAL_SOURCE, "softwareAgent": generator}
    actions = {"label": f"{ACTIONS}.v2", "data": {"actions": [created]}}
    return {"claim_generator_info": [generator], "assertions": [actions]}
