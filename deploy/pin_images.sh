#!/usr/bin/env bash
# Writes the digests of all images that are not built here beside their tags: `name:tag` becomes `name:tag@sha256:...`.
# From then on a tag that is moved changes nothing. Run it where the registries can be reached, look at the difference,
# commit it; again after a tag was changed by hand.
#   deploy/pin_images.sh        (needs docker with buildx)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

files=(Dockerfile compose.yaml)
mapfile -t images < <(
    sed -nE 's/^(FROM|# syntax=| +image:) *//p' "${files[@]}" | sed -E 's/ +(AS|#).*//; s/@sha256:.*//' | sort -u | grep -v '^unmask:'
)
for image in "${images[@]}"; do
    digest="$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}')"
    [[ "$digest" =~ ^sha256:[0-9a-f]{64}$ ]] || { echo "no digest of $image: $digest" >&2; exit 1; }
    sed -i -E "s|(^FROM *\|^# syntax=\|^ +image: *)${image//./\\.}(@sha256:[0-9a-f]{64})?|\1$image@$digest|" "${files[@]}"
    echo "$image@$digest"
done
