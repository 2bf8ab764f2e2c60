"""Stand-ins for the Pulumi plugins that no package registry has.

The programs that they serve must run unchanged on the official language host and providers.
"""

import os
import shutil
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from local.paths import STATE
from local.plugins.language.packages import sdk_version

BIN = Path(__file__).resolve().parent / "bin"
HOME = STATE / "pulumi"


def environment(base: Mapping[str, str], toolchain: Path) -> dict[str, str]:
    """`base` with what `pulumi` needs to find the engine in `toolchain`, these plugins and this interpreter.

    Links the plugins into the plugin folder of PULUMI_HOME (`local.plugins.HOME` unless `base` has another), where the
    engine looks for them without a warning; it would print one for each that it finds on PATH.
    """
    home = Path(base.get("PULUMI_HOME") or HOME)
    _link(home)
    if home.is_relative_to(STATE):
        _without_logs(home)
    # The scripts start with whatever `python3` comes first: it has to be the one that has the SDKs.
    path = [str(Path(sys.prefix) / "bin"), str(toolchain), base.get("PATH", os.defpath)]
    return {
        **base,
        "PATH": os.pathsep.join(path),
        "PULUMI_HOME": str(home),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def _without_logs(home: Path) -> None:
    """Keep the engine from writing down every word of every plugin, which takes a third of its processor time.

    It has no switch for that, but does without where it can't make the folder.
    """
    logs = home / "logs"
    if logs.is_dir():
        shutil.rmtree(logs)
    logs.touch()


def _link(home: Path) -> None:
    """Put each plugin where `pulumi plugin install` would, under the version that its SDK asks for."""
    for script in BIN.iterdir():
        _, kind, name = script.name.split("-", 2)
        version = sdk_version(name) if kind == "resource" else sdk_version("")
        folder = home / "plugins" / f"{kind}-{name}-v{version}"
        folder.mkdir(parents=True, exist_ok=True)
        link = folder / script.name
        if not link.is_symlink() or link.readlink() != script:
            replacement = folder / f".{script.name}.{os.getpid()}.{threading.get_ident()}"
            replacement.symlink_to(script)
            replacement.replace(link)
