# Puts the configuration together where it may be written to: the image's own first, for the plugins in it. A
# container that is started again in its pod finds the copies of before, read-only ones among them (-f).
umask 077
cp -Rf /usr/share/opensearch/config/. "$OPENSEARCH_PATH_CONF"
mkdir -p "$OPENSEARCH_PATH_CONF/opensearch-security"
cd "$CONFIG"
cp -Lf opensearch.yml jvm.options log4j2.properties "$OPENSEARCH_PATH_CONF"
cp -Lf config.yml roles.yml roles_mapping.yml internal_users.yml action_groups.yml tenants.yml \
  "$OPENSEARCH_PATH_CONF/opensearch-security"
cp -Lf "$CERTIFICATES"/*.p12 "$OPENSEARCH_PATH_CONF"

# Nodes that start a new cluster have to know of each other; one alone must not wait for any. The others have the name
# of this pod with another number at the end.
if [ "$NODES" -gt 1 ]; then
  first=
  i=0
  while [ $i -lt "$NODES" ]; do
    first="$first${first:+,}${POD_NAME%-*}-$i"
    i=$((i + 1))
  done
  echo "cluster.initial_cluster_manager_nodes: [$first]" >> "$OPENSEARCH_PATH_CONF/opensearch.yml"
fi
cd /usr/share/opensearch
exec bin/opensearch
