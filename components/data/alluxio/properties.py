"""Alluxio's own settings, from what the platform knows: pure text, tested as such."""

from ...types import amount
from .settings import AlluxioSettings, Tier

RPC, WEB, JOURNAL = 19998, 19999, 19200
JOB_RPC, JOB_WEB, JOB_JOURNAL = 20001, 20002, 20003
WORKER, WORKER_WEB = 29999, 30000
JOB_WORKER, JOB_WORKER_DATA, JOB_WORKER_WEB = 30001, 30002, 30003

USER = "alluxio"
"""Whom the servers act as, and who owns what they find in the bucket."""
JOURNAL_FOLDER, BACKUPS = "/journal", "/alluxio_backups"

METRICS = "sink.prometheus.class=alluxio.metrics.sink.PrometheusMetricsServlet\n"


def site(settings: AlluxioSettings, store: dict[str, str]) -> str:
    """alluxio-site.properties of every server; `store` is how to get at the bucket."""
    lines = {
        "alluxio.master.journal.type": "EMBEDDED",
        "alluxio.master.journal.folder": JOURNAL_FOLDER,
        "alluxio.master.metastore.dir": f"{JOURNAL_FOLDER}/metastore",
        "alluxio.master.backup.directory": BACKUPS,
        # It would tell upstream where it runs, and ask the cloud for that.
        "alluxio.master.update.check.enabled": "false",
        "alluxio.security.login.username": USER,
        # A client declares who it is; this edition can check no proof of it. The network policies are the lock.
        "alluxio.security.authentication.type": "SIMPLE",
        # Upstream's default acknowledges a file before the bucket has it, and loses it with the worker.
        "alluxio.user.file.writetype.default": "CACHE_THROUGH",
        "alluxio.user.file.metadata.sync.interval": f"{settings.sync_seconds}s",
        **tier(settings.tier),
        **store,
    }
    if settings.restore_from:
        lines["alluxio.master.journal.init.from.backup"] = settings.restore_from
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def s3(url: str, region: str, endpoint: str | None, key: tuple[str, str] | None) -> dict[str, str]:
    """What `url` leads to is the root. Without a key the pod has an identity that the cloud knows."""
    lines = {
        "alluxio.master.mount.table.root.ufs": f"{url}/",
        "alluxio.underfs.s3.endpoint.region": region,
        "alluxio.underfs.s3.inherit.acl": "false",
        "alluxio.underfs.s3.default.mode": "0755",
        # Otherwise each object waits in /tmp until it is whole.
        "alluxio.underfs.s3.streaming.upload.enabled": "true",
        "alluxio.underfs.s3.secure.http.enabled": str(not endpoint or endpoint.startswith("https:")).lower(),
    }
    if endpoint:
        lines |= {"alluxio.underfs.s3.endpoint": endpoint, "alluxio.underfs.s3.disable.dns.buckets": "true"}
    if key:
        # As options of the mount they would lie in the journal in the clear, and outlive their rotation.
        lines |= {"s3a.accessKeyId": key[0], "s3a.secretKey": key[1]}
    return lines


def tier(chosen: Tier) -> dict[str, str]:
    level = "alluxio.worker.tieredstore.level0"
    size = f"{int(amount(chosen.quota))}B"
    return {
        "alluxio.worker.ramdisk.size": size,
        "alluxio.worker.tieredstore.levels": "1",
        f"{level}.alias": chosen.medium,
        f"{level}.dirs.mediumtype": chosen.medium,
        f"{level}.dirs.path": cache_folder(chosen),
        f"{level}.dirs.quota": size,
    }


def cache_folder(chosen: Tier) -> str:
    return "/dev/shm" if chosen.medium == "MEM" else "/cache"


def among_masters(domain: str, count: int) -> str:
    """Java options of a master, to be read by a shell: it has the name of its pod, the others end in other numbers."""
    members = ",".join(f"${{POD_NAME%-*}}-{number}.{domain}:{JOURNAL}" for number in range(count))
    return f"-Dalluxio.master.hostname=${{POD_NAME}}.{domain} -Dalluxio.master.embedded.journal.addresses={members}"


def towards_masters(masters: str) -> str:
    """Java options of everybody else. `masters` are their addresses."""
    first, jobs = masters.split(":")[0], masters.replace(f":{RPC}", f":{JOB_RPC}")
    # The list is what counts, but a list of one is not believed without a name.
    lists = f"-Dalluxio.master.rpc.addresses={masters} -Dalluxio.job.master.rpc.addresses={jobs}"
    return f"-Dalluxio.master.hostname={first} {lists}"


def addresses(pods: str, domain: str, count: int) -> str:
    return ",".join(f"{pods}-{number}.{domain}:{RPC}" for number in range(count))
