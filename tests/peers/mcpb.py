#!/usr/bin/env python3
"""The `.mcpb` bundle, installed as a host installs it: unpacked and validated by the vendor's own tool (npm
`@anthropic-ai/mcpb`), and the program that its manifest names started with what a person typed into the host's form.

    mcpb.py target/debug/omnitwin http://localhost:8080 OWNER_TOKEN NODE NODE_MODULES
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 60
# What a manifest must have (https://github.com/anthropics/mcpb, MANIFEST.md).
REQUIRED = {"manifest_version": "0.3", "name": "omnitwin"}
PLATFORMS = {"linux", "darwin", "win32"}

passed = failed = 0


def check(what, holds, detail=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {what}: {detail}")


def holds_together(manifest, folder):
    for name, value in REQUIRED.items():
        check(f"the manifest's {name}", manifest.get(name) == value, manifest)
    check("a version", re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"]), manifest["version"])
    check("a description and an author", manifest["description"] and manifest["author"]["name"], manifest)
    check("known platforms", set(manifest["compatibility"]["platforms"]) <= PLATFORMS, manifest["compatibility"])
    entry = folder / manifest["server"]["entry_point"]
    check("the entry point is there, and can be run", entry.is_file() and os.access(entry, os.X_OK), entry)
    named = set(re.findall(r"\$\{user_config\.(\w+)\}", json.dumps(manifest["server"])))
    check("what is asked of a person is what is used", named == set(manifest["user_config"]), named)


def official(node, modules, *arguments):
    command = [node, Path(modules, "@anthropic-ai/mcpb/dist/cli/cli.js"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    check(f"mcpb {arguments[0]}", done.returncode == 0, done.stdout + done.stderr)


def filled(text, folder, typed):
    """As hosts do it: the folder of the bundle, and what was typed."""
    text = text.replace("${__dirname}", str(folder))
    for name, value in typed.items():
        text = text.replace("${user_config.%s}" % name, value)
    return text


def tools(manifest, folder, typed):
    config = manifest["server"]["mcp_config"]
    command = [filled(part, folder, typed) for part in [config["command"], *config["args"]]]
    environment = {name: filled(value, folder, typed) for name, value in config["env"].items()}
    begin = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "host", "version": "1"}}
    messages = [{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": begin},
                {"jsonrpc": "2.0", "method": "notifications/initialized"},
                {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}]
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    done = subprocess.run(command, input=lines, env=os.environ | environment | {"LOG": "error"}, capture_output=True,
                          text=True, timeout=LIMIT)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return [tool["name"] for tool in answers[-1]["result"]["tools"]] if len(answers) == 2 else done


def main(binary, url, token, node, modules):
    with tempfile.TemporaryDirectory() as directory:
        beside = Path(directory, "omnitwin")
        beside.symlink_to(binary)
        built = subprocess.run([sys.executable, ROOT / "infra/mcpb/build", beside], capture_output=True, text=True, check=True)
        packed = built.stdout.strip()
        folder = Path(directory, "installed")
        official(node, modules, "unpack", packed, Path(directory, "unpacked"))
        official(node, modules, "validate", Path(directory, "unpacked", "manifest.json"))
        with zipfile.ZipFile(packed) as bundle:
            check("nothing leaves the folder", all(".." not in name and not name.startswith("/") for name in bundle.namelist()))
            for entry in bundle.infolist():
                path = Path(bundle.extract(entry, folder))
                path.chmod(entry.external_attr >> 16 & 0o777)
        manifest = json.loads((folder / "manifest.json").read_text())
        holds_together(manifest, folder)
        for typed, tool in [({"url": url, "token": ""}, "ask"), ({"url": url, "token": token}, "daily_brief")]:
            names = tools(manifest, folder, typed)
            check(f"{tool} is offered", isinstance(names, list) and tool in names, names)
    print(f"{passed} checks passed" if failed == 0 else f"{failed} of {passed + failed} checks failed")
    sys.exit(failed > 0)


if len(sys.argv) != 6:
    sys.exit(__doc__)
main(Path(sys.argv[1]).resolve(), sys.argv[2].rstrip("/"), *sys.argv[3:])
