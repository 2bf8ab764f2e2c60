"""The bill of materials of a stack: one component for each image, in CycloneDX and in SPDX."""

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from spdx_tools.common.spdx_licensing import spdx_licensing
from spdx_tools.spdx import model as spdx
from spdx_tools.spdx.writer.json import json_writer

from .inventory import StackImage
from .lock import Lock


@dataclass(frozen=True)
class Bill:
    """What both formats are made of. `licences` are the catalogue's own, as name by `LicenseRef-...`."""

    name: str
    images: tuple[StackImage, ...]
    lock: Lock
    licences: Mapping[str, str]

    def digest(self, image: StackImage) -> str | None:
        return image.origin.digest or self.lock.digest(image.name)

    def purl(self, image: StackImage) -> PackageURL:
        """By the type `oci` of the purl specification, whose version is a digest and never a tag."""
        qualifiers = {"repository_url": image.origin.repository, "tag": image.origin.tag or ""}
        name = image.origin.path.rpartition("/")[2]
        return PackageURL("oci", None, name, self.digest(image), {key: one for key, one in qualifiers.items() if one})

    @property
    def identity(self) -> UUID:
        """The same for the same images, so that a bill that is made twice is no new one."""
        return uuid5(NAMESPACE_URL, "\n".join([self.name, *(str(self.purl(image)) for image in self.images)]))


def cyclonedx(bill: Bill) -> str:
    platform = Component(name=bill.name, type=ComponentType.PLATFORM, bom_ref=bill.name)
    bom = Bom(
        components=[_component(bill, image) for image in bill.images],
        serial_number=bill.identity,
        metadata=BomMetaData(component=platform, timestamp=_moment()),
    )
    bom.register_dependency(platform, bom.components)
    return JsonV1Dot6(bom).output_as_string(indent=2)


def _component(bill: Bill, image: StackImage) -> Component:
    digest = bill.digest(image)
    algorithm, _, content = (digest or "").partition(":")
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=content)] if algorithm == "sha256" else []
    source = [ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(f"https://{image.source}"))]
    return Component(
        name=image.origin.repository,
        version=_version(bill, image),
        type=ComponentType.CONTAINER,
        bom_ref=str(image.reference),
        purl=bill.purl(image),
        hashes=hashes,
        licenses=[LicenseExpression(image.licence)] if image.licence else [],
        description=image.entry.project if image.entry else None,
        external_references=source if image.source else [],
        properties=[Property(name="exquisite-mlops:started", value="later" if image.is_later else "by the stack")],
    )


def as_spdx(bill: Bill) -> str:
    document = spdx_document(bill)
    written = io.StringIO()
    json_writer.write_document_to_stream(document, written, validate=False)
    return written.getvalue()


def spdx_document(bill: Bill) -> spdx.Document:
    namespace = f"https://spdx.org/spdxdocs/{quote(bill.name, safe='')}-{bill.identity}"
    about = spdx.CreationInfo(
        spdx_version="SPDX-2.3",
        spdx_id="SPDXRef-DOCUMENT",
        name=bill.name,
        document_namespace=namespace,
        creators=[spdx.Actor(spdx.ActorType.TOOL, "exquisite-mlops-policies")],
        created=_moment(),
    )
    packages = [_package(bill, image, index) for index, image in enumerate(bill.images, 1)]
    described = [
        spdx.Relationship("SPDXRef-DOCUMENT", spdx.RelationshipType.DESCRIBES, package.spdx_id) for package in packages
    ]
    used = " ".join(image.licence or "" for image in bill.images).replace("(", " ").replace(")", " ").split()
    extracted = [
        spdx.ExtractedLicensingInfo(name, f"The text is the vendor's: {bill.licences[name]}", bill.licences[name])
        for name in sorted(set(used) & set(bill.licences))
    ]
    return spdx.Document(about, packages, relationships=described, extracted_licensing_info=extracted)


def _package(bill: Bill, image: StackImage, index: int) -> spdx.Package:
    category = spdx.ExternalPackageRefCategory.PACKAGE_MANAGER
    algorithm, _, content = (bill.digest(image) or "").partition(":")
    known = algorithm == "sha256"
    return spdx.Package(
        spdx_id=f"SPDXRef-image-{index}",
        name=image.origin.repository,
        version=_version(bill, image),
        download_location=spdx.SpdxNoAssertion(),
        files_analyzed=False,
        homepage=f"https://{image.source}" if image.source else spdx.SpdxNoAssertion(),
        checksums=[spdx.Checksum(spdx.ChecksumAlgorithm.SHA256, content)] if known else [],
        license_concluded=spdx_licensing.parse(image.licence) if image.licence else spdx.SpdxNoAssertion(),
        license_declared=spdx.SpdxNoAssertion(),
        copyright_text=spdx.SpdxNoAssertion(),
        external_references=[spdx.ExternalPackageRef(category, "purl", str(bill.purl(image)))],
        primary_package_purpose=spdx.PackagePurpose.CONTAINER,
    )


FORMATS: Mapping[str, Callable[[Bill], str]] = {"cyclonedx": cyclonedx, "spdx": as_spdx}


def _version(bill: Bill, image: StackImage) -> str:
    return image.origin.tag or bill.digest(image) or "latest"


def _moment() -> datetime:
    """Now, or the moment that a reproducible build sets."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC).replace(microsecond=0)
