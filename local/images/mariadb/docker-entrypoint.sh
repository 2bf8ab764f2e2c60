#!/usr/bin/env bash
# Starts MariaDB; on an empty volume, makes the system tables first. Takes some variables of the usual MariaDB image:
# MARIADB_ROOT_PASSWORD (or MARIADB_ROOT_PASSWORD_FILE, a file to read), MARIADB_ROOT_HOST and MARIADB_AUTO_UPGRADE.
# The user `mysql` of the container is an administrator through the socket, without a password.
#
# The tables grow in $DATADIR/.initialising and move up when all of them are there, the folder `mysql` last. So a volume
# that has this folder is whole, and one whose first start was cut short begins again or carries on with the moving.
set -Eeuo pipefail
shopt -s dotglob nullglob
trap 'exit 143' TERM INT # the first process of a container has no default for these

DATADIR=${DATADIR:-/var/lib/mysql}

say() { printf '%s\n' "entrypoint: $*" >&2; }
fail() { say "$@"; exit 1; }

root_password() {
    [[ -z ${MARIADB_ROOT_PASSWORD:-} || -z ${MARIADB_ROOT_PASSWORD_FILE:-} ]] ||
        fail "MARIADB_ROOT_PASSWORD and MARIADB_ROOT_PASSWORD_FILE are both set: choose one"
    [[ -z ${MARIADB_ROOT_PASSWORD_FILE:-} ]] || MARIADB_ROOT_PASSWORD=$(<"$MARIADB_ROOT_PASSWORD_FILE")
    [[ -n ${MARIADB_ROOT_PASSWORD:-} ]] ||
        fail "MARIADB_ROOT_PASSWORD is not set: give root's password in it, or a file's name in MARIADB_ROOT_PASSWORD_FILE"
}

# Says whether DATADIR holds nothing but what a file system or an unfinished first start puts there.
check_empty() {
    local entry
    for entry in "$DATADIR"/*; do
        case ${entry##*/} in
            lost+found | .initialising) ;;
            *) fail "$DATADIR has ${entry##*/} but no folder mysql: this is no MariaDB data; move it away" ;;
        esac
    done
}

# quoted TEXT: as an SQL string.
quoted() {
    local text=${1//\\/\\\\}
    printf "'%s'" "${text//\'/\'\'}"
}

# initialise DIRECTORY: the system tables, and root with its password for those who come over the network.
initialise() {
    local root accounts
    root="'root'@$(quoted "${MARIADB_ROOT_HOST:-%}")"
    accounts=$(mktemp) # readable by this user alone
    cat > "$accounts" <<SQL
FLUSH PRIVILEGES;
CREATE USER $root IDENTIFIED BY $(quoted "$MARIADB_ROOT_PASSWORD");
GRANT ALL ON *.* TO $root WITH GRANT OPTION;
SQL
    mariadb-install-db --no-defaults --datadir="$1" --auth-root-socket-user=mysql --skip-test-db --force \
        --extra-file="$accounts" > /dev/null
    rm "$accounts"
}

# From an empty or half-made volume to a whole one.
first_start() {
    local new=$DATADIR/.initialising entry
    if [[ ! -e $new/.complete ]]; then
        check_empty
        rm -rf "$new"
        mkdir "$new"
        root_password
        initialise "$new"
        sync
        touch "$new/.complete"
    fi
    for entry in "$new"/*; do
        case ${entry##*/} in mysql | .complete) ;; *) mv "$entry" "$DATADIR/" ;; esac
    done
    mv "$new/mysql" "$DATADIR/"
    say "the system tables are made"
}

# upgrade SERVER_ARGUMENTS...: the system tables of an older server, while nobody is let in but through the socket.
upgrade() {
    local socket server
    socket=$(mktemp -u)
    "$@" --skip-networking --socket="$socket" &
    server=$!
    until mariadb --no-defaults --user=mysql --socket="$socket" --execute="SELECT 1" &> /dev/null; do
        kill -0 "$server" 2> /dev/null || fail "the server does not start on the data of an older version"
        sleep 1
    done
    if mariadb-upgrade --no-defaults --user=mysql --socket="$socket" --check-if-upgrade-is-needed > /dev/null; then
        say "bringing the system tables to this version"
        mariadb-upgrade --no-defaults --user=mysql --socket="$socket"
    fi
    kill "$server"
    wait "$server"
}

[[ ${1:-} != -* ]] || set -- mariadbd "$@"
if [[ ${1:-} == mariadbd && ! " $* " =~ \ (--help|-\?|--version|-V)\  ]]; then
    mkdir -p "$DATADIR"
    if [[ $(id -u) == 0 ]]; then
        find "$DATADIR" \! -user mysql -exec chown mysql: {} +
        exec setpriv --reuid=mysql --regid=mysql --init-groups "${BASH_SOURCE[0]}" "$@"
    fi
    set -- "$@" --datadir="$DATADIR"
    if [[ ! -d $DATADIR/mysql ]]; then
        first_start
    elif [[ -n ${MARIADB_AUTO_UPGRADE:-} ]]; then
        upgrade "$@"
    fi
    rm -rf "$DATADIR/.initialising"
    unset MARIADB_ROOT_PASSWORD MARIADB_ROOT_PASSWORD_FILE
fi
exec "$@"
