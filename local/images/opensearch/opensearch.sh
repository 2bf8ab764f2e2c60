#!/bin/sh
# Starts a node with the options and variables that OpenSearch's own script heeds.
home=/usr/share/opensearch
configuration=${OPENSEARCH_PATH_CONF:-$home/config}
# Several options may stand in each of the two.
# shellcheck disable=SC2046,SC2086
exec java -Xss1m -Dfile.encoding=UTF-8 -Djava.locale.providers=SPI,COMPAT -Djna.nosys=true \
    -Dio.netty.noUnsafe=true -Dio.netty.noKeySetOptimization=true -Dio.netty.recycler.maxCapacityPerThread=0 \
    -Dlog4j.shutdownHookEnabled=false -Dlog4j2.disable.jmx=true \
    $(grep '^-' "$configuration/jvm.options") $OPENSEARCH_JAVA_OPTS \
    -Dopensearch.path.home=$home -Dopensearch.path.conf="$configuration" \
    -Dopensearch.distribution.type=docker -Dopensearch.bundled_jdk=false \
    -cp "$home/lib/*" org.opensearch.bootstrap.OpenSearch "$@"
