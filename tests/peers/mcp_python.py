#!/usr/bin/env python3
"""The twin's MCP surfaces against the official client (PyPI `mcp`).

    mcp_python.py http://localhost:8080/api/mcp OWNER_TOKEN

As a host of 2026-07-28 (it discovers) and as an older one (it initializes): a visitor's tools, resources, prompts,
completions, errors and questions back, and the owner's tools behind their token. The client holds every structured
result against the tool's schema by itself; what it warns about fails, too. Prints what differs, then "N checks passed".
"""

import asyncio
import base64
import json
import logging
import sys
import uuid
import warnings
from contextlib import asynccontextmanager

import httpx2
from jsonschema import Draft202012Validator
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitResult, PromptReference, ResourceTemplateReference

MODERN, LEGACY = "2026-07-28", "2025-11-25"
INVALID_PARAMS, NOT_FOUND = -32602, -32002
VISITOR = ["ask", "search", "fetch", "get_profile", "get_availability", "book_meeting", "change_meeting", "leave_message",
           "continue_conversation", "verify_me", "my_data", "forget_me"]
OWNER = ["daily_brief", "find_contacts", "get_contact", "list_opportunities", "list_follow_ups", "decide_follow_up",
         "list_knowledge_gaps", "answer_knowledge_gap", "get_persona", "update_persona", "get_analytics",
         "place_call"]
READING = {"search", "fetch", "get_profile", "get_availability", "my_data"}
MEETING = {"topic": "a storage engine", "preferred_times": ["Tuesday 10:00 CET"]}
DOCUMENT = "twin://documents/{id}"


class Report(logging.Handler):
    """Counts checks, and whatever the client logs as a warning."""

    passed = failed = 0

    def check(self, what, holds, detail=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}: {detail}")

    def equal(self, what, found, expected):
        self.check(what, found == expected, f"found {found!r}, expected {expected!r}")

    async def refused(self, what, codes, awaitable):
        try:
            found = await awaitable
        except MCPError as error:
            self.check(what, error.code in codes, repr(error))
        else:
            self.check(what, False, f"no error, but {found!r}")

    def emit(self, record):
        self.check("the client has nothing to warn of", False, record.getMessage())


report = Report(logging.WARNING)
# A name that no earlier run has left.
run = uuid.uuid4().hex[:8]


class Person:
    """Whoever sits at the host: answers what is asked."""

    def __init__(self, name=None):
        self.name = name
        self.asked = []

    async def __call__(self, _context, params):
        self.asked.append(params)
        if self.name is None:
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content={"name": self.name, "email": f"{run}@muster.example"})


@asynccontextmanager
async def owner(url, token, mode):
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
        async with Client(streamable_http_client(f"{url}/owner", http_client=http), mode=mode) as client:
            yield client


async def done(client, tool, **arguments):
    """The structured result of a call that succeeds; its text says the same, or the same in words."""
    result = await client.call_tool(tool, arguments)
    text = result.content[0].text if result.content else ""
    report.check(f"{tool} succeeds", not result.is_error and text, result)
    return result.structured_content or {}


async def wrong(client, what, error, tool, **arguments):
    """What a call tells that fails: in the text, and nothing else in the structure if there is one."""
    result = await client.call_tool(tool, arguments)
    told = json.loads(result.content[0].text) if result.is_error else {}
    report.check(what, told.get("error") == error, result)
    report.check(f"{what}: structure", result.structured_content in (None, told), result)
    return told


async def check_tools(client, wanted):
    tools = (await client.list_tools()).tools
    report.equal("tools", [tool.name for tool in tools], wanted)
    for tool in tools:
        for name, schema in [("input", tool.input_schema), ("output", tool.output_schema)]:
            Draft202012Validator.check_schema(schema)
            report.equal(f"{name} of {tool.name}", schema.get("type"), "object")
            for key, value in schema.get("properties", {}).items():
                if isinstance(value, dict) and "default" in value:
                    fits = Draft202012Validator({**value, "$defs": schema.get("$defs", {})}).is_valid(value["default"])
                    report.check(f"the default of {tool.name}'s {key} is of its type", fits, value)
        report.check(f"{tool.name} is described", tool.title and tool.description, tool)
        if wanted is VISITOR:
            report.equal(f"{tool.name} only reads", tool.annotations.read_only_hint, tool.name in READING)
    return tools


async def check_asking(client):
    first = await done(client, "ask", question="What has Alex done with Rust?")
    report.check("it is known", first["known"] and "Rust" in first["answer"], first)
    report.check("it is cited", first["citations"] and "[1]" in first["answer"], first)
    report.check("a citation has a title and a quote", first["citations"][0]["title"] and first["citations"][0]["quote"])
    handle = first["conversation"]
    second = await done(client, "ask", question="And with payments?", conversation=handle)
    report.equal("the thread is kept", second["conversation"], handle)
    unknown = await done(client, "ask", question=f"Which saxophone does Alex play, model {run}?", conversation=handle)
    report.check("what nothing supports is not known", not unknown["known"] and not unknown["citations"], unknown)
    link = await done(client, "continue_conversation", to="chat", conversation=handle)
    taken = await done(client, "continue_conversation", code=link["url"])
    turns = [turn["text"] for turn in taken["turns"]]
    report.check("a link takes the conversation along", "What has Alex done with Rust?" in turns, taken)
    await wrong(client, "a link works once", "not_found", "continue_conversation", code=link["url"])
    about = await done(client, "my_data", conversation=handle)
    report.equal("nobody in particular", about["level"], 0)


async def check_reading(client):
    found = (await done(client, "search", query="Rust storage"))["results"]
    report.check("search finds", found and all(one["id"] and one["url"] and one["text"] for one in found), found)
    document = await done(client, "fetch", id=found[0]["id"])
    report.equal("fetch gives what search named", document["title"], found[0]["title"])
    profile = await done(client, "get_profile")
    report.check("the profile is of the sample", profile["sample"] and profile["name"] == "Alex Sample", profile)
    report.equal("all projects are told", len(profile["projects"]), profile["total"])
    report.check("availability has sources", all(it["source"] for it in (await done(client, "get_availability"))["statements"]))

    resources = (await client.list_resources()).resources
    uris = [str(resource.uri) for resource in resources]
    report.check("resources", {"twin://profile", "twin://resume", "ui://omnitwin/handoff"} <= set(uris), uris)
    for resource in resources:
        contents = (await client.read_resource(str(resource.uri))).contents
        report.check(f"{resource.uri} has text or bytes", getattr(contents[0], "text", "") or contents[0].blob, contents)
        report.equal(f"the type of {resource.uri}", contents[0].mime_type, resource.mime_type)
    file = (await client.read_resource("twin://resume.pdf")).contents[0]
    report.check("the résumé is a PDF", base64.b64decode(file.blob).startswith(b"%PDF"), file.mime_type)
    read = await client.read_resource("twin://profile")
    same = json.loads(read.contents[0].text)
    report.equal("the profile is the same as a resource", same, {key: profile[key] for key in same})
    templates = (await client.list_resource_templates()).resource_templates
    report.equal("templates", [one.uri_template for one in templates], [DOCUMENT, "twin://projects/{id}"])
    ids = (await client.complete(ResourceTemplateReference(uri=DOCUMENT), {"name": "id", "value": ""})).completion
    report.check("an id is completed", found[0]["id"] in ids.values, ids)
    begun = (await client.complete(ResourceTemplateReference(uri=DOCUMENT), {"name": "id", "value": ids.values[0][:6]}))
    report.equal("by what is there", begun.completion.values[:1], ids.values[:1])
    text = (await client.read_resource(DOCUMENT.replace("{id}", found[0]["id"]))).contents[0].text
    report.check("a document by template", text.startswith(f"# {document['title']}"), text[:80])


async def check_prompts(client):
    prompts = (await client.list_prompts()).prompts
    report.equal("prompts", len(prompts), 4)
    got = await client.get_prompt("technical_deep_dive", {"topic": "Rust"})
    text = got.messages[0].content.text
    report.check("a prompt is filled in", "Alex Sample has done with Rust" in text and "{" not in text, text)
    code = 'println!("{project} {owner}");'
    quoted = (await client.get_prompt("code_review_discussion", {"code": code})).messages[0].content.text
    report.check("what is given to a prompt stays as it is", code in quoted, quoted)
    ref = PromptReference(name="technical_deep_dive")
    topics = (await client.complete(ref, {"name": "topic", "value": "ru"})).completion.values
    report.equal("a prompt's argument is completed", topics, ["Rust"])
    await report.refused("an unknown prompt", [INVALID_PARAMS], client.get_prompt("nothing"))
    await report.refused("a prompt without its argument", [INVALID_PARAMS], client.get_prompt("project_planning"))


async def check_errors(client):
    await wrong(client, "an unknown argument", "invalid_arguments", "search", query="Rust", colour="red")
    await wrong(client, "an argument of another type", "invalid_arguments", "search", query=7)
    await wrong(client, "no argument", "invalid_arguments", "ask")
    await wrong(client, "an empty question", "invalid_arguments", "ask", question=" ")
    await wrong(client, "an unknown document", "not_found", "fetch", id="nothing")
    await wrong(client, "an unknown conversation", "not_found", "ask", question="Hello?", conversation="nothing")
    await report.refused("an unknown tool", [INVALID_PARAMS], client.call_tool("nothing", {}))
    await report.refused("an owner's tool", [INVALID_PARAMS], client.call_tool("daily_brief", {}))
    expected = [INVALID_PARAMS if client.protocol_version == MODERN else NOT_FOUND]
    for uri in ["twin://nothing", "twin://contacts/nobody/timeline"]:
        await report.refused(uri, expected, client.read_resource(uri))


async def check_meeting(url, mode):
    """Who can be asked is asked what is missing; all others are told."""
    answering, declining = Person(f"Meeting {mode} {run}"), Person()
    async with Client(url, mode=mode, elicitation_callback=answering) as client:
        if client.protocol_version == MODERN:
            noted = await done(client, "book_meeting", **MEETING)
            report.check("a meeting is noted after asking", noted["noted"] and noted["conversation"], noted)
            report.equal("what was asked", [it.requested_schema["required"] for it in answering.asked], [["name", "email"]])
            async with Client(url, mode=mode, elicitation_callback=declining) as other:
                await wrong(other, "whoever declines", "declined", "book_meeting", **MEETING)
        else:
            told = await wrong(client, "an older host", "input_required", "book_meeting", **MEETING)
            report.equal("what is missing", told["missing"], ["name", "email"])
            report.equal("nobody was asked", answering.asked, [])
    async with Client(url, mode=mode) as client:
        told = await wrong(client, "a host that cannot ask", "input_required", "book_meeting", **MEETING)
        report.equal("what is missing", told["missing"], ["name", "email"])
        given = await done(client, "book_meeting", **MEETING, name=f"Given {mode} {run}", email="given@muster.example")
        report.check("a meeting is noted at once", given["noted"], given)


async def check_message(client, mode):
    message = {"message": "Please write.", "name": f"Message {mode} {run}", "email": "robin@muster.example",
               "idempotency_key": str(uuid.uuid4())}
    first = await done(client, "leave_message", **message)
    again = await done(client, "leave_message", **message, conversation=first["conversation"])
    report.equal("the same key in the conversation", again, first)
    lost = await done(client, "leave_message", **message)
    report.equal("the same key after a lost answer", lost, first)
    other = message | {"message": "Please call."}
    await wrong(client, "the same key for something else", "idempotency_key_used", "leave_message", **other)


async def check_owner(url, token, mode):
    async with owner(url, token, mode) as client:
        await check_tools(client, OWNER)
        brief = await done(client, "daily_brief")
        metrics = {metric["key"]: metric["now"] for metric in brief["summary"]["metrics"]}
        report.check("conversations of today", metrics["conversations"]["value"] > 0, brief)
        names = ["Message", "Given"] + ["Meeting"] * (client.protocol_version == MODERN)
        for name in names:
            found = (await done(client, "find_contacts", query=f"{name} {mode} {run}"))["contacts"]
            report.equal(f"{name}: one contact", [one["name"] for one in found], [f"{name} {mode} {run}"])
        timeline = await done(client, "get_contact", id=found[0]["id"])
        uri = f"twin://contacts/{found[0]['id']}/timeline"
        read = json.loads((await client.read_resource(uri)).contents[0].text)
        report.equal("the timeline is the same as a resource", read["conversations"], timeline["conversations"])
        follow_ups = await done(client, "list_follow_ups")
        report.check("follow-ups", len(follow_ups["follow_ups"]) <= follow_ups["total"], follow_ups)
        gaps = (await done(client, "list_knowledge_gaps"))["gaps"]
        asked = [question for gap in gaps for question in [gap["question"], *gap["examples"]]]
        report.check("what was not known is a gap", any(run in question for question in asked), gaps)
        await check_persona(client)
        await done(client, "get_analytics")
        await wrong(client, "an unknown contact", "not_found", "get_contact", id="nobody")
        prompt = await client.get_prompt("call_prep", {"contact": found[0]["id"]})
        report.check("the owner's prompt", found[0]["id"] in prompt.messages[0].content.text, prompt)


async def check_persona(client):
    """Nothing is changed without a yes, and nothing that somebody else has changed meanwhile."""
    shown = await done(client, "get_persona")
    core = shown["persona"]["core"]
    changes = {"version": shown["version"], "changes": {"core": {"title": core["title"] + "."}}}
    told = await wrong(client, "unasked", "input_required", "update_persona", **changes)
    report.equal("a yes is missing", told["missing"], ["confirm"])
    saved = await done(client, "update_persona", **changes, confirm=True)
    report.equal("what was changed", [one["field"] for one in saved["changed"]], ["core.title"])
    stale = await wrong(client, "an older version", "conflict", "update_persona", **changes, confirm=True)
    report.equal("the version there is", stale["version"], saved["version"])
    back = {"version": saved["version"], "changes": {"core": {"title": core["title"]}}, "confirm": True}
    report.equal("as before", (await done(client, "update_persona", **back))["persona"], shown["persona"])


async def check_refusals(url):
    """The owner's surface, without the token or with another: by hand, since the client tells no status."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accept = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": LEGACY}
    async with httpx2.AsyncClient() as http:
        for what, more in [("no token", {}), ("another token", {"Authorization": "Bearer nothing"})]:
            response = await http.post(f"{url}/owner", json=body, headers=accept | more)
            challenge = response.headers.get("www-authenticate", "")
            report.equal(f"{what}: status", response.status_code, 401)
            report.check(f"{what}: where to sign in", "resource_metadata=" in challenge, challenge)


async def main(url, token):
    for mode, version in [("auto", MODERN), ("legacy", LEGACY)]:
        async with Client(url, mode=mode) as client:
            report.equal("version", client.protocol_version, version)
            report.equal("server", client.server_info.name, "omnitwin")
            report.check("instructions say that it is an AI", "AI assistant" in client.instructions, client.instructions)
            await check_tools(client, VISITOR)
            await check_asking(client)
            await check_reading(client)
            await check_prompts(client)
            await check_errors(client)
            await check_message(client, mode)
        await check_meeting(url, mode)
        await check_owner(url, token, mode)
    await check_refusals(url)


if len(sys.argv) != 3:
    sys.exit(__doc__)
logging.getLogger().addHandler(report)
warnings.simplefilter("error")
asyncio.run(main(sys.argv[1].rstrip("/"), sys.argv[2]))
if report.failed:
    sys.exit(f"{report.passed} checks passed, {report.failed} failed")
print(f"{report.passed} checks passed")
