# nginx does not read resolv.conf: who resolves names, and how those of the cluster's Services end.
server=$(sed -n 's/^nameserver[[:space:]]*//p' /etc/resolv.conf | head -n 1)
suffix=$(sed -n 's/^search.* \(svc\.[^ ]*\).*/\1/p' /etc/resolv.conf | head -n 1)
case $server in *:*) server="[$server]" ;; esac
{
  printf 'resolver %s valid=10s;\n' "$server"
  printf 'map "" $cluster {\n    default %s;\n}\n' "${suffix:-svc.cluster.local}"
} > /tmp/cluster.conf
exec nginx -e stderr -c /etc/door/door.conf
