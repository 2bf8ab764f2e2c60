"""The mark of a finished run, by the client of the store that its bucket lies in."""

import importlib.util
import sys
from types import SimpleNamespace

import pytest


@pytest.mark.parametrize(
    ("url", "used", "other"),
    [
        ("s3://pipelines/luigi/runs/training/first.json", ("s3", "S3Target"), "gcs"),
        ("gs://acme-pipelines/luigi/runs/training/first.json", ("gcs", "GCSTarget"), "s3"),
    ],
)
def test_a_mark_is_made_by_the_client_of_its_store_and_no_other_is_loaded(
    url: str, used: tuple[str, str], other: str, monkeypatch: pytest.MonkeyPatch
):
    spec = importlib.util.spec_from_file_location("marker", "components/pipelines/luigi/tasks/marker.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    client, target = used
    played = SimpleNamespace(**{target: lambda path: (client, path)})
    for name, content in (("luigi", SimpleNamespace()), ("luigi.contrib", SimpleNamespace())):
        monkeypatch.setitem(sys.modules, name, content)
    monkeypatch.setitem(sys.modules, f"luigi.contrib.{client}", played)
    monkeypatch.setitem(sys.modules, f"luigi.contrib.{other}", None)
    assert module.marker(url) == (client, url)
