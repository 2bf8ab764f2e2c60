"""Programs that are nothing but resources: what the platform's own cost is compared with."""

from pathlib import Path

_PROGRAM = '''
"""{count} bare ConfigMaps."""

import pulumi
from pulumi_kubernetes import Provider
from pulumi_kubernetes.core.v1 import ConfigMap

inside = pulumi.ResourceOptions(provider=Provider("cluster"))
for number in range({count}):
    ConfigMap(f"bare-{{number}}", metadata={{"namespace": "default"}}, data={{"number": str(number)}}, opts=inside)
'''


def write(folder: Path, count: int) -> Path:
    """A project of `count` ConfigMaps, as a folder that `pulumi` runs in."""
    folder.mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: bare\nruntime: python\n")
    (folder / "__main__.py").write_text(_PROGRAM.format(count=count))
    return folder
