#!/usr/bin/env python3
"""`omnitwin mcp` as a program of its own, as hosts start it, with the official client (PyPI `mcp`).

    mcp_stdio.py target/debug/omnitwin http://localhost:8080 OWNER_TOKEN

Against a running system and against a directory of its own, for visitors and for the owner: the client begins, lists,
reads and calls in both eras; and by hand: nothing but messages on standard output, and an end with the input.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

MODERN, LEGACY = "2026-07-28", "2025-11-25"
ENDS_WITHIN = 2.0  # what hosts wait before they kill
LIMIT = 60
QUIET = {"LOG": "error"}

passed = failed = 0


def check(what, holds, detail=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {what}: {detail}")


def equal(what, found, expected):
    check(what, found == expected, f"found {found!r}, expected {expected!r}")


async def speaks(what, binary, arguments, environment, tool, given):
    """Whatever the client does not understand, it raises."""
    server = StdioServerParameters(command=binary, args=arguments, env=QUIET | environment)
    for mode, version in [("auto", MODERN), ("legacy", LEGACY)]:
        async with Client(stdio_client(server), mode=mode) as client:
            equal(f"{what}, {mode}: version", client.protocol_version, version)
            names = [one.name for one in (await client.list_tools()).tools]
            check(f"{what}, {mode}: tools", tool in names, names)
            result = await client.call_tool(tool, given)
            check(f"{what}, {mode}: {tool}", not result.is_error and result.structured_content, result)
            read = await client.read_resource("twin://profile")
            check(f"{what}, {mode}: a resource", "Alex Sample" in read.contents[0].text, read)


def request(number, method, params):
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def by_hand(what, binary, arguments, environment):
    """Messages as lines, some of them not well-formed; then the input ends."""
    begin = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "peer", "version": "1"}}
    messages = [request(1, "initialize", begin), {"jsonrpc": "2.0", "method": "notifications/initialized"},
                request(2, "tools/list", {}), request(3, "tools/dance", {}),
                request("four", "tools/call", {"name": "get_profile", "arguments": {}})]
    lines = "".join(json.dumps(one) + "\n" for one in messages) + "\n"
    process = subprocess.Popen([binary, *arguments], env=os.environ | QUIET | environment, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(lines)
    process.stdin.flush()
    answers = [json.loads(process.stdout.readline()) for _ in range(4)]
    equal(f"{what}: each is answered, in order", [one["id"] for one in answers], [1, 2, 3, "four"])
    equal(f"{what}: the version", answers[0]["result"]["protocolVersion"], LEGACY)
    equal(f"{what}: an unknown method", answers[2]["error"]["code"], -32601)
    check(f"{what}: the profile", answers[3]["result"]["structuredContent"]["sample"], answers[3])
    began = time.monotonic()
    rest, errors = process.communicate(timeout=LIMIT)
    equal(f"{what}: nothing else is on standard output", rest, "")
    equal(f"{what}: it ends well", process.returncode, 0)
    check(f"{what}: it ends before a host kills it", time.monotonic() - began < ENDS_WITHIN, time.monotonic() - began)
    equal(f"{what}: nothing to complain of", errors, "")


def share(binary, directory):
    """Two hosts start it at once, and the one goes on when the other ends."""
    command = [binary, "--data", directory, "mcp"]
    call = json.dumps(request(1, "tools/call", {"name": "get_profile", "arguments": {}})) + "\n"
    both = [subprocess.Popen(command, env=os.environ | QUIET, text=True, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    for rest in [both, both[1:]]:
        for process in rest:
            process.stdin.write(call)
            process.stdin.flush()
        for process in rest:
            answer = json.loads(process.stdout.readline() or "{}")
            check(f"{len(rest)} hosts share it", answer.get("result", {}).get("structuredContent"), answer)
        ended = rest[0].communicate(timeout=LIMIT)
        equal(f"one of {len(rest)} hosts ends", (rest[0].returncode, *ended), (0, "", ""))


def alone(binary, arguments, lines):
    """What a run says to some lines."""
    done = subprocess.run([binary, *arguments], input=lines, capture_output=True, text=True, timeout=LIMIT)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def is_refused(binary, url):
    """What cannot be answered is still a message."""
    hello = json.dumps(request(1, "tools/list", {}))
    code, [lost] = alone(binary, ["mcp", "--url", "http://127.0.0.1:1"], hello)
    check("a system that is not there", code == 0 and "not reached" in lost["error"]["message"], lost)
    code, [broken] = alone(binary, ["mcp", "--url", url], "{no\n")
    check("what is no JSON", code == 0 and broken["error"]["code"] == -32700, broken)
    code, [wrong] = alone(binary, ["mcp", "--url", url, "--token", "guess"], hello)
    check("a token that is none", code == 0 and wrong["id"] == 1 and wrong["error"], wrong)


async def main(binary, url, token):
    ways = [
        ("visitor, elsewhere", ["mcp", "--url", url], {}, "get_profile"),
        ("owner, elsewhere", ["mcp"], {"OMNITWIN_URL": url, "OMNITWIN_TOKEN": token}, "daily_brief"),
    ]
    with tempfile.TemporaryDirectory() as directory:
        local = ["--data", directory, "mcp"]
        ways += [
            ("visitor, here", local, {}, "get_profile"),
            ("owner, here", [*local, "--owner"], {}, "daily_brief"),
        ]
        for what, arguments, environment, tool in ways:
            await speaks(what, binary, arguments, environment, tool, {})
            if tool == "get_profile":
                by_hand(what, binary, arguments, environment)
        for _ in range(2):  # either of them may be the first
            share(binary, directory)
    is_refused(binary, url)


if len(sys.argv) != 4:
    sys.exit(__doc__)
asyncio.run(main(os.path.abspath(sys.argv[1]), sys.argv[2].rstrip("/"), sys.argv[3]))
if failed:
    sys.exit(f"{passed} checks passed, {failed} failed")
print(f"{passed} checks passed")
