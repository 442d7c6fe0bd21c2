#!/usr/bin/env bash
# tests/image.sh <relay>: runs the relay as its image does, as nobody's user, without a capability and with nothing that it
# may write to: it answers, and SIGTERM ends it.
set -euo pipefail

relay=$(realpath "$1")
readonly USER_OF_IMAGE=65532 PATIENCE=20
# shellcheck disable=SC2016 # The inner shell has arguments of its own.
inner='
    for at in / /tmp /run /dev/shm "$PWD"; do
        if mountpoint -q "$at"; then mount -o remount,bind,ro "$at"; fi
    done
    if touch /tmp/written 2>/dev/null; then echo "it can write" >&2; exit 1; fi
    exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$0"'
apart=(unshare --user "--map-user=$USER_OF_IMAGE" "--map-group=$USER_OF_IMAGE" --mount --keep-caps bash -ec "$inner")
if ! "${apart[@]}" true; then
    echo "NOT CHECKED: the relay as in its image, because this machine does not let it be set up"
    exit
fi

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
environment=(
    "PATH=$PATH" "PORT=$port" LOG=warn AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
    TABLE_NAME=none JOBS_QUEUE_URL=http://127.0.0.1:1/jobs AWS_ENDPOINT_URL=http://127.0.0.1:1
    PUBLIC_BASE_URL=https://twin.example.com RELAY_BASE_URL=wss://relay.example.com OPENAI_API_KEY=none
    "TICKET_SECRET=$(printf '%064d' 0)" "TWILIO_ACCOUNT_SID=AC$(printf '%032d' 0)" TWILIO_AUTH_TOKEN=none
    TWILIO_PHONE_NUMBER=+14155550100
)
env -i "${environment[@]}" "${apart[@]}" "$relay" &
pid=$!
trap 'kill -KILL "$pid" 2>/dev/null || true' EXIT

curl --silent --fail --retry "$PATIENCE" --retry-delay 1 --retry-connrefused "http://127.0.0.1:$port/relay/ready"
status=$(</proc/"$pid"/status)
for expected in 'NoNewPrivs:[[:space:]]*1' 'CapEff:[[:space:]]*0+$' 'CapBnd:[[:space:]]*0+$'; do
    grep -Eq "$expected" <<<"$status" || { echo "the relay has more rights than in its image: no $expected" >&2; exit 1; }
done
[[ $(awk '{ print $1 }' /proc/"$pid"/uid_map) == "$USER_OF_IMAGE" ]]
grep -q "^USER $USER_OF_IMAGE:$USER_OF_IMAGE$" functions/media-relay/Dockerfile

kill -TERM "$pid"
timeout "$PATIENCE" tail --pid="$pid" --follow /dev/null
wait "$pid"
echo "the relay runs as in its image, and SIGTERM ends it"
