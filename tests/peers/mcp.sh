#!/usr/bin/env bash
# The twin's MCP surfaces against the official clients: Python, TypeScript 1 and 2, and the Inspector.
#
#   mcp.sh http://localhost:PORT/api/mcp OWNER_TOKEN VENV NODE_MODULES
#
# VENV has the packages of tests/tools/requirements.txt, NODE_MODULES those of tests/tools/node. A run leaves contacts
# and questions behind: give it a stack of its own.
set -euo pipefail
if (($# != 4)); then
    echo 'usage: mcp.sh URL OWNER_TOKEN VENV NODE_MODULES' >&2
    exit 2
fi
url=$1 token=$2 venv=$3 modules=$4
here=$(dirname "$0")

echo "mcp, python"
"$venv/bin/python" "$here/mcp_python.py" "$url" "$token"
echo "mcp, typescript and inspector"
NODE_PATH=$modules "$venv/bin/node" "$here/mcp_clients.mjs" "$url" "$token"
