#!/usr/bin/env python3
"""GPT-Live against OpenAI's own client: is what we simulate what the SDK expects, and what we send what it would?

    pip install "openai[realtime]"
    openai_live.py http://127.0.0.1:PORT/v1 API_KEY --events BINARY

Holds the recruiter's dialogue through the SDK's live connection, by streaming the recorded lines: every server event
must be one of the SDK's types, with no field missing, wrong or unknown. BINARY prints what a call of ours tells Live, a
line each: each must be a client event of the SDK's, with no unknown field either. Prints "N passed, N failed".
"""

import asyncio
import base64
import json
import subprocess
import sys
import typing
import urllib.error
import urllib.request
from pathlib import Path

from openai import AsyncOpenAI, BaseModel
from openai.types.live import ClientEvent, ServerEvent

from openai_realtime import FRAME, PATIENCE_SECONDS, TOOLS, Report, recorded, silence, unknown_fields

MODEL = "gpt-live-1"
# Audio of a Live session is heard at the pace of speech.
FRAME_SECONDS = 0.02
AT_LEAST = {"session.start", "session.update", "session.close", "session.commentary.append", "session.thinking.append",
            "session.instructions.append", "session.input_audio.append", "response.item.create", "response.create"}


def types(union: object) -> dict[str, type[BaseModel]]:
    members = typing.get_args(typing.get_args(union)[0])
    return {typing.get_args(model.model_fields["type"].annotation)[0]: model for model in members}


SERVER = types(ServerEvent)
CLIENT = types(ClientEvent)


class Peer:
    """A connection of the SDK that trusts nothing."""

    def __init__(self, connection, report: Report) -> None:
        self.connection = connection
        self.report = report
        self.event_ids: set[str] = set()

    async def receive(self):
        raw = await asyncio.wait_for(self.connection.recv_bytes(), PATIENCE_SECONDS)
        kind = json.loads(raw)["type"]
        self.report.check("known type", kind in SERVER, kind)
        event = SERVER[kind].model_validate_json(raw, strict=True)
        unknown = list(unknown_fields(event, kind))
        self.report.check(f"fields of {kind}", not unknown, unknown)
        self.report.check(f"the SDK's own parse of {kind}", type(self.connection.parse_event(raw)) is SERVER[kind], kind)
        event_id = getattr(event, "event_id", None)
        if event_id is not None:
            self.report.check("unique event_id", event_id not in self.event_ids, event_id)
            self.event_ids.add(event_id)
        return event

    async def until(self, wanted) -> list:
        """All events up to the first that is wanted, by its type or by a test of it; audio goes on all the time."""
        is_it = wanted if callable(wanted) else lambda event: event.type == wanted
        events = [await self.receive()]
        while not is_it(events[-1]):
            events.append(await self.receive())
        return events

    async def error(self, what: str, event_id: str | None, code: str) -> None:
        event = (await self.until("error"))[-1]
        found = (event.error.code, event.error.client_event_id, event.client_event_id)
        self.report.equal(what, found, (code, event_id, event_id))

    async def say(self, line: str) -> None:
        audio = silence(200) + recorded(f"{line}-caller") + silence(700)
        for start in range(0, len(audio), FRAME):
            frame = base64.b64encode(audio[start : start + FRAME]).decode()
            await self.connection.session.input_audio.append(audio=frame)
            await asyncio.sleep(FRAME_SECONDS)


def words(events: list, kind: str) -> str:
    return "".join(event.delta for event in events if event.type == f"session.{kind}_transcript.delta")


def calls(events: list) -> list[dict]:
    items = [event.event["item"] for event in events if event.type == "response.event" and "item" in event.event]
    return [item for item in items if item["type"] == "function_call" and item["status"] == "completed"]


def has_called(event) -> bool:
    return bool(calls([event]))


def is_over(event) -> bool:
    return event.type == "response.event" and event.event["type"] == "response.completed"


async def starts(peer: Peer, report: Report) -> None:
    session = peer.connection.session
    await session.commentary.append(content="Hello.", delegation_id=None, event_id="early")
    await peer.error("nothing goes before the start", "early", "session_not_started")
    config = {
        "model": MODEL,
        "instructions": "Be brief.",
        "audio": {"format": {"type": "audio/pcmu", "rate": 8000}, "output": {"voice": "marin"}},
        "delegation": {"type": "responses", "responses": {"model": "gpt-6-luna", "tools": TOOLS}},
    }
    await session.start(session={**config, "voice": "marin"}, event_id="odd")
    await peer.error("a field that nobody knows", "odd", "unknown_parameter")
    await session.start(session=config, event_id="begin")
    started = await peer.receive()
    report.equal("started", (started.type, started.client_event_id), ("session.started", "begin"))
    report.check("its id", started.session.id.startswith("live_"), started.session.id)
    report.equal("its format", (started.session.audio.format.type, started.session.audio.format.rate), ("audio/pcmu", 8000))


async def commented(peer: Peer, report: Report) -> None:
    text = "This call is answered by a machine."
    await peer.connection.session.commentary.append(content=f'Say exactly: "{text}"', delegation_id=None, event_id="ask_1")
    appended = (await peer.until("session.commentary.appended"))[-1]
    report.equal("appended", appended.client_event_id, "ask_1")
    said = ""
    while said != text:
        event = await peer.receive()
        said += event.delta if event.type == "session.output_transcript.delta" else ""
        report.check("what was to be said", text.startswith(said), said)
    await peer.connection.session.commentary.append(content="word " * 600, delegation_id=None, event_id="long")
    await peer.error("too much at once", "long", "string_above_max_length")


async def delegated(peer: Peer, report: Report) -> None:
    saying = asyncio.create_task(peer.say("2"))
    events = await peer.until(has_called)
    await saying
    report.equal("what was heard", words(events, "input"), "Sorry, quick question. Has he worked with Rust in production?")
    report.check("a delegation", any(event.type == "session.delegation.created" for event in events))
    [item] = calls(events)
    report.equal("the call", item["name"], "answer_question")
    await peer.until(is_over)
    await peer.connection.response.create(event_id="soon")
    await peer.error("not before it has an output", "soon", "missing_tool_output")
    output = {"type": "function_call_output", "call_id": item["call_id"], "output": "{}"}
    await peer.connection.response.item.create(item=output)
    await peer.connection.response.create()
    said = ""
    while "payments ledger." not in said:
        event = await peer.receive()
        said += event.delta if event.type == "session.output_transcript.delta" else ""
    report.check("its answer", said.startswith("Yes. He runs Rust services"), said)


async def changed(peer: Peer, report: Report) -> None:
    session = peer.connection.session
    delegation = {"type": "responses", "responses": {"instructions": "Be thorough.", "tools": TOOLS[:1]}}
    await session.update(session={"delegation": delegation})
    updated = (await peer.until("session.updated"))[-1]
    report.equal("changed", updated.session.delegation.responses.instructions, "Be thorough.")
    await session.thinking.append(content="The owner is busy.", delegation_id=None)
    await peer.until("session.thinking.appended")
    await session.instructions.append(content="Speak slowly.", delegation_id=None)
    await peer.until("session.instructions.appended")
    await session.close(event_id="end")
    closed = (await peer.until("session.closed"))[-1]
    report.equal("closed", (closed.reason, closed.client_event_id), ("close_requested", "end"))
    report.check("how long", closed.usage.seconds > 1, closed.usage.seconds)


def http_errors(base: str, report: Report) -> None:
    def status(path: str, headers: dict) -> int:
        try:
            urllib.request.urlopen(urllib.request.Request(base + path, headers=headers), timeout=5)
        except urllib.error.HTTPError as error:
            return error.code
        return 200

    report.equal("no key", status("/live/sessions", {}), 401)
    report.equal("the model is not in the address", status(f"/live/sessions?model={MODEL}", {"Authorization": "Bearer key"}), 400)


def ours(binary: str, report: Report) -> None:
    """What our calls tell Live."""
    lines = subprocess.run([binary], check=True, capture_output=True, text=True).stdout.splitlines()
    kinds = set()
    for line in lines:
        kind = json.loads(line)["type"]
        kinds.add(kind)
        report.check("a client event of the SDK's", kind in CLIENT, kind)
        event = CLIENT[kind].model_validate_json(line, strict=True)
        unknown = list(unknown_fields(event, kind))
        report.check(f"our fields of {kind}", not unknown, unknown)
    report.equal("all that we send", AT_LEAST - kinds, set())


async def main(base: str, key: str, binary: str) -> int:
    report = Report()
    ours(binary, report)
    await asyncio.to_thread(http_errors, base, report)
    client = AsyncOpenAI(base_url=base, api_key=key)
    async with client.live.connect() as connection:
        peer = Peer(connection, report)
        try:
            await starts(peer, report)
            await commented(peer, report)
            await delegated(peer, report)
            await changed(peer, report)
        except Exception as error:  # whatever it is, the dialogue ended too early
            report.check("the dialogue goes to its end", False, repr(error))
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 5 or sys.argv[3] != "--events":
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[4])))
