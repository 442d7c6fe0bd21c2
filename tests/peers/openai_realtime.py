#!/usr/bin/env python3
"""The Realtime simulator against OpenAI's own client: is what we simulate what the SDK expects?

    pip install "openai[realtime]"
    openai_realtime.py http://127.0.0.1:PORT/v1 API_KEY [--events BINARY]

Holds the recruiter's dialogue through the SDK's realtime connection, by streaming the recorded lines. Every
server event must be one of the SDK's types, with no field missing, wrong or unknown; the order of events, the
function calls and the errors are checked too. BINARY prints what a call of ours tells the model, a line each: each
must be a client event of the SDK's, with no unknown field either. Prints "N passed, N failed".
"""

import asyncio
import base64
import json
import subprocess
import sys
import time
import typing
import urllib.error
import urllib.request
from pathlib import Path

from openai import APIStatusError, AsyncOpenAI, BaseModel
from openai.types.realtime import (
    ClientSecretCreateResponse,
    RealtimeClientEvent,
    RealtimeServerEvent,
    RealtimeSessionCreateResponse,
)

FIXTURES = Path(__file__).resolve().parents[2] / "infra/sim/fixtures"
MODEL = "gpt-realtime-2.1"
FRAME = 160
FASTER_THAN_REAL_TIME = 4
PATIENCE_SECONDS = 15

# The SDK types `session` as what a client may send; a server adds these.
SERVER_ONLY = {"id", "object", "expires_at"}
TYPES: dict[str, type[BaseModel]] = {
    typing.get_args(model.model_fields["type"].annotation)[0]: model
    for model in typing.get_args(typing.get_args(RealtimeServerEvent)[0])
}

CLIENT: dict[str, type[BaseModel]] = {
    typing.get_args(model.model_fields["type"].annotation)[0]: model
    for model in typing.get_args(typing.get_args(RealtimeClientEvent)[0])
}
# What a call has to have told.
AT_LEAST = {"session.update", "input_audio_buffer.append", "conversation.item.create", "conversation.item.truncate",
            "conversation.item.delete", "response.create", "response.cancel"}

# As in the vendor's documentation of a turn with server VAD.
HEARING = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    "response.created",
]
SPEAKING = [
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
]
CALLING = [
    "response.output_item.added",
    "conversation.item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
    "conversation.item.done",
]
ENDING = ["response.done", "rate_limits.updated"]

TOOLS = [
    {
        "type": "function",
        "name": name,
        "description": "A tool of the scenario.",
        "parameters": {"type": "object", "properties": {}},
    }
    for name in ["answer_question", "save_contact", "propose_meeting", "end_call"]
]


class Report:
    passed = failed = 0

    def check(self, what: str, holds: object, detail: object = "") -> None:
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}: {detail}")

    def equal(self, what: str, found: object, expected: object) -> None:
        self.check(what, found == expected, f"found {found!r}, expected {expected!r}")


class Peer:
    """A connection of the SDK that trusts nothing."""

    def __init__(self, connection, report: Report) -> None:
        self.connection = connection
        self.report = report
        self.event_ids: set[str] = set()

    async def receive(self):
        """The next event, strictly parsed."""
        raw = await asyncio.wait_for(self.connection.recv_bytes(), PATIENCE_SECONDS)
        kind = json.loads(raw)["type"]
        self.report.check("known type", kind in TYPES, kind)
        event = TYPES[kind].model_validate_json(raw, strict=True)
        unknown = list(unknown_fields(event, kind))
        self.report.check(f"fields of {kind}", not unknown, unknown)
        parsed = self.connection.parse_event(raw)
        self.report.check(f"the SDK's own parse of {kind}", type(parsed) is TYPES[kind], type(parsed))
        self.report.check("unique event_id", event.event_id not in self.event_ids, event.event_id)
        self.event_ids.add(event.event_id)
        return event

    async def until(self, kind: str, times: int = 1) -> list:
        """All events up to the nth of this type."""
        events = []
        while times:
            events.append(await self.receive())
            times -= events[-1].type == kind
        return events

    async def error(self, what: str, event_id: str | None, code: str | None, message: str = "") -> None:
        """The next event is this error, and it names the client's event."""
        event = await self.receive()
        self.report.equal(what, event.type, "error")
        if event.type == "error":
            found = (event.error.type, event.error.code, event.error.event_id)
            self.report.equal(what, found, ("invalid_request_error", code, event_id))
            self.report.check(what, message in event.error.message, event.error.message)

    async def stream(self, *pieces: bytes) -> None:
        """Sends audio in frames of 20 ms, evenly."""
        audio = b"".join(pieces)
        for start in range(0, len(audio), FRAME):
            frame = base64.b64encode(audio[start : start + FRAME]).decode()
            await self.connection.input_audio_buffer.append(audio=frame)
            await asyncio.sleep(0.02 / FASTER_THAN_REAL_TIME)

    async def say(self, line: str) -> None:
        await self.stream(silence(200), recorded(f"{line}-caller"), silence(700))


def unknown_fields(model: BaseModel, path: str):
    """Fields that the SDK's types do not have, at any depth."""
    allowed = SERVER_ONLY if path.endswith(".session") else set()
    yield from (f"{path}.{name}" for name in set(model.model_extra or {}) - allowed)
    for name in type(model).model_fields:
        value = getattr(model, name)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, BaseModel):
                yield from unknown_fields(part, f"{path}.{name}")


def recorded(name: str) -> bytes:
    return (FIXTURES / "recruiter" / f"{name}.ulaw").read_bytes()


def silence(ms: int) -> bytes:
    return b"\xff" * (8 * ms)


def of_type(events: list, kind: str) -> list:
    return [event for event in events if event.type == kind]


def order(events: list) -> list[str]:
    """The types in order, repeated deltas once, without what is asynchronous."""
    kinds: list[str] = []
    deltas: set[str] = set()
    for kind in (event.type for event in events if "transcription" not in event.type):
        if not kind.endswith(".delta"):
            deltas.clear()
        elif kind in deltas:
            continue
        else:
            deltas.add(kind)
        kinds.append(kind)
    return kinds


def output_audio(events: list) -> bytes:
    return b"".join(base64.b64decode(event.delta) for event in of_type(events, "response.output_audio.delta"))


def ours(binary: str, report: Report) -> None:
    """What our calls tell the model."""
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


async def http_errors(base: str, report: Report) -> None:
    def status(path: str, headers: dict) -> tuple[int, dict]:
        try:
            urllib.request.urlopen(urllib.request.Request(base + path, headers=headers), timeout=5)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error).get("error", {})
        return 200, {}

    code, error = await asyncio.to_thread(status, f"/realtime?model={MODEL}", {})
    report.equal("no key", (code, error.get("type")), (401, "invalid_request_error"))
    code, error = await asyncio.to_thread(status, "/realtime", {"Authorization": "Bearer key"})
    report.equal("no model", (code, error.get("param")), (400, "model"))


async def client_secrets(client: AsyncOpenAI, report: Report) -> None:
    """A secret has the SDK's type, no field more, and the session that was asked for in it."""
    session = {
        "type": "realtime",
        "model": MODEL,
        "instructions": "Be brief.",
        "tools": TOOLS,
        "audio": {"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}}, "output": {"voice": "marin"}},
    }
    lives = {"anchor": "created_at", "seconds": 60}
    raw = await client.realtime.client_secrets.with_raw_response.create(expires_after=lives, session=session)
    secret = ClientSecretCreateResponse.model_validate(raw.http_response.json(), strict=False)
    report.equal("no unknown field of a secret", list(unknown_fields(secret, "secret")), [])
    report.check("an ephemeral key", secret.value.startswith("ek_"), secret.value)
    report.check("it lives a minute", 0 < secret.expires_at - time.time() <= 61, str(secret.expires_at))
    report.equal("its session", (secret.session.model, secret.session.audio.output.voice), (MODEL, "marin"))
    report.equal("its patience", secret.session.audio.input.turn_detection.eagerness, "low")
    for name, wrong in [
        ("too short", {"expires_after": {"anchor": "created_at", "seconds": 5}}),
        ("a beta field", {"session": {"type": "realtime", "modalities": ["audio"]}}),
    ]:
        try:
            await client.realtime.client_secrets.create(**wrong)
            report.check(f"a secret that is {name}", False, "made")
        except APIStatusError as error:
            report.equal(f"a secret that is {name}", error.status_code, 400)
    stranger = AsyncOpenAI(base_url=str(client.base_url), api_key=secret.value, max_retries=0)
    try:
        await stranger.realtime.client_secrets.create(session=session)
        report.check("a secret makes none", False, "made")
    except APIStatusError as error:
        report.equal("a secret makes none", error.status_code, 401)


async def configure(peer: Peer, report: Report) -> None:
    created = await peer.receive()
    report.equal("first event", created.type, "session.created")
    raw_session = created.session.model_dump(mode="json", exclude_unset=True)
    session = RealtimeSessionCreateResponse.model_validate(raw_session, strict=False)
    report.equal("model", session.model, MODEL)
    report.check("session id", session.id.startswith("sess_"), session.id)

    await peer.connection.session.update(
        event_id="bad_format",
        session={"type": "realtime", "audio": {"input": {"format": {"type": "g711_ulaw"}}}},
    )
    await peer.error("a beta format", "bad_format", "invalid_value", "'audio/pcmu'")

    await peer.connection.session.update(
        session={
            "type": "realtime",
            "instructions": "Be brief.",
            "tools": TOOLS,
            "audio": {
                "input": {
                    "format": {"type": "audio/pcmu"},
                    "transcription": {"model": "gpt-transcribe"},
                    "turn_detection": {"type": "server_vad", "silence_duration_ms": 400},
                },
                "output": {"format": {"type": "audio/pcmu"}, "voice": "marin"},
            },
        }
    )
    updated = (await peer.receive()).session
    detection = updated.audio.input.turn_detection
    report.equal("updated", (updated.instructions, len(updated.tools)), ("Be brief.", len(TOOLS)))
    report.equal("merged", (detection.silence_duration_ms, detection.prefix_padding_ms), (400, 300))
    report.equal("format", updated.audio.output.format.type, "audio/pcmu")


async def spoken_answer(peer: Peer, report: Report) -> tuple[str, str]:
    """A turn and an answer in words; the ids of both items."""
    streaming = asyncio.create_task(peer.say("1"))
    events = await peer.until("rate_limits.updated")
    await streaming
    report.equal("order of a turn", order(events), HEARING + SPEAKING + ENDING)

    item_id = of_type(events, "input_audio_buffer.committed")[0].item_id
    started = of_type(events, "input_audio_buffer.speech_started")[0]
    stopped = of_type(events, "input_audio_buffer.speech_stopped")[0]
    report.equal("one item", {started.item_id, stopped.item_id}, {item_id})
    line_ms = len(recorded("1-caller")) // 8
    report.check("start", started.audio_start_ms < 200, started.audio_start_ms)
    report.check("end", 0 < stopped.audio_end_ms - line_ms - 200 < 500, stopped.audio_end_ms)

    transcripts = of_type(events, "conversation.item.input_audio_transcription.completed")
    report.equal("transcribed item", [event.item_id for event in transcripts], [item_id])
    report.check("transcript", transcripts[0].transcript.startswith("Hi, my name is Dana Whitfield"))
    pieces = of_type(events, "conversation.item.input_audio_transcription.delta")
    report.equal("transcript deltas", "".join(event.delta for event in pieces), transcripts[0].transcript)

    report.check("audio", output_audio(events) == recorded("1-1-twin"), len(output_audio(events)))
    said = of_type(events, "response.output_audio_transcript.done")[0].transcript
    words = of_type(events, "response.output_audio_transcript.delta")
    report.equal("words", "".join(event.delta for event in words), said)
    sound = of_type(events, "response.output_audio.delta")
    places = [[events.index(event) for event in deltas] for deltas in (words, sound)]
    report.check("interleaved", places[0][0] < places[1][0] < places[0][-1] < places[1][-1], places)
    done = of_type(events, "response.done")[0].response
    report.equal("status", (done.status, len(done.output)), ("completed", 1))
    report.equal("output", done.output[0].content[0].transcript, said)
    usage = done.usage
    report.equal("usage", usage.total_tokens, usage.input_tokens + usage.output_tokens)
    return item_id, done.output[0].id


async def truncation(peer: Peer, report: Report, heard: str, spoken: str) -> None:
    async def truncate(item_id: str, ms: int) -> str:
        event_id = f"cut_{ms}"
        item = peer.connection.conversation.item
        await item.truncate(item_id=item_id, content_index=0, audio_end_ms=ms, event_id=event_id)
        return event_id

    produced = len(recorded("1-1-twin")) // 8
    too_short = f"Audio content of {produced}ms is already shorter than {produced + 1}ms"
    no_audio = "Only model output audio messages can be truncated"
    await peer.error("beyond", await truncate(spoken, produced + 1), "invalid_value", too_short)
    await peer.error("nothing", await truncate(spoken, 0), "unsupported_content_type", no_audio)
    await peer.error("the caller", await truncate(heard, 100), "unsupported_content_type", no_audio)
    await peer.error("nobody", await truncate("item_0", 100), "item_truncate_invalid_item_id", "item_0")
    await truncate(spoken, 1240)
    truncated = await peer.receive()
    report.equal("truncated", (truncated.type, truncated.audio_end_ms), ("conversation.item.truncated", 1240))
    await peer.connection.conversation.item.retrieve(item_id=spoken)
    item = (await peer.receive()).item
    report.equal("the transcript is gone", item.content[0].transcript, None)


async def function_calls(peer: Peer, report: Report) -> None:
    streaming = asyncio.create_task(peer.say("4"))
    events = await peer.until("rate_limits.updated")
    await streaming
    report.equal("order of calls", order(events), HEARING + CALLING + CALLING + ENDING)
    done = of_type(events, "response.output_item.done")
    for n, (item, name) in enumerate(zip(done, ["save_contact", "propose_meeting"])):
        report.equal("call", (item.item.name, item.item.status), (name, "completed"))
        report.equal("output index", item.output_index, n)
        arguments = of_type(events, "response.function_call_arguments.done")[n].arguments
        report.equal("arguments", json.loads(arguments), json.loads(item.item.arguments))
        await peer.connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": item.item.call_id, "output": "{}"}
        )
        added = await peer.until("conversation.item.done")
        report.equal("output added", order(added), ["conversation.item.added", "conversation.item.done"])

    await peer.connection.conversation.item.create(
        event_id="stray", item={"type": "function_call_output", "call_id": "call_0", "output": "{}"}
    )
    await peer.error("an unknown call", "stray", "invalid_tool_call_id", "call_0")

    await peer.connection.response.create()
    await peer.connection.response.create(event_id="second")
    created = await peer.receive()
    report.equal("first", created.type, "response.created")
    await peer.error("second", "second", "conversation_already_has_active_response", created.response.id)
    events = await peer.until("rate_limits.updated")
    report.equal("order of an answer", order(events), SPEAKING + ENDING)
    report.check("answer", output_audio(events) == recorded("4-2-twin"))


async def interruptions(peer: Peer, report: Report) -> None:
    await peer.connection.response.create(response={"instructions": f'Say: "{"Never mind. " * 40}"'})
    await peer.until("response.output_audio.delta", times=2)
    streaming = asyncio.create_task(peer.say("2"))
    events = await peer.until("response.done", times=2)
    await streaming
    first, second = of_type(events, "response.done")
    details = first.response.status_details
    report.equal("barge-in", (first.response.status, details.reason), ("cancelled", "turn_detected"))
    report.equal("cut item", first.response.output[0].status, "incomplete")
    report.equal("answered by a call", second.response.output[0].name, "answer_question")
    await peer.until("rate_limits.updated")

    await peer.connection.response.cancel(event_id="idle")
    await peer.error("nothing to cancel", "idle", "response_cancel_not_active", "no active response found")
    await peer.connection.response.create()
    await peer.until("response.output_audio.delta")
    await peer.connection.response.cancel()
    done = (await peer.until("response.done"))[-1].response
    report.equal("cancel", (done.status, done.status_details.reason), ("cancelled", "client_cancelled"))
    await peer.until("rate_limits.updated")


async def dictation(peer: Peer, report: Report) -> None:
    text = "This call is answered by a machine."
    await peer.connection.response.create(response={"instructions": f'Say exactly: "{text}"'})
    events = await peer.until("rate_limits.updated")
    said = of_type(events, "response.output_audio_transcript.done")[0].transcript
    report.equal("dictated", said, text)
    report.check("babbled", len(output_audio(events)) > 40 * 8 * len(text), len(output_audio(events)))

    await peer.connection.response.create(
        response={
            "conversation": "none",
            "output_modalities": ["text"],
            "metadata": {"purpose": "aside"},
            "instructions": f'Write: "{text}"',
        }
    )
    events = await peer.until("rate_limits.updated")
    report.equal("aside", of_type(events, "response.output_text.done")[0].text, text)
    report.equal("aside leaves no item", of_type(events, "conversation.item.added"), [])
    report.equal("metadata", events[-2].response.metadata, {"purpose": "aside"})


async def manual_turns(peer: Peer, report: Report) -> None:
    await peer.connection.session.update(
        session={"type": "realtime", "audio": {"input": {"turn_detection": None}}}
    )
    await peer.until("session.updated")
    await peer.connection.input_audio_buffer.clear()
    report.equal("cleared", (await peer.receive()).type, "input_audio_buffer.cleared")
    await peer.connection.input_audio_buffer.commit(event_id="empty")
    await peer.error("empty commit", "empty", "input_audio_buffer_commit_empty", "0.00ms")
    await peer.say("5")
    await peer.connection.input_audio_buffer.commit()
    events = await peer.until("conversation.item.input_audio_transcription.completed")
    report.equal("order of a commit", order(events), HEARING[2:5])
    report.equal("manual transcript", events[-1].transcript, "Perfect, thank you. Goodbye.")
    await peer.connection.response.create()
    events = await peer.until("rate_limits.updated")
    report.equal("words, then a call", order(events)[1:], SPEAKING + CALLING + ENDING)


async def nonsense(peer: Peer, report: Report) -> None:
    await peer.connection.send_raw("{")
    await peer.error("not JSON", None, "invalid_json")
    await peer.connection.send_raw(json.dumps({"type": "response.creat", "event_id": "typo"}))
    await peer.error("unknown type", "typo", "invalid_value", "'response.create'")
    await peer.connection.send_raw(json.dumps({"event_id": "bare"}))
    await peer.error("no type", "bare", "invalid_event")
    await peer.connection.input_audio_buffer.append(audio="?", event_id="noise")
    await peer.error("not base64", "noise", "invalid_value")
    item = peer.connection.conversation.item
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
    await item.create(item={**message, "id": "mine"}, previous_item_id="root")
    added = (await peer.until("conversation.item.done"))[0]
    report.equal("first item", (added.item.id, added.previous_item_id), ("mine", None))
    await item.delete(item_id="mine")
    report.equal("deleted", (await peer.receive()).item_id, "mine")
    await item.delete(item_id="mine", event_id="again")
    await peer.error("deleted twice", "again", "item_delete_invalid_item_id", "mine")


async def main(base: str, key: str, option: str = "", binary: str = "") -> int:
    report = Report()
    if option == "--events":
        ours(binary, report)
    await http_errors(base, report)
    client = AsyncOpenAI(base_url=base, api_key=key)
    await client_secrets(client, report)
    async with client.realtime.connect(model=MODEL) as connection:
        peer = Peer(connection, report)
        try:
            await configure(peer, report)
            heard, spoken = await spoken_answer(peer, report)
            await truncation(peer, report, heard, spoken)
            await function_calls(peer, report)
            await interruptions(peer, report)
            await dictation(peer, report)
            await manual_turns(peer, report)
            await nonsense(peer, report)
        except Exception as error:  # whatever it is, the dialogue ended too early
            report.check("the dialogue goes to its end", False, repr(error))
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 5):
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(*sys.argv[1:])))
