#!/usr/bin/env bash
# The official MCP conformance suite (npm `@modelcontextprotocol/conformance`) against a running server, for both
# revisions. Only what `expected-failures-REVISION.yml` lists may fail, and what it lists must fail.
#
#   conformance.sh http://127.0.0.1:PORT/api/mcp NODE_MODULES
#
# The server is built with the feature `conformance`, answers on loopback, and wants no token. NODE_MODULES holds the
# packages of tests/tools/node; `node` is the one of the path, 22 or newer.
set -euo pipefail
if (($# != 2)); then
    echo 'usage: conformance.sh http://127.0.0.1:PORT/api/mcp NODE_MODULES' >&2
    exit 2
fi
url=$1
suite=$2/@modelcontextprotocol/conformance/dist/index.js
here=$(dirname "$0")
log=$(mktemp)
trap 'rm -f "$log"' EXIT

failed=0
for revision in 2025-11-25 2026-07-28; do
    expected=()
    [[ -e $here/expected-failures-$revision.yml ]] &&
        expected=(--expected-failures "$here/expected-failures-$revision.yml")
    echo "== $revision"
    if node "$suite" server --url "$url" --requirements "$revision" "${expected[@]}" >"$log" 2>&1; then
        sed -n '/=== SUMMARY ===/,$p' "$log"
    else
        cat "$log"
        failed=1
    fi
done
exit $failed
