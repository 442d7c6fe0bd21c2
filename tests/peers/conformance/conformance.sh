#!/usr/bin/env bash
# The official MCP conformance suite (npm `@modelcontextprotocol/conformance`) against a running server, for both
# revisions. Only what `LIST-REVISION.yml` names may fail, and what it names must fail.
#
#   conformance.sh http://127.0.0.1:PORT/api/mcp NODE_MODULES [LIST]
#
# The server answers on loopback, and wants no token. It is built with the feature `conformance`, or, where LIST is
# `without-fixtures`, as it is deployed. NODE_MODULES holds the packages of tests/tools/node; `node` is the one of the
# path, 22 or newer.
set -euo pipefail
if (($# < 2 || $# > 3)); then
    echo 'usage: conformance.sh http://127.0.0.1:PORT/api/mcp NODE_MODULES [LIST]' >&2
    exit 2
fi
url=$1
list=${3:-expected-failures}
suite=$2/@modelcontextprotocol/conformance/dist/index.js
here=$(dirname "$0")
log=$(mktemp)
trap 'rm -f "$log"' EXIT

failed=0
for revision in 2025-11-25 2026-07-28; do
    expected=()
    [[ -e $here/$list-$revision.yml ]] && expected=(--expected-failures "$here/$list-$revision.yml")
    echo "== $revision"
    if node "$suite" server --url "$url" --requirements "$revision" "${expected[@]}" >"$log" 2>&1; then
        sed -n '/=== SUMMARY ===/,$p' "$log"
    else
        cat "$log"
        failed=1
    fi
done
exit $failed
