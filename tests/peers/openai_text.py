#!/usr/bin/env python3
"""The simulated text endpoints against OpenAI's own client (PyPI `openai`).

    openai_text.py [--binary target/debug/examples/openai]

Starts the simulator itself. `/v1/responses` plain, parsed into pydantic models and streamed, a round trip of a
tool, `/v1/embeddings` as floats and base64, `/v1/audio/transcriptions`, and the SDK's errors and retries. Every response, event, list of
embeddings and transcription must be of the SDK's types, with no field missing, wrong or unknown. Prints a line for each check, then
"N passed, N failed".
"""

import argparse
import base64
import json
import pathlib
import struct
import subprocess
import sys
import typing
import urllib.request
from enum import Enum

import openai
import pydantic
from openai import OpenAI
from openai.types import CreateEmbeddingResponse
from openai.types.audio import Transcription
from openai.types.responses import Response, ResponseStreamEvent

KEY = "sk-simulated-0123456789"
MODEL = "gpt-6-luna"
EMBEDDER = "text-embedding-3-small"

TYPES: dict[str, type[pydantic.BaseModel]] = {
    typing.get_args(model.model_fields["type"].annotation)[0]: model
    for model in typing.get_args(typing.get_args(ResponseStreamEvent)[0])
}

# The API answers it, and the SDK's type has no such field.
SERVER_ONLY = {"store"}

PASSAGES = """Answer from these passages, and cite them:
[1] The office is in Berlin, at the river.
[2] A day of consulting costs 900 euros."""

MESSAGE = ["response.output_item.added", "response.content_part.added", "response.output_text.delta",
           "response.output_text.done", "response.content_part.done", "response.output_item.done"]
REFUSAL = [kind.replace("output_text", "refusal") for kind in MESSAGE]
CALL = ["response.output_item.added", "response.function_call_arguments.delta",
        "response.function_call_arguments.done", "response.output_item.done"]
OPENING = ["response.created", "response.in_progress"]


class Report:
    passed = failed = 0

    def check(self, what: str, holds: object, detail: object = "") -> None:
        if holds:
            self.passed += 1
            print(f"ok     {what}")
        else:
            self.failed += 1
            print(f"FAILED {what}: {detail}")

    def equal(self, what: str, found: object, expected: object) -> None:
        self.check(what, found == expected, f"found {found!r}, expected {expected!r}")

    def raises(self, what: str, error: type[Exception], call: typing.Callable) -> typing.Any:
        """The error, which is just of this class."""
        try:
            found = call()
        except Exception as raised:
            self.check(what, type(raised) is error, repr(raised))
            return raised
        self.check(what, False, f"nothing raised, but {found!r}")
        return None


class Simulator:
    """Plans what happens, through the example's `/sim`."""

    def __init__(self, base: str) -> None:
        self.control = base.removesuffix("/v1") + "/sim"

    def plan(self, **order) -> None:
        body = json.dumps(order).encode()
        headers = {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(self.control, body, headers), timeout=5).close()

    def say(self, **order) -> None:
        self.plan(say=order)

    def misbehave(self, fault: str, at: str = "responses", **order) -> None:
        self.plan(misbehave={"at": at, "fault": fault, **order})

    def asked(self) -> list[dict]:
        with urllib.request.urlopen(self.control, timeout=5) as answer:
            return json.load(answer)


class Topic(str, Enum):
    press = "press"
    consulting = "consulting"
    other = "other"


class Action(pydantic.BaseModel):
    what: str
    due: str | None


class Summary(pydantic.BaseModel):
    summary: str
    caller_name: str | None
    company: str | None
    topic: Topic
    urgent: bool
    minutes: int = pydantic.Field(ge=1)
    meetings: list[Action]


def unknown_fields(model: pydantic.BaseModel, path: str):
    """Fields that the SDK's types do not have, at any depth."""
    allowed = SERVER_ONLY if isinstance(model, Response) else set()
    yield from (f"{path}.{name}" for name in set(model.model_extra or {}) - allowed)
    for name in type(model).model_fields:
        value = getattr(model, name)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, pydantic.BaseModel):
                yield from unknown_fields(part, f"{path}.{name}")


def strictly(report: Report, what: str, model: type[pydantic.BaseModel], raw: str | bytes):
    """Parsed with nothing coerced and nothing left over."""
    try:
        parsed = model.model_validate_json(raw, strict=True)
    except pydantic.ValidationError as error:
        report.check(what, False, error)
        return None
    unknown = list(unknown_fields(parsed, model.__name__))
    report.check(what, not unknown, unknown)
    return parsed


def sse(text: str) -> list[tuple[str, str]]:
    """Name and data of each event."""
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), data.removeprefix("data: ")) for name, data in blocks]


def kinds(events) -> list[str]:
    """The types in order, repeated ones once."""
    types = [event.type for event in events]
    return [kind for n, kind in enumerate(types) if n == 0 or types[n - 1] != kind]


def plain(client: OpenAI, report: Report) -> None:
    raw = client.responses.with_raw_response.create(
        model=MODEL,
        instructions=PASSAGES,
        input=[{"role": "user", "content": [{"type": "input_text", "text": "What does a consulting day cost?"}]}],
        reasoning={"effort": "low"},
        max_output_tokens=800,
        store=False,
        safety_identifier="somebody",
        metadata={"purpose": "answer"},
    )
    response = strictly(report, "a response is of the SDK's type", Response, raw.text)
    report.equal("the best passage, cited", raw.parse().output_text, "A day of consulting costs 900 euros. [2]")
    report.equal("reasoning, then words", [item.type for item in response.output], ["reasoning", "message"])
    report.equal("repeated", (response.metadata, response.store), ({"purpose": "answer"}, False))
    usage = response.usage
    report.equal("usage adds up", usage.total_tokens, usage.input_tokens + usage.output_tokens)
    report.check("reasoning is counted", usage.output_tokens_details.reasoning_tokens > 0)
    report.check("request id", raw.headers["x-request-id"].startswith("req_"), raw.headers)
    limits = [f"x-ratelimit-{what}-{of}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")]
    report.check("rate-limit headers", all(name in raw.headers for name in limits), raw.headers)
    lost = client.responses.create(model=MODEL, instructions=PASSAGES, input="Who is the king?")
    report.equal("nothing is made up", lost.output_text, "I do not know.")


def parsed(client: OpenAI, simulator: Simulator, report: Report) -> None:
    said = "Hello. My name is Dana Whitfield. I would like a consulting meeting next week."
    summary = client.responses.parse(model=MODEL, input=said, text_format=Summary).output_parsed
    expected = Summary(summary="Hello.", caller_name="Dana Whitfield", company=None, topic=Topic.consulting,
                       urgent=False, minutes=1, meetings=[Action(what="Hello.", due=None)])
    report.equal("a model filled in", summary, expected)
    scripted = expected.model_copy(update={"summary": "Scripted."}).model_dump(mode="json")
    simulator.say(format="Summary", input="quarterly", json=scripted, times=1)
    again = client.responses.parse(model=MODEL, input="The quarterly call", text_format=Summary)
    report.equal("a scripted document", again.output_parsed.summary, "Scripted.")
    simulator.misbehave("refusal", text="I cannot help with that.")
    refused = client.responses.parse(model=MODEL, input=said, text_format=Summary)
    report.equal("a refusal", refused.output[0].content[0].refusal, "I cannot help with that.")
    simulator.misbehave("invalid_json")
    report.raises("invalid JSON", pydantic.ValidationError,
                  lambda: client.responses.parse(model=MODEL, input=said, text_format=Summary))


def streamed(client: OpenAI, simulator: Simulator, report: Report) -> None:
    question = {"model": MODEL, "instructions": PASSAGES, "input": "Where is the office?"}
    raw = client.responses.with_raw_response.create(**question, stream=True)
    events = sse(raw.http_response.read().decode())
    models = []
    for name, data in events:
        kind = json.loads(data)["type"]
        models.append(strictly(Quiet(report), f"an event {kind} is of its type", TYPES[kind], data))
        Quiet(report).equal("the event's name", name, kind)
    report.equal("order of a message", kinds(models), OPENING + MESSAGE + ["response.completed"])
    report.equal("sequence numbers", [event.sequence_number for event in models], list(range(len(models))))
    with client.responses.stream(**question) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    report.equal("the SDK's own stream", final.output_text, "The office is in Berlin, at the river. [1]")
    report.check("deltas make up the text", len(deltas) > 3 and "".join(deltas) == final.output_text, deltas)
    with client.responses.stream(model=MODEL, input="I am from the press.", text_format=Summary) as stream:
        document = stream.get_final_response().output_parsed
    report.equal("a streamed document", document.topic, Topic.press)

    def last(**changes):
        events = list(client.responses.create(**{**question, **changes}, stream=True))
        return kinds(events), events[-1]

    simulator.misbehave("refusal")
    report.equal("order of a refusal", last()[0], OPENING + REFUSAL + ["response.completed"])
    simulator.misbehave("incomplete")
    order, event = last()
    report.equal("order of what is cut", order, OPENING + MESSAGE + ["response.incomplete"])
    report.equal("why it is cut", event.response.incomplete_details.reason, "max_output_tokens")
    simulator.misbehave("failed", text="The model fell asleep.")
    order, event = last()
    report.equal("order of a failure", order, OPENING + ["response.failed"])
    report.equal("why it failed", event.response.error.message, "The model fell asleep.")
    simulator.misbehave("stream_stops", n=5)
    report.check("a stream that stops has no end", last()[1].type == "response.output_text.delta")
    simulator.misbehave("truncated")
    report.raises("a stream that breaks", openai.APIConnectionError, last)
    simulator.misbehave("stream_stalls", n=3)
    report.raises("a stream that stalls", openai.APITimeoutError, lambda: last(timeout=0.3))


class Quiet:
    """Reports only what fails: for checks of each single event."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def check(self, what: str, holds: object, detail: object = "") -> None:
        if holds:
            self.report.passed += 1
        else:
            self.report.check(what, holds, detail)

    def equal(self, what: str, found: object, expected: object) -> None:
        self.check(what, found == expected, f"found {found!r}, expected {expected!r}")


TOOL = {
    "type": "function",
    "name": "save_contact",
    "description": "Remembers how to reach somebody.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"email": {"type": "string"}, "phone": {"type": ["string", "null"]}},
        "required": ["email", "phone"],
        "additionalProperties": False,
    },
}


def tools(client: OpenAI, simulator: Simulator, report: Report) -> None:
    wish = "Please save my contact: dana@northgate.example"
    first = client.responses.create(model=MODEL, input=wish, tools=[TOOL])
    call = first.output[0]
    report.equal("a call", (call.type, call.name, call.status), ("function_call", "save_contact", "completed"))
    report.equal("its arguments", json.loads(call.arguments), {"email": "dana@northgate.example", "phone": None})
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "Saved."}
    conversation = [{"role": "user", "content": wish}, *first.output, output]
    report.equal("the round trip", client.responses.create(model=MODEL, input=conversation, tools=[TOOL]).output_text,
                 "Saved.")
    followed = client.responses.create(model=MODEL, input=[output], tools=[TOOL], previous_response_id=first.id)
    report.equal("by previous_response_id", followed.output_text, "Saved.")
    events = list(client.responses.create(model=MODEL, input=wish, tools=[TOOL], stream=True))
    report.equal("order of a call", kinds(events), OPENING + CALL + ["response.completed"])
    simulator.say(input="mail me", call={"name": "save_contact", "arguments": {"email": "a@b.example"}})
    scripted = client.responses.create(model=MODEL, input="Mail me!", tools=[TOOL]).output[0]
    report.equal("a scripted call", json.loads(scripted.arguments), {"email": "a@b.example"})
    forced = client.responses.create(model=MODEL, input="Hi", tools=[TOOL], tool_choice="required").output[0]
    report.equal("a call that is asked for", forced.type, "function_call")
    error = report.raises("a call without its output", openai.BadRequestError,
                          lambda: client.responses.create(model=MODEL, input=conversation[:-1]))
    report.check("what it says", "No tool output found" in error.message, error.message)


def embeddings(client: OpenAI, simulator: Simulator, report: Report) -> None:
    texts = ["What does a day of consulting cost?", "Consulting costs 900 euros a day.", "The moon is far away."]

    def near(one, other) -> float:
        return sum(a * b for a, b in zip(one.embedding, other.embedding))

    raw = client.embeddings.with_raw_response.create(model=EMBEDDER, input=texts, encoding_format="float")
    strictly(report, "embeddings are of the SDK's type", CreateEmbeddingResponse, raw.text)
    floats = raw.parse()
    report.equal("indices", [one.index for one in floats.data], [0, 1, 2])
    report.equal("dimensions", {len(one.embedding) for one in floats.data}, {1536})
    report.check("unit length", all(abs(near(one, one) - 1) < 1e-4 for one in floats.data))
    question, answer, moon = floats.data
    report.check("similar texts are near", near(question, answer) > near(question, moon) + 0.2,
                 (near(question, answer), near(question, moon)))
    report.equal("usage", floats.usage.prompt_tokens, sum(-(-len(text) // 4) for text in texts))
    decoded = client.embeddings.create(model=EMBEDDER, input=texts)
    report.equal("the SDK asks for base64", simulator.asked()[-1]["body"]["encoding_format"], "base64")
    same = all(abs(a - b) < 1e-6 for one, other in zip(decoded.data, floats.data)
               for a, b in zip(one.embedding, other.embedding))
    report.check("base64 is the same", same)
    encoded = client.embeddings.create(model=EMBEDDER, input=texts[0], encoding_format="base64", dimensions=256)
    vector = struct.unpack("<256f", base64.b64decode(encoded.data[0].embedding))
    report.check("fewer dimensions, as base64", abs(sum(value * value for value in vector) - 1) < 1e-4)
    for what, error, change in [
        ("an empty text", openai.BadRequestError, {"input": ""}),
        ("too many texts", openai.BadRequestError, {"input": ["a"] * 2049}),
        ("too long a text", openai.BadRequestError, {"input": "word " * 8000}),
        ("too many dimensions", openai.BadRequestError, {"dimensions": 2000}),
        ("an unknown model", openai.NotFoundError, {"model": MODEL}),
    ]:
        body = {"model": EMBEDDER, "input": "Hello", **change}
        report.raises(what, error, lambda: client.embeddings.create(**body))
    simulator.misbehave("status", at="embeddings", n=500)
    report.raises("a server error", openai.InternalServerError, lambda: client.embeddings.create(model=EMBEDDER, input="a"))


def errors(client: OpenAI, simulator: Simulator, report: Report) -> None:
    def ask(by: OpenAI = client, **changes):
        return by.responses.create(**{"model": MODEL, "input": "Hello", **changes})

    stranger = client.with_options(api_key="sk-wrong-0123456789-0123456789")
    error = report.raises("a wrong key", openai.AuthenticationError, lambda: ask(stranger))
    report.equal("its code", (error.code, error.type), ("invalid_api_key", "invalid_request_error"))
    report.check("the key is not repeated", "0123456789-0123" not in error.message, error.message)
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": [], "additionalProperties": False}

    def strict(**changes):
        return {"format": {"type": "json_schema", "name": "n", "strict": True, "schema": {**schema, **changes}}}

    unknown = [{"role": "tool", "content": "Hello"}]
    for what, change, param, code in [
        ("no model", {"model": None}, "model", "missing_required_parameter"),
        ("no input", {"input": openai.omit}, "input", "missing_required_parameter"),
        ("an empty input", {"input": ""}, "input", "empty_string"),
        ("an unknown role", {"input": unknown}, "input[0]", "invalid_value"),
        ("an optional property", {"text": strict()}, "text.format.schema", "invalid_json_schema"),
        ("an open object", {"text": strict(required=["a"], additionalProperties=True)}, "text.format.schema",
         "invalid_json_schema"),
        ("an unknown parameter", {"extra_body": {"max_tokens": 5}}, "max_tokens", "unknown_parameter"),
        ("too few tokens", {"max_output_tokens": 1}, "max_output_tokens", "integer_below_min_value"),
        ("an unknown response", {"previous_response_id": "resp_0"}, "previous_response_id",
         "previous_response_not_found"),
    ]:
        error = report.raises(what, openai.BadRequestError, lambda: ask(**change))
        report.equal(f"{what}: code", (error.type, error.param, error.code), ("invalid_request_error", param, code))
    simulator.misbehave("rate_limited", n=1500)
    error = report.raises("a rate limit", openai.RateLimitError, ask)
    wait = (error.response.headers["retry-after-ms"], error.response.headers["retry-after"])
    report.equal("when to come back", (error.code, *wait), ("rate_limit_exceeded", "1500", "2"))
    for fault, status in [("rate_limited", 30), ("status", 503), ("status", 500)]:
        simulator.misbehave(fault, n=status)
    before = len(simulator.asked())
    report.equal("three retries", ask(client.with_options(max_retries=3)).output_text, "I do not know.")
    tries = simulator.asked()[before:]
    report.equal("what was tried", [one["status"] for one in tries], [429, 503, 500, 200])
    report.equal("retries are counted", [dict(one["headers"])["x-stainless-retry-count"] for one in tries], list("0123"))
    report.check("no key is remembered", KEY not in json.dumps(tries))
    simulator.misbehave("status", n=503)
    report.raises("overloaded", openai.InternalServerError, ask)
    simulator.misbehave("reset")
    report.raises("a reset", openai.APIConnectionError, ask)
    simulator.misbehave("truncated")
    cut = report.raises("half a body", openai.APIConnectionError, ask)
    report.check("a cut body is no timeout", not isinstance(cut, openai.APITimeoutError), repr(cut))
    simulator.misbehave("slow_first_byte", n=5000)
    report.raises("a slow answer", openai.APITimeoutError, lambda: ask(timeout=0.3))
    simulator.misbehave("failed", text="The model fell asleep.")
    failed = ask()
    report.equal("a failed response", (failed.status, failed.error.message), ("failed", "The model fell asleep."))
    simulator.misbehave("incomplete")
    report.equal("an incomplete response", ask().incomplete_details.reason, "max_output_tokens")
    report.equal("all faults are used up", ask().status, "completed")


def transcriptions(client: OpenAI, report: Report) -> None:
    fixtures = pathlib.Path(__file__).parents[2] / "infra/sim/fixtures"
    rows = (row.split("\t") for row in (fixtures / "manifest.tsv").read_text().splitlines())
    name, text = next(row for row in rows if row[0].startswith("recruiter/") and "-caller" in row[0])
    sound = (fixtures / name).read_bytes()
    head = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36 + len(sound), b"WAVEfmt ", 16, 7, 1, 8000, 8000, 1, 8, b"data",
                       len(sound))

    def ask(file: bytes, **change):
        body = {"model": "gpt-transcribe", "response_format": "json", "include": ["logprobs"], **change}
        return client.audio.transcriptions.with_raw_response.create(file=("said.wav", file), **body)

    raw = ask(head + sound)
    strictly(report, "a transcription is of the SDK's type", Transcription, raw.text)
    heard = raw.parse()
    report.equal("what was said", heard.text, text)
    report.check("how sure it is", all(token.logprob <= 0 for token in heard.logprobs), heard.logprobs)
    silence = ask(head + b"\xff" * len(sound)).parse()
    report.equal("silence", silence.text, "")
    report.raises("a file of another kind", openai.BadRequestError, lambda: ask(b"OggS"))


def main(binary: str) -> int:
    report = Report()
    process = subprocess.Popen([binary, "0", KEY], stdout=subprocess.PIPE, text=True)
    try:
        base = process.stdout.readline().strip()
        client, simulator = OpenAI(base_url=base, api_key=KEY, max_retries=0), Simulator(base)
        plain(client, report)
        parsed(client, simulator, report)
        streamed(client, simulator, report)
        tools(client, simulator, report)
        embeddings(client, simulator, report)
        transcriptions(client, report)
        errors(client, simulator, report)
    except Exception as error:  # whatever it is, the checks ended too early
        report.check("the checks go to their end", False, repr(error))
    finally:
        process.kill()
        process.wait()
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/debug/examples/openai")
    sys.exit(main(parser.parse_args().binary))
