#!/usr/bin/env bash
# Starts PostgreSQL and Redis on this machine for the service's tests, and installs them on Debian where they are missing,
# and Chromium for the tests of the page. Never fails: tests that find no server or no browser say so and are skipped.
# Leaves running servers as they are.
set -u

POSTGRES_PORT=5432
REDIS_PORT=6379
export DEBIAN_FRONTEND=noninteractive

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

say() { echo "services: $*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif sudo -n true 2>/dev/null; then sudo "$@"; else return 1; fi
}

as_postgres() {
    if [ "$(id -u)" = 0 ]; then su postgres -s /bin/sh -c "$1"; else sudo -n -u postgres sh -c "$1"; fi
}

install() {
    command -v apt-get >/dev/null || return 1
    say "installing $*"
    as_root apt-get -qq -y install "$@" >/dev/null 2>&1 && return
    as_root apt-get -qq update >/dev/null 2>&1 && as_root apt-get -qq -y install "$@" >/dev/null 2>&1
}

start_redis() {
    answers "$REDIS_PORT" && return
    command -v redis-server >/dev/null || install redis-server || return 1
    answers "$REDIS_PORT" && return
    redis-server --daemonize yes --bind 127.0.0.1 --port "$REDIS_PORT" --save "" --appendonly no >/dev/null
}

# The tests make databases of their own as the user postgres, without a password, from this machine only.
trust_loopback() {
    local hba
    hba="$(as_postgres 'psql -qAt -c "show hba_file"' 2>/dev/null)" || return 1
    [ -n "$hba" ] || return 1
    as_root sh -c "grep -q '^# unmask tests' '$hba' || sed -i '1i # unmask tests\nhost all postgres 127.0.0.1/32 trust' '$hba'"
    as_postgres 'psql -qAt -c "select pg_reload_conf()"' >/dev/null 2>&1
}

start_postgres() {
    answers "$POSTGRES_PORT" && return
    command -v pg_ctlcluster >/dev/null || install postgresql || return 1
    answers "$POSTGRES_PORT" && { trust_loopback; return; }
    local version
    version="$(pg_lsclusters -h 2>/dev/null | awk -v port="$POSTGRES_PORT" '$3 == port {print $1; exit}')"
    [ -n "$version" ] || return 1
    as_root pg_ctlcluster --skip-systemctl-redirect "$version" main start || return 1
    for _ in $(seq 100); do answers "$POSTGRES_PORT" && break; sleep 0.1; done
    trust_loopback
}

find_browser() {
    [ -x "${UNMASK_TEST_CHROMIUM:-/usr/bin/chromium}" ] || install chromium
}

start_redis || say "no Redis: tests that need it are skipped"
start_postgres || say "no PostgreSQL: tests that need it are skipped"
find_browser || say "no Chromium: tests of the page are skipped"
exit 0
