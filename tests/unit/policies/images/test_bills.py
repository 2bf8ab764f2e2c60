"""`policies images sbom`, held against the validators of the libraries that other tools read it with."""

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from tests.unit.policies.images.stack import DIGESTS, NGINX, Capture, locked, manifests, pod, told

IMAGES = ("nginx:1.27", "redis:7.4.1", "docker.io/confluentinc/cp-kafka:7.6.0", "acme/unknown:1", "redis:7")


@pytest.fixture(autouse=True)
def same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


def bill(folder: Path, capsys: Capture, kind: str) -> str:
    lock, file = locked(folder), manifests(folder, pod(*IMAGES))
    code, text = told(capsys, "images", "sbom", file, "--lock", lock, "--name", "shop", "--format", kind)
    assert code == 0
    return text


def components(text: str) -> dict[str, Any]:
    return {one["bom-ref"]: one for one in json.loads(text)["components"]}


def test_cyclonedx_passes_its_validator(tmp_path: Path, capsys: Capture):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill(tmp_path, capsys, "cyclonedx")) is None


def test_spdx_passes_its_validator(tmp_path: Path, capsys: Capture):
    (tmp_path / "shop.spdx.json").write_text(bill(tmp_path, capsys, "spdx"))
    document = parse_file(str(tmp_path / "shop.spdx.json"))
    assert validate_full_spdx_document(document) == []
    assert {f"{one.name}:{one.version}": str(one.license_concluded) for one in document.packages} == {
        "docker.io/library/nginx:1.27": "BSD-2-Clause",
        "docker.io/library/redis:7.4.1": "LicenseRef-RSALv2 OR SSPL-1.0",
        "docker.io/confluentinc/cp-kafka:7.6.0": "Apache-2.0 AND LicenseRef-Confluent-Community-1.0",
        "docker.io/acme/unknown:1": "NOASSERTION",
        "docker.io/library/redis:7": "NOASSERTION",
    }


def test_each_image_is_a_component_that_other_tools_find_by_its_purl(tmp_path: Path, capsys: Capture):
    nginx = components(bill(tmp_path, capsys, "cyclonedx"))[NGINX]
    assert PackageURL.from_string(nginx["purl"]) == PackageURL(
        "oci", None, "nginx", DIGESTS[NGINX], {"repository_url": "docker.io/library/nginx", "tag": "1.27"}
    )
    assert nginx["version"] == "1.27" and nginx["licenses"] == [{"expression": "BSD-2-Clause"}]
    assert nginx["externalReferences"] == [{"type": "vcs", "url": "https://github.com/nginx/nginx"}]
    assert nginx["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]


def test_a_licence_that_nobody_can_tell_is_left_out_and_not_guessed(tmp_path: Path, capsys: Capture):
    found = components(bill(tmp_path, capsys, "cyclonedx"))
    assert "licenses" not in found["docker.io/library/redis:7"] and "licenses" not in found["docker.io/acme/unknown:1"]
    assert found["docker.io/library/redis:7.4.1"]["licenses"] == [{"expression": "LicenseRef-RSALv2 OR SSPL-1.0"}]


@pytest.mark.parametrize("kind", ["cyclonedx", "spdx"])
def test_the_bill_of_the_same_images_is_the_same_text(tmp_path: Path, capsys: Capture, kind: str):
    assert bill(tmp_path, capsys, kind) == bill(tmp_path, capsys, kind)
