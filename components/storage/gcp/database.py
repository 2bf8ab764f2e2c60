"""PostgreSQL of Cloud SQL as it should be: private, encrypted, backed up, and reached from the cluster's network."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_gcp import compute, kms, projects, servicenetworking, sql
from pulumi_random import RandomPassword

from ...base import Args, Text
from ...catalog import image
from ...compute.gcp import bindings
from ...k8s.network import Outside
from ...k8s.order import after
from ..cloud import ADMINISTRATOR, LOGGED, SQL_PORT, CloudDatabaseSettings
from ..contracts import SqlServer, Tls
from .machines import choose

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # Google counts them from one
_MOST_LOG_DAYS = 7  # of the edition Enterprise
_FINAL_DAYS = 30


class CloudSqlArgs(Args):
    """The network and the key."""

    settings: CloudDatabaseSettings
    project: str
    region: str
    vpc: Text
    addresses: str
    """A range of that network, used for nothing else, in which Google gives the server an address."""
    key: Text
    """Of Cloud KMS, in the same region."""
    production: bool = True
    """Nothing is deleted with the stack, and nothing without a last back-up."""
    labels: Mapping[str, str]


class CloudSql(ComponentResource):
    """One instance, with a standby if asked for. Each client's database is a `Database` of its own."""

    server: SqlServer

    def __init__(self, name: str, args: CloudSqlArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:storage:CloudSql", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        rotation = {"rotation": str(args.settings.password_rotation)}
        password = RandomPassword(f"{name}-admin", length=32, special=False, keepers=rotation, opts=self._child)
        made = self._instance()
        user = sql.User(
            f"{name}-admin",
            instance=made.name,
            name=ADMINISTRATOR,
            password=password.result,
            # It owns what it has made, so it goes with the instance, and not before.
            deletion_policy="ABANDON",
            opts=self._child,
        )
        self.server = SqlServer(
            host=after(user.id, made.private_ip_address),
            port=SQL_PORT,
            username=ADMINISTRATOR,
            password=password.result,
            image=image("postgres").reference,
            peer=Outside(((args.addresses, (SQL_PORT,)),)),
            # The authority signs for this one instance, and the certificate names that, not its address.
            tls=Tls(mode="verify-ca", authority=made.server_ca_certs.apply(joined)),
        )
        self.register_outputs({"host": made.private_ip_address})

    def _instance(self) -> sql.DatabaseInstance:
        args, settings = self._args, self._args.settings
        return sql.DatabaseInstance(
            self._name,
            region=args.region,
            database_version=f"POSTGRES_{settings.version}",
            encryption_key_name=self._key(),
            settings=self._settings(self._private_network()),
            deletion_protection=args.production,
            # Google lets it grow, and nobody can make it smaller.
            opts=ResourceOptions.merge(
                self._child, ResourceOptions(protect=args.production, ignore_changes=["settings.diskSize"])
            ),
        )

    def _settings(self, network: Output[str]) -> sql.DatabaseInstanceSettingsArgs:
        args, settings = self._args, self._args.settings
        now, most = settings.gigabytes
        return sql.DatabaseInstanceSettingsArgs(
            edition="ENTERPRISE",
            tier=choose(settings),
            availability_type="REGIONAL" if settings.standby else "ZONAL",
            disk_type="PD_SSD",
            disk_size=now,
            disk_autoresize=True,
            disk_autoresize_limit=most,
            ip_configuration=sql.DatabaseInstanceSettingsIpConfigurationArgs(
                ipv4_enabled=False,
                private_network=network,
                ssl_mode="ENCRYPTED_ONLY",
                server_ca_mode="GOOGLE_MANAGED_INTERNAL_CA",
            ),
            backup_configuration=sql.DatabaseInstanceSettingsBackupConfigurationArgs(
                enabled=True,
                start_time=f"{settings.backup_hour:02}:00",
                location=args.region,
                point_in_time_recovery_enabled=True,
                transaction_log_retention_days=min(settings.backup_days, _MOST_LOG_DAYS),
                backup_retention_settings=sql.DatabaseInstanceSettingsBackupConfigurationBackupRetentionSettingsArgs(
                    retained_backups=settings.backup_days, retention_unit="COUNT"
                ),
            ),
            final_backup_config=sql.DatabaseInstanceSettingsFinalBackupConfigArgs(
                enabled=args.production, retention_days=_FINAL_DAYS if args.production else None
            ),
            retain_backups_on_delete=args.production,
            deletion_protection_enabled=args.production,
            maintenance_window=sql.DatabaseInstanceSettingsMaintenanceWindowArgs(
                day=_DAYS.index(settings.maintenance_day) + 1, hour=settings.maintenance_hour, update_track="stable"
            ),
            insights_config=sql.DatabaseInstanceSettingsInsightsConfigArgs(query_insights_enabled=settings.insights),
            database_flags=[
                sql.DatabaseInstanceSettingsDatabaseFlagArgs(name=parameter, value="on") for parameter in LOGGED
            ],
            user_labels=dict(args.labels),
        )

    def _key(self) -> Output[str]:
        """Known once Cloud SQL may encrypt with it."""
        name, args = f"{self._name}-key", self._args
        # Google makes this account when it is asked for, and not before.
        identity = projects.ServiceIdentity(name, project=args.project, service=bindings.SQL_SERVICE, opts=self._child)
        user = kms.CryptoKeyIAMMember(
            name, crypto_key_id=args.key, role=bindings.KEY_ROLE, member=identity.member, opts=self._child
        )
        return after(user.id, args.key)

    def _private_network(self) -> Output[str]:
        """The cluster's, known once it is peered with the one in which Google runs the server."""
        name, args = self._name, self._args
        address, _, length = args.addresses.partition("/")
        reserved = compute.GlobalAddress(
            name,
            purpose="VPC_PEERING",
            address_type="INTERNAL",
            address=address,
            prefix_length=int(length),
            network=args.vpc,
            labels=dict(args.labels),
            opts=self._child,
        )
        peering = servicenetworking.Connection(
            name,
            network=args.vpc,
            service="servicenetworking.googleapis.com",
            reserved_peering_ranges=[reserved.name],
            # Google holds on to it for days after the last instance is gone; it goes with the network.
            deletion_policy="ABANDON",
            opts=self._child,
        )
        return after(peering.id, args.vpc)


def joined(certificates: Sequence[Any]) -> str:
    """While Google changes to a new authority there are two."""
    return "\n".join(one.cert.strip() for one in certificates) + "\n"
