#!/usr/bin/env bash
# Makes the secrets that compose.yaml reads from files, each drawn at random; those that are there already stay.
#   deploy/make_secrets.sh [FOLDER]      (default: deploy/secrets, which git ignores)
set -euo pipefail

folder="${1:-"$(dirname "${BASH_SOURCE[0]}")/secrets"}"
# The containers' users are not yours: they read the files through others' permission, the folder keeps people out.
mkdir -p "$folder" && chmod 700 "$folder"

draw() { head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

keep() { # name, text
    [ -s "$folder/$1" ] || printf '%s' "$2" >"$folder/$1"
    chmod 644 "$folder/$1"
}

keep postgres_password "$(draw)"
keep redis_password "$(draw)"
keep storage_key "unmask$(draw | tr -d '_-' | head -c 12)"
keep storage_secret "$(draw)"
[ -s "$folder/signing_key" ] || keep signing_key "$(openssl genpkey -algorithm ed25519)"
keep database_url "postgresql://unmask:$(cat "$folder/postgres_password")@postgres:5432/unmask"
keep broker_url "redis://:$(cat "$folder/redis_password")@redis:6379/0"
echo "secrets are in $folder"
