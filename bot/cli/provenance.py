"""`easel provenance`: the certificate that pictures are signed with, and what a picture says of where it comes from.

In: a folder for a new pair of files, or a picture.  Out: the files, or what the picture's manifest says.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from bot.cli.surroundings import JsonFlag, print_json
from bot.errors import CommandError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

provenance_commands = typer.Typer(no_args_is_help=True, help="Signed pictures: where they come from (C2PA).")

VALID: Final = timedelta(days=825)
MISSING: Final = "c2pa-python is missing: pip install -e '.[c2pa]' in Easel's folder"


@provenance_commands.command()
def key(
    folder: Annotated[Path | None, typer.Option(help="Where the two files go; otherwise DATA_DIR/provenance.")] = None,
    name: Annotated[str, typer.Option(help="Who signs, as readers of the pictures see it.")] = "Easel",
) -> None:
    """Make a certificate and its key, to sign pictures with; nobody vouches for it, so readers call it unknown."""
    from bot.config import load_settings, settings_file

    folder = folder or load_settings(settings_file()).data_dir / "provenance"
    certificate, key_file = folder / "certificate.pem", folder / "key.pem"
    for file in (certificate, key_file):
        if file.exists():
            raise CommandError(f"{file} is there already; name another --folder")
    try:
        chain, secret = make_certificate(name)
    except ImportError as error:
        raise CommandError(MISSING) from error
    except ValueError as error:
        raise CommandError(f"{name!r} can be nobody's name in a certificate: {error}") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file_of_key:
            file_of_key.write(secret)
        certificate.write_bytes(chain)
    except OSError as error:
        raise CommandError(f"{folder} takes no files: {error.strerror or error}") from error
    said = f"PROVENANCE_CERTIFICATE={certificate.absolute()}\nPROVENANCE_KEY={key_file.absolute()}"
    Console().print(f"Made.  In .env:\n{said}", highlight=False, markup=False, soft_wrap=True)


@provenance_commands.command()
def show(
    file: Annotated[Path, typer.Argument(help="A picture: .png, .webp or .jpg.")], as_json: JsonFlag = False
) -> None:
    """Say what a picture's C2PA manifest tells; exit status 1 where it has none, or a broken one."""
    from bot.generation.provenance import MIME_TYPES, origin_of

    suffix = file.suffix.lower().lstrip(".")
    if suffix not in MIME_TYPES:
        raise CommandError(f"{file} is not named .png, .webp or .jpg")
    try:
        origin = origin_of(file.read_bytes(), suffix)
    except ImportError as error:
        raise CommandError(MISSING) from error
    except (OSError, ValueError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    if as_json:
        told = None if origin is None else {name: getattr(origin, name) for name in origin.__slots__}
        print_json(manifest=told)
    elif origin is None:
        Console().print("no manifest")
    else:
        lines = (f"{origin.state}: signed by {origin.signed_by}, made with {origin.made_with}", *origin.sources)
        Console().print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
    if origin is None or origin.state == "Invalid":
        raise typer.Exit(1)


def make_certificate(name: str) -> tuple[bytes, bytes]:
    """A certificate for signing, below one that vouches for it, and the signing key, all in PEM (P-256).

    As C2PA wants it (https://spec.c2pa.org, X.509 certificates): digital signatures alone, for e-mail protection, the
    one purpose that every reader takes.  The upper key is forgotten: it can vouch for nothing else.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = serialization.Encoding.PEM
    upper, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate(f"{name} (root)", upper, f"{name} (root)", upper, is_root=True)
    leaf = _certificate(name, own, f"{name} (root)", upper, is_root=False)
    secret = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return leaf.public_bytes(pem) + root.public_bytes(pem), secret


def _certificate(
    name: str,
    own: "ec.EllipticCurvePrivateKey",
    issuer: str,
    issuer_key: "ec.EllipticCurvePrivateKey",
    *,
    is_root: bool,
) -> "x509.Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def named(text: str) -> x509.Name:
        kinds = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
        return x509.Name([x509.NameAttribute(kind, text) for kind in kinds])

    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # a reader's clock may be behind
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not is_root:
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purposes, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())
