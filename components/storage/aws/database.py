"""PostgreSQL of RDS as it should be: private, encrypted, backed up, and reached by the cluster's own pods alone."""

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_aws import cloudwatch, ec2, rds, vpc
from pulumi_random import RandomPassword

from ...base import Args, Text
from ...catalog import image
from ...k8s.network import Outside
from ...k8s.order import after
from ..cloud import ADMINISTRATOR, LOGGED, SQL_PORT, CloudDatabaseSettings
from ..contracts import SqlServer, Tls
from .machines import choose

_LOGS = ("postgresql", "upgrade")
_AUTHORITY = "rds-ca-rsa2048-g1"
_INSIGHTS_DAYS = 7  # as long as they cost nothing


class RdsArgs(Args):
    """The network and the key, and who is let in."""

    settings: CloudDatabaseSettings
    identifier: str
    """Nothing else in the account and region may have it: its logs go by it."""
    vpc: Text
    subnets: tuple[Text, ...]
    """Private ones, in two zones at least."""
    addresses: str
    """The range that these are in, for network policies."""
    clients: Text
    """The security group of the nodes and pods that are let in."""
    key: Text
    """ARN of the key that everything is encrypted with."""
    production: bool = True
    """Nothing is deleted with the stack, and nothing without a last snapshot."""
    log_days: int = 365


class Rds(ComponentResource):
    """One instance, with a standby if asked for. Each client's database is a `Database` of its own."""

    server: SqlServer

    def __init__(self, name: str, args: RdsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:storage:Rds", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        settings = args.settings
        rotation = {"rotation": str(settings.password_rotation)}
        password = RandomPassword(f"{name}-admin", length=32, special=False, keepers=rotation, opts=self._child)
        made = self._instance(password.result)
        self.server = SqlServer(
            host=made.address,
            port=SQL_PORT,
            username=ADMINISTRATOR,
            password=password.result,
            image=image("postgres").reference,
            peer=Outside(((args.addresses, (SQL_PORT,)),)),
            tls=Tls(mode="verify-full" if settings.authority else "require", authority=settings.authority),
        )
        self.register_outputs({"host": made.address})

    def _instance(self, password: Output[str]) -> rds.Instance:
        name, args, settings = self._name, self._args, self._args.settings
        now, most = settings.gigabytes
        subnets = rds.SubnetGroup(name, subnet_ids=list(args.subnets), opts=self._child)
        hour, backup = settings.maintenance_hour, settings.backup_hour
        day, insights = settings.maintenance_day, settings.insights
        return rds.Instance(
            name,
            identifier=args.identifier,
            engine="postgres",
            engine_version=settings.version,
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=False,
            instance_class=choose(settings),
            multi_az=settings.standby,
            storage_type="gp3",
            allocated_storage=now,
            max_allocated_storage=most if most > now else None,
            storage_encrypted=True,
            kms_key_id=args.key,
            username=ADMINISTRATOR,
            password=password,
            port=SQL_PORT,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[self._group()],
            publicly_accessible=False,
            parameter_group_name=self._parameters(),
            ca_cert_identifier=_AUTHORITY,
            backup_retention_period=settings.backup_days,
            backup_window=f"{backup:02}:00-{backup:02}:45",
            maintenance_window=f"{day}:{hour:02}:00-{day}:{hour:02}:45",
            copy_tags_to_snapshot=True,
            delete_automated_backups=not args.production,
            skip_final_snapshot=not args.production,
            final_snapshot_identifier=f"{args.identifier}-final" if args.production else None,
            deletion_protection=args.production,
            enabled_cloudwatch_logs_exports=list(_LOGS),
            performance_insights_enabled=insights,
            performance_insights_kms_key_id=args.key if insights else None,
            performance_insights_retention_period=_INSIGHTS_DAYS if insights else None,
            opts=ResourceOptions.merge(
                self._child, ResourceOptions(protect=args.production, depends_on=self._log_groups())
            ),
        )

    def _group(self) -> Output[str]:
        """Known once its one rule holds: the nodes and pods of the cluster come in, and nothing goes out."""
        name, args = self._name, self._args
        group = ec2.SecurityGroup(
            name, vpc_id=args.vpc, description="The databases of the cluster", egress=[], opts=self._child
        )
        rule = vpc.SecurityGroupIngressRule(
            name,
            security_group_id=group.id,
            referenced_security_group_id=args.clients,
            ip_protocol="tcp",
            from_port=SQL_PORT,
            to_port=SQL_PORT,
            opts=self._child,
        )
        return after(rule.id, group.id)

    def _parameters(self) -> Output[str]:
        said = {"rds.force_ssl": "1", **dict.fromkeys(LOGGED, "1")}
        return rds.ParameterGroup(
            self._name,
            family=f"postgres{self._args.settings.version}",
            parameters=[rds.ParameterGroupParameterArgs(name=key, value=value) for key, value in said.items()],
            opts=self._child,
        ).name

    def _log_groups(self) -> list[cloudwatch.LogGroup]:
        """Their names are what RDS looks for; made here, so that they are encrypted and not kept for ever."""
        args = self._args
        return [
            cloudwatch.LogGroup(
                f"{self._name}-{log}-logs",
                name=f"/aws/rds/instance/{args.identifier}/{log}",
                retention_in_days=args.log_days,
                kms_key_id=args.key,
                opts=self._child,
            )
            for log in _LOGS
        ]
