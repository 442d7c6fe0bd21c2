#!/usr/bin/env python3
"""The Twilio simulator against Twilio's own SDK (PyPI `twilio`).

    twilio_sdk.py [--binary target/debug/examples/twilio] [--ours target/debug/examples/twiml] [DOCUMENT.xml ...]

(a) RequestValidator accepts what the simulator signs and refuses it once altered; (b) the official REST client
talks to the simulator's REST API; (c) TwiML documents, the simulator's own, those of our webhooks and those given, use only verbs and
attributes that the SDK can build, and the SDK rebuilds them equal.
"""

import argparse
import base64
import functools
import inspect
import json
import re
import subprocess
import sys
import time
import urllib.request
import wave
import xml.etree.ElementTree as ElementTree
from io import BytesIO

from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import HMAC_SHA256, RequestValidator
from twilio.rest import Client
from twilio.twiml import TwiML, lower_camel
from twilio.twiml import voice_response

passed, failed = 0, 0


def check(name, good, told=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {name} {told}")


# -- (a) signatures


def as_mapping(params):
    """The last value of each name, or all of them as the SDK's multi-dictionaries give them."""

    class Multi(dict):
        def getall(self, name):
            return [value for key, value in params if key == name]

    return Multi(params)


def check_signatures(report, token, algorithm=None):
    validator, other = (RequestValidator(key) for key in (token, token + "x"))
    purposes = set()
    for made in report["exchanges"]:
        name = f'{made["purpose"]} {made["method"]} {made["url"]}'
        url, signature, params = made["url"], made["signature"], as_mapping(made["params"])
        purposes.add(made["purpose"])
        check(f"accepted: {name}", validator.validate(url, params, signature, algorithm))
        check(f"other token: {name}", not other.validate(url, params, signature, algorithm))
        check(f"other URL: {name}", not validator.validate(url + "x", params, signature, algorithm))
        check(f"no signature: {name}", not validator.validate(url, params, "", algorithm))
        for index, (key, value) in enumerate(made["params"]):
            altered = list(made["params"])
            altered[index] = (key, value + "x")
            check(f"altered {key}: {name}", not validator.validate(url, dict(altered), signature, algorithm))
    wanted = {"voice", "action", "status", "stream-status", "recording", "upgrade"}
    check("every kind of request was seen", wanted <= purposes, wanted - purposes)
    upgrade = next(made for made in report["exchanges"] if made["purpose"] == "upgrade")
    check("an upgrade is signed over wss", re.match(r"wss://127\.0\.0\.1:\d+/media/1$", upgrade["url"]))


def check_report(report):
    stream = report["streams"][0]
    check("status", report["status"] == "completed", report["status"])
    check("no faults", report["faults"] == [], report["faults"])
    check("the server closed", stream["ending"] == "ServerClosed", stream["ending"])
    check("a barge-in was cleared", stream["interruptions"][0]["cleared_at"] is not None)
    check("a cleared mark came back", any(mark["cleared"] for mark in stream["ledger"]["marks"]))
    verbs = "Say Start Connect Redirect Say Record Gather Say Hangup".split()
    check("verbs", report["verbs"] == verbs, report["verbs"])


# -- (b) REST


class Rehosted(TwilioHttpClient):
    """Sends what is meant for api.twilio.com to the simulator."""

    def __init__(self, base):
        super().__init__()
        self.base = base

    def request(self, method, uri, *args, **kwargs):
        return super().request(method, uri.replace("https://api.twilio.com", self.base), *args, **kwargs)


def refused(code, status, act):
    try:
        act()
    except TwilioRestException as error:
        check(f"refused with {code}", (error.code, error.status) == (code, status), error)
    else:
        check(f"refused with {code}", False, "it was accepted")


def eventually(name, condition):
    deadline = time.monotonic() + 5
    while not (good := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    check(name, good)


def check_rest(run):
    client = Client(run["account_sid"], run["auth_token"], http_client=Rehosted(run["rest"]))
    number, own = "+14155550100", "+15005550006"
    check_messages(client, number, own)
    check_calls(client, run, number, own)
    check_recordings(client, run, number, own)
    stranger = Client(run["account_sid"], "wrong", http_client=Rehosted(run["rest"]))
    refused(20003, 401, lambda: stranger.messages.create(to=number, from_=own, body="x"))


def check_messages(client, number, own):
    sent = client.messages.create(to=number, from_=own, body="Grüße 👋", status_callback="http://127.0.0.1/s")
    check("message", (sent.sid[:2], len(sent.sid), sent.status) == ("SM", 34, "queued"), sent)
    check("message is kept", client.messages(sent.sid).fetch().body == "Grüße 👋")
    check("message has a date", sent.date_created is not None)
    refused(21617, 400, lambda: client.messages.create(to=number, from_=own, body="x" * 1601))
    refused(21211, 400, lambda: client.messages.create(to="123", from_=own, body="x"))
    refused(21602, 400, lambda: client.messages.create(to=number, from_=own))
    refused(20404, 404, lambda: client.messages("SM" + "0" * 32).fetch())


def check_calls(client, run, number, own):
    call = client.calls.create(to=number, from_=own, url=run["product"] + "/hold")
    check("call", (call.sid[:2], call.status, call.direction) == ("CA", "queued", "outbound-api"), call)
    status = lambda: client.calls(call.sid).fetch().status
    eventually("the call is in progress", lambda: status() == "in-progress")
    client.calls(call.sid).update(twiml="<Response><Pause length='60'/></Response>")
    check("new TwiML leaves it in progress", status() == "in-progress")
    client.calls(call.sid).update(status="completed")
    eventually("the call is completed", lambda: status() == "completed")
    ended = client.calls(call.sid).fetch()
    check("an ended call has times", ended.start_time and ended.end_time and ended.duration is not None)
    refused(21220, 400, lambda: client.calls(call.sid).update(status="completed"))
    redirected = client.calls.create(to=number, from_=own, twiml="<Response><Pause length='60'/></Response>")
    eventually("TwiML runs", lambda: client.calls(redirected.sid).fetch().status == "in-progress")
    client.calls(redirected.sid).update(url=run["product"] + "/bye")
    eventually("new TwiML is followed", lambda: client.calls(redirected.sid).fetch().status == "completed")
    refused(20404, 404, lambda: client.calls("CA" + "0" * 32).fetch())
    refused(20404, 404, lambda: client.calls("CA" + "0" * 32).update(status="completed"))
    refused(21205, 400, lambda: client.calls.create(to=number, from_=own))
    refused(21211, 400, lambda: client.calls.create(to="x", from_=own, url="http://127.0.0.1/"))


def check_recordings(client, run, number, own):
    call = client.calls.create(to=number, from_=own, url=run["product"] + "/hold")
    live = client.calls(call.sid)
    eventually("the recorded call is in progress", lambda: live.fetch().status == "in-progress")
    recording = live.recordings.create(recording_channels="dual")
    check("recording", (recording.sid[:2], recording.status, recording.channels) == ("RE", "in-progress", 2))
    check("paused", live.recordings("Twilio.CURRENT").update("paused").status == "paused")
    check("stopped", live.recordings(recording.sid).update("stopped").status == "stopped")
    check("listed", [one.sid for one in live.recordings.list()] == [recording.sid])
    file = f'{run["rest"]}/2010-04-01/Accounts/{run["account_sid"]}/Recordings/{recording.sid}.wav'
    check("deleted", live.recordings(recording.sid).delete())
    refused(20404, 404, lambda: live.recordings(recording.sid).fetch())
    live.update(status="completed")
    check_audio(run, file.replace(recording.sid, run["report"]["recordings"][0]))


def check_audio(run, file):
    credentials = f'{run["account_sid"]}:{run["auth_token"]}'.encode()
    basic = "Basic " + base64.b64encode(credentials).decode()
    request = urllib.request.Request(file, headers={"Authorization": basic})
    with urllib.request.urlopen(request, timeout=5) as answer, wave.open(BytesIO(answer.read())) as audio:
        seconds = audio.getnframes() / audio.getframerate()
        check("it is stereo at 8 kHz", (audio.getnchannels(), audio.getframerate()) == (2, 8000))
        check("it is as long as the stream", seconds > 1, seconds)


# -- (c) TwiML


@functools.cache
def builders(cls):
    """element name -> (method, attribute names), as the SDK builds children of `cls`."""
    found = {}
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        nested = re.search(r"return self\.nest\(\s*(\w+)\(", inspect.getsource(method))
        if nested and hasattr(voice_response, nested.group(1)):
            keys = [key for key in inspect.signature(method).parameters if key not in ("self", "kwargs")]
            attributes = {lower_camel(TwiML.MAP.get(key, key)): key for key in keys}
            child = getattr(voice_response, nested.group(1))
            found[child().xml().tag if takes_nothing(child) else child("x").xml().tag] = (name, attributes, child)
    return found


def takes_nothing(cls):
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return all(one.default is not one.empty or one.kind is one.VAR_KEYWORD for one in parameters)


def rebuild(source, target):
    """Builds the children of the element `source` below `target` with the SDK."""
    for child in source:
        method, attributes, cls = builders(type(target))[child.tag]
        unknown = set(child.attrib) - set(attributes)
        if unknown:
            raise LookupError(f"<{child.tag}> has no attribute {unknown}")
        values = {attributes[key]: value for key, value in child.attrib.items()}
        text = (child.text or "").strip()
        positional = [text] if text or not takes_nothing(cls) else []
        rebuild(child, getattr(target, method)(*positional, **values))


def canonical(element):
    text = (element.text or "").strip()
    return element.tag, sorted(element.attrib.items()), text, [canonical(child) for child in element]


def check_twiml(name, document):
    try:
        root = ElementTree.fromstring(document)
        response = voice_response.VoiceResponse()
        rebuild(root, response)
        built = ElementTree.fromstring(response.to_xml())
        check(f"TwiML {name}", canonical(built) == canonical(root), response.to_xml())
    except (ElementTree.ParseError, KeyError, LookupError, TypeError) as error:
        check(f"TwiML {name}", False, repr(error))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", help="the built example; otherwise cargo runs it")
    parser.add_argument("--ours", help="the built example that prints what our webhooks answer, a document a line")
    parser.add_argument("documents", nargs="*", help="TwiML files")
    arguments = parser.parse_args()
    cargo = "cargo run --quiet --package sim --example twilio --".split()
    command = [arguments.binary] if arguments.binary else cargo
    with subprocess.Popen([*command, "peer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as simulator:
        run = json.loads(simulator.stdout.readline())
        check_signatures(run["report"], run["auth_token"])
        check_signatures(run["with_a_shared_key"], run["shared_key"], HMAC_SHA256)
        check_report(run["report"])
        check_rest(run)
        simulator.stdin.close()
    for index, document in enumerate(run["report"]["documents"]):
        check_twiml(f"of the simulator, {index}", document)
    if arguments.ours:
        ours = subprocess.run([arguments.ours], check=True, capture_output=True, text=True).stdout.splitlines()
        check("our documents", len(ours) > 11, len(ours))
        for document in ours:
            check_twiml(f"of ours, {document}", document)
    for path in arguments.documents:
        with open(path, encoding="utf-8") as file:
            check_twiml(path, file.read())
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
