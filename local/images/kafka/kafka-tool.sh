#!/bin/sh
# Starts the program that belongs to the name it is called by, and heeds the variables of Kafka's own scripts.
heap=256M
case ${0##*/} in
kafka-server-start.sh) class=kafka.Kafka heap=1G ;;
kafka-storage.sh) class=kafka.tools.StorageTool ;;
kafka-acls.sh) class=kafka.admin.AclCommand ;;
kafka-broker-api-versions.sh) class=kafka.admin.BrokerApiVersionsCommand ;;
kafka-configs.sh) class=kafka.admin.ConfigCommand ;;
kafka-console-consumer.sh) class=org.apache.kafka.tools.consumer.ConsoleConsumer ;;
kafka-console-producer.sh) class=kafka.tools.ConsoleProducer ;;
kafka-consumer-groups.sh) class=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
kafka-features.sh) class=org.apache.kafka.tools.FeatureCommand ;;
kafka-metadata-quorum.sh) class=org.apache.kafka.tools.MetadataQuorumCommand ;;
kafka-topics.sh) class=org.apache.kafka.tools.TopicCommand ;;
*) echo "$0 is not one of Kafka's tools here" >&2 && exit 2 ;;
esac
# Several options may stand in each variable.
# shellcheck disable=SC2086
exec java ${KAFKA_HEAP_OPTS:--Xmx$heap} $KAFKA_JVM_PERFORMANCE_OPTS $KAFKA_OPTS \
    ${KAFKA_LOG4J_OPTS:--Dlog4j.configuration=file:/opt/kafka/config/tools-log4j.properties} \
    -cp '/opt/kafka/libs/*' "$class" "$@"
