"""A private authority, made anew at every start: the workload's certificate, and the file that makes it trusted."""

import ipaddress
import ssl
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=90)  # longer than anybody's warning
BEFORE = timedelta(hours=1)  # a clock that runs a little behind must not find it too young


class SimulatedAuthority:
    """The server's side of TLS for 127.0.0.1 and localhost, and `ca.pem` in `directory` for those who ask it.

    The authority's key is never written; the server's is only while it is loaded.
    """

    def __init__(self, directory: Path, now: datetime, life: timedelta = LIFE) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = _make_authority(self._key, now)
        self.ca_file = directory / "ca.pem"
        self.ca_file.write_bytes(_encode_pem(self._certificate))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.issue(now, life)

    def issue(self, now: datetime, life: timedelta = LIFE) -> None:
        """Another certificate: whoever connects from now on is served with it."""
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = _make_leaf(self._certificate, self._key, key, now, life)
        with tempfile.NamedTemporaryFile(dir=self._directory, suffix=".pem") as chain:
            chain.write(_key_pem(key) + _encode_pem(leaf) + _encode_pem(self._certificate))
            chain.flush()
            self.context.load_cert_chain(chain.name)


def _make_authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = _make_name("Simulated authority")
    usage = _make_key_usage(signs_certificates=True)
    builder = _make_certificate_builder(name, name, key.public_key(), now, LIFE)
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _make_leaf(
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    life: timedelta,
) -> x509.Certificate:
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    builder = _make_certificate_builder(_make_name("Simulated workload"), ca.subject, key.public_key(), now, life)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_make_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(authority, critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _make_certificate_builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + life)
    )


def _make_key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _make_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _encode_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
