"""The engine's `LanguageRuntime` for Python: programs and policy packs run with the interpreter of the host."""

import importlib.metadata
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.empty_pb2 import Empty

from local.plugins.language import packages
from local.plugins.language.process import Processes, output
from local.plugins.protocol import language_pb2, language_pb2_grpc, plugin_pb2
from local.plugins.server import serve

EXECUTOR = "pulumi-language-python-exec"
# The executor ends with this code once it has shown the error itself; the engine must not show another.
BAILED = 32


class PythonHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs what the engine asks for, in processes of their own."""

    def __init__(self, engine_address: str) -> None:
        self.engine_address = engine_address
        self.processes = Processes()

    def Handshake(self, request, context) -> language_pb2.LanguageHandshakeResponse:
        self.engine_address = request.engine_address or self.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request, context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("pulumi"))

    def GetRequiredPackages(self, request, context) -> language_pb2.GetRequiredPackagesResponse:
        found = packages.required_plugins()
        return language_pb2.GetRequiredPackagesResponse(
            packages=[
                plugin_pb2.PackageDependency(name=name, kind="resource", version=f"v{version}", server=server)
                for name, version, server in found
            ]
        )

    def GetRequiredPlugins(self, request, context) -> language_pb2.GetRequiredPluginsResponse:
        found = packages.required_plugins()
        return language_pb2.GetRequiredPluginsResponse(
            plugins=[
                plugin_pb2.PluginDependency(name=name, kind="resource", version=f"v{version}", server=server)
                for name, version, server in found
            ]
        )

    def GetProgramDependencies(self, request, context) -> language_pb2.GetProgramDependenciesResponse:
        found = sorted(packages.installed(), key=lambda package: package[0].lower())
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=name, version=version) for name, version in found]
        )

    def About(self, request, context) -> language_pb2.AboutResponse:
        return language_pb2.AboutResponse(executable=sys.executable, version=platform.python_version())

    def RuntimeOptionsPrompts(self, request, context) -> language_pb2.RuntimeOptionsResponse:
        return language_pb2.RuntimeOptionsResponse()

    def InstallDependencies(self, request, context) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """The environment is locked and installed before any program runs; there is nothing to add here."""
        text = f"Programs run with {sys.executable}; install packages there.\n"
        yield language_pb2.InstallDependenciesResponse(stdout=text.encode())

    def Run(self, request: language_pb2.RunRequest, context) -> language_pb2.RunResponse:
        """Run the program to its end; a failure that the program has shown itself is only passed on as `bail`."""
        executor = shutil.which(EXECUTOR)
        if executor is None:
            return language_pb2.RunResponse(error=f"{EXECUTOR} is not on PATH: put it beside the pulumi binary")
        info = request.info
        command = [_interpreter(info), "-u", executor, "--monitor", request.monitor_address]
        command += ["--engine", self.engine_address, "--project", request.project, "--stack", request.stack]
        command += ["--root_directory", info.root_directory, "--pwd", request.pwd]
        command += ["--dry_run", "true" if request.dryRun else "false", "--parallel", str(request.parallel)]
        command += ["--organization", request.organization]
        command += [str(Path(info.program_directory, info.entry_point)), *request.args]
        environment = {
            **os.environ,
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        child = self.processes.start(command, request.pwd, environment, context)
        code = self.processes.finish(child)
        if code == 0:
            return language_pb2.RunResponse()
        if code == BAILED:
            return language_pb2.RunResponse(bail=True)
        ended = f"was ended by signal {-code}" if code < 0 else f"exited with non-zero exit code: {code}"
        return language_pb2.RunResponse(error=f"Program {ended}")

    def RunPlugin(self, request: language_pb2.RunPluginRequest, context) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a policy pack (or a component plugin) and pass on all that it writes."""
        program = request.info.program_directory or request.program
        command = [_interpreter(request.info), "-u"]
        if request.kind == "analyzer":
            command += ["-m", "pulumi.policy", *request.args, program]
        else:
            command += [str(Path(program, request.info.entry_point or ".")), *request.args]
        extra = dict(item.split("=", 1) for item in request.env if "=" in item)
        child = self.processes.start(command, request.pwd, {**os.environ, **extra}, context, capture=True)
        for name, data in output(child):
            if name == "stdout":
                yield language_pb2.RunPluginResponse(stdout=data)
            else:
                yield language_pb2.RunPluginResponse(stderr=data)
        yield language_pb2.RunPluginResponse(exitcode=self.processes.finish(child))

    def Cancel(self, request, context) -> Empty:
        self.processes.stop()
        return Empty()


def _interpreter(info: language_pb2.ProgramInfo) -> str:
    """That of the environment which the project names as its `virtualenv`, or the host's own.

    Also where there is no such environment, as in a checkout without `.venv` whose tests another one runs.
    """
    chosen = info.options.fields["virtualenv"].string_value
    named = Path(info.root_directory, chosen, "bin", "python")
    return str(named) if chosen and named.exists() else sys.executable


def main(arguments: list[str]) -> None:
    """Serve the host to the engine whose address is the last argument."""
    host = PythonHost(arguments[-1] if arguments else "")
    serve(lambda server: language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server), host.processes.stop)
