"""What cert-manager's objects may say, of those that people write: the fields of cert-manager 1.21."""

from ...k8s.definitions import OPEN
from ...k8s.schemas import BLOCKS, LABELS, SWITCH, TEXT, TEXTS, WHOLE, block, several, words

REFERENCE = block(required=("name",), name=TEXT, kind=TEXT, group=TEXT)
_KEY = block(required=("name",), name=TEXT, key=TEXT)
_NAMES = block(dnsDomains=TEXTS, emailAddresses=TEXTS, ipRanges=TEXTS, uriDomains=TEXTS)
_SUBJECT = block(
    countries=TEXTS,
    localities=TEXTS,
    organizationalUnits=TEXTS,
    organizations=TEXTS,
    postalCodes=TEXTS,
    provinces=TEXTS,
    serialNumber=TEXT,
    streetAddresses=TEXTS,
)

CERTIFICATE = block(
    required=("issuerRef", "secretName"),
    additionalOutputFormats=several(block(required=("type",), type=TEXT)),
    commonName=TEXT,
    dnsNames=TEXTS,
    duration=TEXT,
    emailAddresses=TEXTS,
    encodeUsagesInRequest=SWITCH,
    ipAddresses=TEXTS,
    isCA=SWITCH,
    issuerRef=REFERENCE,
    keystores=OPEN,
    literalSubject=TEXT,
    nameConstraints=block(critical=SWITCH, excluded=_NAMES, permitted=_NAMES),
    otherNames=several(block(oid=TEXT, utf8Value=TEXT)),
    privateKey=block(
        algorithm=words("RSA", "ECDSA", "Ed25519"),
        encoding=words("PKCS1", "PKCS8"),
        rotationPolicy=words("Never", "Always"),
        size=WHOLE,
    ),
    renewBefore=TEXT,
    renewBeforePercentage=WHOLE,
    renewal=OPEN,
    revisionHistoryLimit=WHOLE,
    secretName=TEXT,
    secretTemplate=block(annotations=LABELS, labels=LABELS),
    signatureAlgorithm=TEXT,
    subject=_SUBJECT,
    uris=TEXTS,
    usages=TEXTS,
)

ISSUER = block(
    acme=block(
        required=("privateKeySecretRef", "server"),
        caBundle=TEXT,
        disableAccountKeyGeneration=SWITCH,
        email=TEXT,
        enableDurationFeature=SWITCH,
        externalAccountBinding=block(
            required=("keyID", "keySecretRef"), keyAlgorithm=TEXT, keyID=TEXT, keySecretRef=_KEY
        ),
        preferredChain=TEXT,
        privateKeySecretRef=_KEY,
        profile=TEXT,
        server=TEXT,
        skipTLSVerify=SWITCH,
        # In the words of a dozen clouds, of which the webhook knows each.
        solvers=BLOCKS,
    ),
    ca=block(
        required=("secretName",),
        crlDistributionPoints=TEXTS,
        issuingCertificateURLs=TEXTS,
        ocspServers=TEXTS,
        secretName=TEXT,
    ),
    selfSigned=block(crlDistributionPoints=TEXTS),
    vault=OPEN,
    venafi=OPEN,
)
