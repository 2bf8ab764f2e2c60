#!/usr/bin/env bash
# entrypoint.sh <role> [options]: starts what its role names, as upstream's entrypoint does. Formats the journal or the
# cache at each start unless told --no-format.
set -e
cd /opt/alluxio

# Values may name other variables or commands, which the shell that reads this file resolves.
IN_A_FILE=(CLASSPATH HOSTNAME JARS RAM_FOLDER)
IN_A_FILE+=({,MASTER_,JOB_MASTER_,WORKER_,JOB_WORKER_,PROXY_,FUSE_,USER_}JAVA_OPTS)
if [[ -z ${ALLUXIO_WORKER_TIEREDSTORE_LEVEL0_DIRS_PATH:-} ]]; then
  export ALLUXIO_RAM_FOLDER=${ALLUXIO_RAM_FOLDER:-/dev/shm}
fi
for name in "${IN_A_FILE[@]/#/ALLUXIO_}"; do
  if [[ -n ${!name:-} ]]; then echo "export $name=\"${!name}\""; fi
done > conf/alluxio-env.sh

formatted() {
  if [[ $2 != --no-format ]]; then bin/alluxio "$1"; fi
}

# Two servers in one container: the first to end takes the other one with it.
both() {
  trap 'kill $(jobs -p)' EXIT TERM INT
  for server in "$@"; do bin/launch-process "$server" & done
  wait -n
}

role=$1 option=$2
case $role in
master) formatted formatMaster "$option" && both job_master master ;;
master-only) formatted formatMaster "$option" && exec bin/launch-process master ;;
worker) formatted formatWorker "$option" && both job_worker worker ;;
worker-only) formatted formatWorker "$option" && exec bin/launch-process worker ;;
job-master | job-worker | proxy) exec bin/launch-process "${role/-/_}" ;;
fuse)
  shift
  options=()
  if [[ $1 == --fuse-opts=* ]]; then options=(-o "${1#*=}") && shift; fi
  point=${1:-${MOUNT_POINT:-/mnt/alluxio-fuse}}
  # A mount that an earlier container left behind answers nobody.
  umount --lazy "$point" 2> /dev/null || true
  mkdir -p "$point"
  exec integration/fuse/bin/alluxio-fuse mount -n "${options[@]}" "$point" "${2:-/}"
  ;;
*) echo "'$role' is not a role: see the cases of $0" >&2 && exit 1 ;;
esac
