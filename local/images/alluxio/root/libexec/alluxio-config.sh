# Sourced by every program here: where things lie, the environment that the entrypoint wrote down, and how to run a class.
ALLUXIO_HOME=/opt/alluxio
ALLUXIO_CONF_DIR=${ALLUXIO_CONF_DIR:-$ALLUXIO_HOME/conf}
ALLUXIO_LOGS_DIR=${ALLUXIO_LOGS_DIR:-$ALLUXIO_HOME/logs}
if [[ -f $ALLUXIO_CONF_DIR/alluxio-env.sh ]]; then . "$ALLUXIO_CONF_DIR/alluxio-env.sh"; fi

# This release was written for Java 8 and 11; later ones keep these packages to themselves unless told otherwise.
OPENED=(java.lang java.util java.nio java.net sun.nio.ch)
JAVA_OPTIONS=(
  "${OPENED[@]/#/--add-opens=java.base/}"
  -Djava.net.preferIPv4Stack=true
  -XX:-UsePerfData # containers of one pod may share /tmp
  "-Dalluxio.home=$ALLUXIO_HOME"
  "-Dalluxio.conf.dir=$ALLUXIO_CONF_DIR"
  "-Dalluxio.logs.dir=$ALLUXIO_LOGS_DIR"
  "-Dalluxio.user.logs.dir=$ALLUXIO_LOGS_DIR"
  "-Dlog4j.configuration=file:$ALLUXIO_CONF_DIR/log4j.properties"
)
JAVA_OPTIONS=("${JAVA_OPTIONS[@]/=java.base\/*/&=ALL-UNNAMED}")
if [[ -n ${ALLUXIO_RAM_FOLDER:-} ]]; then
  JAVA_OPTIONS+=(-Dalluxio.worker.tieredstore.level0.alias=MEM "-Dalluxio.worker.tieredstore.level0.dirs.path=$ALLUXIO_RAM_FOLDER")
fi

# One order for all: the archive of parsed classes, which halves the start, holds for the class path that it was made with.
printf -v CLASSPATH '%s:' "$ALLUXIO_HOME"/assembly/*.jar
ARCHIVE=$ALLUXIO_HOME/assembly/classes.jsa
if [[ -f $ARCHIVE ]]; then JAVA_OPTIONS+=("-XX:SharedArchiveFile=$ARCHIVE"); fi

# run_class <options of its kind> <class> <arguments>: several options may stand in one variable.
# shellcheck disable=SC2086
run_class() {
  local options=$1 class=$2
  shift 2
  # What one container says of its master's name overrules what all of them are told.
  local master=${ALLUXIO_MASTER_HOSTNAME:+-Dalluxio.master.hostname=$ALLUXIO_MASTER_HOSTNAME}
  exec java "${JAVA_OPTIONS[@]}" $ALLUXIO_JAVA_OPTS $master $options -cp "$CLASSPATH" "$class" "$@"
}
