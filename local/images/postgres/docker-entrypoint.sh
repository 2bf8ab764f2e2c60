#!/usr/bin/env bash
# Starts PostgreSQL; on an empty volume, makes the cluster first. Takes the variables of the usual PostgreSQL image:
# POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, POSTGRES_INITDB_ARGS (each also as NAME_FILE, a file to read),
# POSTGRES_HOST_AUTH_METHOD and PGDATA, and runs /docker-entrypoint-initdb.d/*.{sh,sql,sql.gz} once, in order.
#
# The new cluster grows in $PGDATA/.initialising and moves up when all of it is there, PG_VERSION last. So a volume
# that has PG_VERSION is whole, and one whose first start was cut short begins again or carries on with the moving.
set -Eeuo pipefail
shopt -s dotglob nullglob
trap 'exit 143' TERM INT # the first process of a container has no default for these

say() { printf '%s\n' "entrypoint: $*" >&2; }
fail() { say "$@"; exit 1; }

# setting NAME [DEFAULT]: exports NAME, from the file in NAME_FILE if that is given.
setting() {
    local name=$1 file=$1_FILE value=${2:-}
    [[ -z ${!name:-} || -z ${!file:-} ]] || fail "$name and $file are both set: choose one"
    if [[ -n ${!name:-} ]]; then value=${!name}; elif [[ -n ${!file:-} ]]; then value=$(<"${!file}"); fi
    export "$name=$value"
    unset "$file"
}

sql() { psql --no-psqlrc --no-password --quiet -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" "$@"; }

# Says whether PGDATA holds nothing but what a file system or an unfinished first start puts there.
check_empty() {
    local entry
    for entry in "$PGDATA"/*; do
        case ${entry##*/} in
            lost+found | .initialising) ;;
            *) fail "$PGDATA has ${entry##*/} but no PG_VERSION: this is no PostgreSQL data; move it away or set PGDATA" ;;
        esac
    done
}

run_scripts() {
    local script
    for script in /docker-entrypoint-initdb.d/*; do
        say "running $script"
        case $script in
            *.sh) if [[ -x $script ]]; then "$script"; else . "$script"; fi ;;
            *.sql) sql --file "$script" ;;
            *.sql.gz) gunzip --stdout "$script" | sql ;;
            *) say "ignoring $script" ;;
        esac
    done
}

# initialise DIRECTORY SERVER_ARGUMENTS...: a whole cluster in the directory, with the user, database and scripts.
initialise() {
    local data=$1 method=${POSTGRES_HOST_AUTH_METHOD:-}
    shift
    if [[ -z $POSTGRES_PASSWORD && $method != trust ]]; then
        fail "POSTGRES_PASSWORD is not set: give the superuser's password in it, or a file's name in POSTGRES_PASSWORD_FILE"
    fi
    [[ $method != trust ]] || say "WARNING: anyone who reaches the port gets in (POSTGRES_HOST_AUTH_METHOD=trust)"
    local arguments=(--pgdata="$data" --username="$POSTGRES_USER")
    eval "arguments+=($POSTGRES_INITDB_ARGS)" # several arguments in one variable, with the shell's quotes
    if [[ -n $POSTGRES_PASSWORD ]]; then
        initdb "${arguments[@]}" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD")
    else
        initdb "${arguments[@]}"
    fi
    printf '\nhost all all all %s\n' "${method:-$(postgres -D "$data" -C password_encryption "${@:2}")}" >> "$data/pg_hba.conf"

    # On its socket only: nobody outside meets the server before its set-up is complete.
    local options
    options=$(printf "%q " "${@:2}" -c listen_addresses= -c "port=${PGPORT:-5432}")
    export PGDATA=$data PGHOST= PGPASSWORD=$POSTGRES_PASSWORD
    pg_ctl --wait --pgdata="$data" --options="$options" start
    trap 'pg_ctl --pgdata="$PGDATA" --mode=immediate stop' EXIT
    if [[ $POSTGRES_DB != postgres ]]; then
        POSTGRES_DB=postgres sql -v name="$POSTGRES_DB" <<< 'CREATE DATABASE :"name"'
    fi
    run_scripts
    trap - EXIT
    pg_ctl --wait --pgdata="$data" --mode=fast stop
}

# first_start SERVER_ARGUMENTS...: from an empty or half-made volume to a whole one.
first_start() {
    local new=$PGDATA/.initialising entry
    if [[ ! -e $new/.complete ]]; then
        check_empty
        rm -rf "$new"
        (initialise "$new" "$@")
        sync
        touch "$new/.complete"
    fi
    for entry in "$new"/*; do
        case ${entry##*/} in PG_VERSION | .complete) ;; *) mv "$entry" "$PGDATA/" ;; esac
    done
    mv "$new/PG_VERSION" "$PGDATA/"
    say "the database is initialised"
}

[[ ${1:-} != -* ]] || set -- postgres "$@"
if [[ ${1:-} == postgres && ! " $* " =~ \ (-\?|--help|--version|-V|--describe-config|-C)\  ]]; then
    mkdir -p -m 0700 "$PGDATA"
    if [[ $(id -u) == 0 ]]; then
        find "$PGDATA" \! -user postgres -exec chown postgres: {} +
        exec setpriv --reuid=postgres --regid=postgres --init-groups "${BASH_SOURCE[0]}" "$@"
    fi
    # A volume's own mode lets the group write, which the server refuses. Where it is another's, the server says so.
    chmod 0700 "$PGDATA" 2> /dev/null || true
    if [[ ! -s $PGDATA/PG_VERSION ]]; then
        setting POSTGRES_USER postgres
        setting POSTGRES_PASSWORD
        setting POSTGRES_DB "$POSTGRES_USER"
        setting POSTGRES_INITDB_ARGS
        first_start "$@"
    fi
    rm -rf "$PGDATA/.initialising"
    unset POSTGRES_PASSWORD POSTGRES_PASSWORD_FILE
fi
exec "$@"
