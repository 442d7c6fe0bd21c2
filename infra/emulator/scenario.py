"""What people do with a deployed twin: callers, visitors, hosts and the owner. Every route's function is asked."""

import base64
import hashlib
import hmac
import io
import json
import secrets
import sys
import time
import urllib.parse
import zipfile

from .api import BASE

CALL = "CA" + "1" * 32


def check(what, holds, shown=""):
    print(f"  {'ok  ' if holds else 'FAIL'} {what}")
    if not holds:
        sys.exit(f"{what}: {shown}")


def wait_for(what, attempt, seconds=60):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if result := attempt():
            return result
        time.sleep(0.2)
    sys.exit(f"not within {seconds} s: {what}")


class People:
    def __init__(self, api, account, number, token):
        self.api, self.account, self.number, self.twilio_token = api, account, number, token

    def owner(self, method, path, body=None, headers=None, expected=(200, 201, 204)):
        status, said = self.api.ask(method, path, body, headers=headers, owner=True)
        if status not in expected:
            sys.exit(f"{method} {path}: {status} {said}")
        return said

    def visitor(self, method, path, body=None, expected=(200, 201, 204)):
        status, said = self.api.ask(method, path, body, headers={"origin": BASE})
        if status not in expected:
            sys.exit(f"{method} {path}: {status} {said}")
        return said

    def twilio(self, path, signed=True, **more):
        """A webhook that Twilio's algorithm signed."""
        form = {"AccountSid": self.account, "ApiVersion": "2010-04-01", "CallSid": CALL, "CallStatus": "ringing",
                "Direction": "inbound", "From": "+14155550111", "To": self.number, **more}
        text = BASE + path + "".join(key + form[key] for key in sorted(form))
        made = base64.b64encode(hmac.new(self.twilio_token.encode(), text.encode(), hashlib.sha1).digest()).decode()
        return self.api.ask("POST", path, form=form, headers={"x-twilio-signature": made if signed else "bm90IGl0"})

    def tool(self, path, name, arguments, owner=False):
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
        headers = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25"}
        status, said = self.api.ask("POST", path, body, headers=headers, owner=owner)
        assert status == 200 and "result" in said, (name, status, said)
        return said["result"].get("structuredContent") or {}


def phone(people, table):
    status, _ = people.twilio("/api/phone/webhook", signed=False)
    check("a webhook with a wrong signature is refused", status == 403, status)
    status, twiml = people.twilio("/api/phone/webhook")
    check("a signed webhook is answered with a stream", status == 200 and "<Stream" in twiml, (status, twiml))
    again, _ = people.twilio("/api/phone/webhook")
    check("the same webhook again gets an answer, too", again == 200, again)
    check("the call is in the table", any(CALL in json.dumps(item) for item in table()))
    status, twiml = people.twilio("/api/phone/after-stream", CallStatus="in-progress")
    check("a relay that is not there is a voicemail", status == 200 and "<Record" in twiml, (status, twiml))
    recording = {"RecordingSid": "RE" + "2" * 32, "RecordingDuration": "7",
                 "RecordingUrl": f"https://api.twilio.com/2010-04-01/Accounts/{people.account}/Recordings/RE{'2' * 32}"}
    for path, more in [
        ("/api/phone/fallback", {"ErrorCode": "11200", "ErrorUrl": BASE}),
        ("/api/phone/recording", {"CallStatus": "in-progress", **recording}),
        ("/api/phone/transcription", {"TranscriptionStatus": "completed", "TranscriptionText": "Please ring back.",
                                      **recording}),
        ("/api/phone/status", {"CallStatus": "completed", "CallDuration": "20"}),
    ]:
        status, said = people.twilio(path, **more)
        check(path, status in (200, 204), (status, said))
    for path in ["owner", "answer", "status", "dialled"]:
        status, said = people.twilio(f"/api/phone/transfer/{path}?call={CALL}", CallStatus="completed")
        check(f"/api/phone/transfer/{path} is refused to nobody's transfer or answered", status < 500, (status, said))
    settings = people.owner("GET", "/api/phone/settings")
    people.owner("PUT", "/api/phone/settings", {"version": settings["version"], "settings": settings["settings"]})
    check("the owner reads and saves the phone's settings", True)


def crm(people):
    made = people.owner("POST", "/api/crm/contacts", {"name": "Dana Lee", "email": "dana@northgate.example",
                                                       "company": "Northgate", "tags": ["rust"]})
    other = people.owner("POST", "/api/crm/contacts", {"name": "Dana Lee", "company": "Northgate"})
    dana, other = made["id"], other["id"]
    path = f"/api/crm/contacts/{dana}"

    def edit(path, body, version=1):
        return people.owner("PATCH", path, body, headers={"if-match": f'"{version}"'})

    edit(path, {"role": "CTO"})
    people.owner("PUT", f"{path}/tags/vip")
    people.owner("DELETE", f"{path}/tags/rust")
    note = people.owner("POST", f"{path}/notes", {"text": "likes jazz"})
    edit(f"{path}/notes/{note['id']}", {"text": "likes old jazz"})
    people.owner("DELETE", f"{path}/notes/{note['id']}")
    task = people.owner("POST", f"{path}/tasks", {"title": "ring back", "remindAt": "2030-01-02T10:00:00Z"})
    edit(f"{path}/tasks/{task['id']}", {"done": True})
    role = people.owner("POST", f"{path}/opportunities", {"title": "a role"})
    edit(f"{path}/opportunities/{role['id']}", {"stage": "proposal"})
    for read in ["", "/timeline", "/changes", "/notes", "/tasks", "/opportunities"]:
        people.owner("GET", path + read)
    for read in ["follow-ups", "contacts?q=dana", "merges", "proposals", "conflicts", "tasks", "opportunities",
                 f"merges/{dana}/{other}", "export?format=vcard", "export?format=csv"]:
        people.owner("GET", f"/api/crm/{read}")
    people.owner("POST", f"/api/crm/proposals/{dana}/{other}/dismiss", {}, expected=(200, 204, 404))
    people.owner("POST", "/api/crm/merges", {"survivor": dana, "absorbed": other})
    people.owner("DELETE", f"/api/crm/merges/{other}")
    people.owner("POST", "/api/crm/import", "name,email\nBen Roy,ben@northgate.example\n",
                 headers={"content-type": "text/csv"})
    check("contacts are made, edited, merged, taken apart, imported and exported", True)
    return dana


def mail(people, dana, secret):
    """What mails lead to: an end of them, and the owner's tap on what waits."""
    def link(purpose, claims):
        claims = encoded(json.dumps({**claims, "expires": "2100-01-01T00:00:00Z"}).encode())
        return f"{claims}.{encoded(hmac.new(secret.encode(), purpose + claims.encode(), hashlib.sha256).digest())}"

    def encoded(data):
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    leave = "/unsubscribe?token=" + link(b"omnitwin no more mails v1\0", {"person": dana})
    for one in people.owner("GET", "/api/crm/follow-ups")["followUps"][:1]:
        tap = link(b"omnitwin follow-up tap v1\0", {
            "person": one["person"], "follow_up": one["id"], "fingerprint": one["fingerprint"]})
        shown, _ = people.api.ask("GET", f"/decide?token={tap}")
        done, said = people.api.ask("POST", "/decide", form={"token": tap, "decision": "reject"},
                                    headers={"origin": BASE})
        check("the owner decides with a tap", (shown, done) == (200, 200), (shown, done, said))
    shown, _ = people.api.ask("GET", leave)
    done, said = people.api.ask("POST", leave, form={"List-Unsubscribe": "One-Click"})
    check("one click ends mails", (shown, done) == (200, 200), (shown, done, said))
    status, _ = people.api.ask("POST", "/api/mail/events", {"Type": "Notification"})
    check("what SNS did not sign is refused", status == 400, status)
    people.owner("POST", "/api/crm/follow-ups/stop", {"why": "on holiday"})
    people.owner("POST", "/api/crm/follow-ups/go-on")
    people.owner("POST", "/api/crm/follow-ups/redrive")
    check("the owner stops everything, and goes on", True)


def knowledge(people):
    people.owner("POST", "/api/knowledge/imports",
                 {"kind": "note", "title": "Work", "text": "Alex built a ledger in Rust at Northgate in 2021."})
    people.owner("PUT", "/api/knowledge/files/services.md", "# Services\n\nAlex reviews architectures.\n",
                 headers={"content-type": "text/markdown"})
    export = io.BytesIO()
    with zipfile.ZipFile(export, "w") as archive:
        archive.writestr("Connections.csv", "First Name,Last Name,Company\nKim,Roy,Northgate\n")
    taken = people.owner("PUT", "/api/knowledge/files/export.zip", export.getvalue(),
                         headers={"content-type": "application/octet-stream"})
    check("a connection of the owner's is a contact", taken["connections"]["created"] == 1, taken)
    for read in ["", "/claims", "/search?q=ledger"]:
        people.owner("GET", f"/api/knowledge{read}")
    people.owner("POST", "/api/conversation-flow/response",
                 {"message": "What is the cat of Alex called?", "channel": "chat"})
    gaps = people.owner("GET", "/api/knowledge/gaps")["gaps"]
    check("a question without an answer is a gap", len(gaps) == 1, gaps)
    people.owner("POST", f"/api/knowledge/gaps/{gaps[0]['id']}/answer", {"answer": "The cat is called Byte."})
    people.owner("DELETE", "/api/knowledge/sources?source=services.md")
    check("notes and files are imported, found and removed", True)


def introduced(people, persona):
    people.owner("PUT", "/api/persona", {"version": 0, "persona": persona})
    check("the owner says who they are", True)


def context(people, dana):
    persona = people.owner("GET", "/api/persona")
    people.owner("PUT", "/api/persona", {"version": persona["version"], "persona": persona["persona"]})
    for read in ["/api/persona/history", f"/api/persona?channel=phone&preview={dana}&level=2", "/api/omni-context",
                 f"/api/omni-context/{dana}", f"/api/omni-context/{dana}/brief", f"/api/omni-context/{dana}/timeline",
                 f"/api/omni-context/calls/{CALL}", "/api/audit"]:
        people.owner("GET", read)
    facts = f"/api/omni-context/{dana}/facts"
    fact = people.owner("POST", facts, {"predicate": "works_at", "value": "Northgate"}, expected=(200, 201, 422))
    for fact in people.owner("GET", facts)["facts"][:1]:
        people.owner("PUT", f"{facts}/{fact['id']}", {"version": fact["version"], "edit": "pin"},
                     expected=(200, 409, 422))
    people.owner("POST", "/api/omni-context", {"action": "unifyConversationContext", "channelType": "chat",
                                               "userIdentifier": "dana@northgate.example"}, expected=(200, 404, 422))
    people.owner("POST", f"/api/people/{dana}/consents", {"matter": "mails", "given": True})
    people.owner("GET", f"/api/people/{dana}/consents")
    people.owner("GET", f"/api/people/{dana}/export")
    people.owner("POST", "/api/conversation-flow/intent", {"message": "I would like to hire Alex"})
    check("persona, facts, consents and the conversation flow", True)


def chat(people):
    people.visitor("GET", "/")
    people.visitor("GET", "/chat")
    people.visitor("GET", "/api/chat")
    for number, message in enumerate(["What has Alex done with Rust?", "What is the dog of Alex called?", "Please tell Alex that the ledger is down.",
                                      "I am Sam Reed, my mail is sam@reed.example"]):
        people.visitor("POST", "/api/chat", {"id": f"m{number}", "message": message})
    people.visitor("GET", "/api/chat/m0", expected=(200, 204, 404))
    people.visitor("POST", "/api/chat/m0/stop", {}, expected=(200, 202, 204, 404, 409))
    history = people.visitor("GET", "/api/chat")
    check("a visitor is answered", len(history["turns"]) >= 4, history)
    people.visitor("POST", "/api/chat/callback", {"phone": "+14155552671", "when": "tomorrow"})
    people.visitor("POST", "/api/chat/handoff", {"to": "phone"})
    people.visitor("POST", "/api/chat/handoff", {"to": "mcp"}, expected=(200, 422))
    people.visitor("GET", "/api/chat/documents/none", expected=(404,))
    people.visitor("GET", "/resume.pdf", expected=(200, 404))
    people.visitor("GET", "/api/chat/my-data", expected=(200, 403))
    people.api.cookies.clear()
    people.visitor("POST", "/api/chat", {"id": "n", "message": "hello"})
    people.visitor("POST", "/api/chat/forget", {})
    people.api.cookies.clear()


def voice(people):
    """In the browser, with a simulated model."""
    begun = people.visitor("POST", "/api/voice/token", {"kind": "practice", "job": "Staff engineer"})
    session, sealed = f"/api/voice/sessions/{begun['session']}", {"pass": begun["pass"]}
    people.visitor("POST", f"{session}/tools/take_message",
                   {"call_id": "call_1", "arguments": json.dumps({"message": "Please read my mail."}), **sealed})
    people.visitor("POST", f"{session}/tools/request_callback",
                   {"call_id": "call_2", "arguments": json.dumps({"phone": "+14155550177"}), **sealed})
    turn = {"sequence": 1, "offsetMs": 1000, "speaker": "person", "text": "Please read my mail."}
    people.visitor("POST", f"{session}/events", {"turns": [turn], **sealed})
    people.visitor("POST", f"{session}/close", {"turns": [], "reason": "completed", **sealed})
    people.api.cookies.clear()
    check("a browser's voice has a session, tools and turns", True)

    def to_do():
        open_tasks = people.owner("GET", "/api/crm/tasks")["tasks"]
        return [task for task in open_tasks if task["source"] == "conversation"]

    task = wait_for("the task that came of it", to_do)[0]
    left = people.owner("POST", f"/api/omni-context/{task['person']}/done", {"item": task["title"]})
    check("the owner ticks it off", all(one["id"] != task["id"] for one in to_do()), left)


def outbound(people):
    """Somebody who agreed to be called."""
    made = people.owner("POST", "/api/crm/contacts", {"name": "Ann Other", "phone": "+14155550199"})
    people.owner("POST", f"/api/people/{made['id']}/consents",
                 {"matter": "outbound_calls", "given": True, "quote": "Yes, please call me."})
    dial = people.owner("POST", "/api/phone/calls", {"to": "+14155550199", "purpose": "your interview"},
                        expected=(200, 201, 202))
    people.owner("GET", "/api/phone/calls")
    people.owner("GET", f"/api/phone/calls/{dial['person']}/{dial['id']}")
    check("a call to somebody is planned", True)


def calendar(people, settings):
    """A visitor books, moves and cancels; so does the owner, who keeps another calendar elsewhere."""
    kept = people.owner("GET", "/api/calendar/settings")
    people.owner("PUT", "/api/calendar/settings", {"version": kept["version"], "settings": settings})

    def at(days):
        return time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() + days * 86400))

    def booked():
        week = urllib.parse.urlencode({"from": at(2), "to": at(9)})
        slots = people.visitor("GET", f"/api/calendar/slots?{week}")["slots"]
        wanted = {"key": secrets.token_urlsafe(16), "start": slots[0]["start"], "name": "Kim Wu",
                  "email": "kim@harbour.example", "topic": "A role", "timeZone": "Europe/Berlin"}
        return people.visitor("POST", "/api/calendar/bookings", wanted), slots

    first, slots = booked()
    link = "/api/calendar/links/" + first["link"].rsplit("/", 1)[1]
    people.visitor("GET", link)
    people.visitor("POST", f"{link}/move", {"start": slots[-1]["start"]})
    people.visitor("GET", f"{link}/invitation.ics")
    people.visitor("POST", f"{link}/cancel", {})
    second, _ = booked()
    held = people.owner("GET", "/api/calendar/bookings")["bookings"]
    check("a visitor books, moves and cancels", len(held) == 1, held)
    feed = people.owner("POST", "/api/calendar/feed")
    people.visitor("GET", "/" + next(iter(feed.values())).split("/", 3)[3])
    people.owner("POST", f"/api/calendar/people/{held[0]['person']}/bookings/{held[0]['id']}/cancel", {})
    elsewhere = "/api/calendar/outside"
    # Read when it is added: one that cannot be reached is refused, and nothing is kept.
    people.owner("POST", elsewhere, {"name": "Family", "url": "https://calendar.invalid/family.ics"}, expected=(201, 422))
    for one in people.owner("GET", elsewhere)["calendars"]:
        people.owner("POST", f"{elsewhere}/{one['id']}/read")
        people.owner("DELETE", f"{elsewhere}/{one['id']}")
    people.owner("POST", f"{elsewhere}/connections", {"provider": "google"}, expected=(404, 422))
    check("so does the owner", True)


def analytics(people):
    for read in ["report", "interactions", "today"]:
        people.owner("GET", f"/api/analytics/{read}", expected=(200, 400, 422))
    check("the owner sees how things go", True)


def hosts(people):
    visitor, owner = "/api/mcp", "/api/mcp/owner"
    asked = people.tool(visitor, "ask", {"question": "What has Alex done with Rust?"})
    handle = asked["conversation"]
    for name, arguments in [
        ("get_profile", {}), ("get_availability", {}), ("search", {"query": "ledger"}),
        ("leave_message", {"message": "Hello", "name": "Sam Reed", "conversation": handle}),
        ("book_meeting", {"topic": "A role", "preferred_times": ["Monday"], "name": "Sam Reed",
                          "email": "sam@reed.example", "conversation": handle}),
        ("continue_conversation", {"to": "phone", "phone": "+14155552671", "conversation": handle}),
        ("my_data", {"conversation": handle}),
        ("my_data", {"view": "everything", "conversation": handle}),
        ("continue_conversation", {"code": "not-a-code"}),
    ]:
        people.tool(visitor, name, arguments)
    found = people.tool(visitor, "search", {"query": "ledger"}).get("results") or []
    for document in found[:1]:
        people.tool(visitor, "fetch", {"id": document["id"]})
    for name, arguments in [
        ("daily_brief", {}), ("find_contacts", {"query": "dana"}), ("get_analytics", {}), ("get_persona", {}),
        ("list_follow_ups", {}), ("list_knowledge_gaps", {}), ("list_opportunities", {}),
    ]:
        people.tool(owner, name, arguments, owner=True)
    for contact in (people.tool(owner, "find_contacts", {}, owner=True).get("contacts") or [])[:1]:
        people.tool(owner, "get_contact", {"id": contact["id"]}, owner=True)
    people.tool(visitor, "forget_me", {"conversation": handle, "confirm": True})
    status, client = people.api.ask("POST", "/oauth/register", {"client_name": "A host", "redirect_uris":
                                                                ["http://localhost/callback"]})
    check("a host registers", status == 201, (status, client))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).decode().rstrip("=")
    status, _ = people.api.ask("GET", "/oauth/authorize?response_type=code&code_challenge_method=S256&state=s"
                               f"&client_id={client['client_id']}&redirect_uri=http%3A%2F%2Flocalhost%2Fcallback"
                               f"&code_challenge={challenge}&scope=owner%3Aread"
                               f"&resource=https%3A%2F%2Ftwin.example.com%2Fapi%2Fmcp%2Fowner")
    check("and is told that there is nobody to sign in with", status == 401, status)
    for path in ["token", "revoke"]:
        status, _ = people.api.ask("POST", f"/oauth/{path}", form={
            "grant_type": "refresh_token", "refresh_token": secrets.token_urlsafe(32), "client_id": client["client_id"],
            "token": secrets.token_urlsafe(32)})
        check(f"/oauth/{path} is asked", status in (200, 400, 401), status)
    check("hosts use every tool", True)


def pages(people):
    status, _ = people.api.ask("GET", "/health")
    check("web answers", status in (200, 204), status)
    for path in ["/people", "/openapi.json", "/dashboard", "/dashboard/people", "/dashboard/health"]:
        people.owner("GET", path, expected=(200, 303, 401))
    for person in people.owner("GET", "/api/omni-context")["people"]:
        people.owner("GET", f"/people/{person['id']}")
    people.owner("GET", f"/people/per_1/recordings/RE{'2' * 32}", expected=(404,))
    people.api.ask("POST", "/owner", form={"token": "nobody's"}, headers={"origin": BASE})
    status, _ = people.api.ask("POST", "/owner/sign-out", headers={"origin": BASE, "cookie": "omnitwin_session=nobody's"})
    check("the owner signs out", status == 204, status)


def work(people, dana):
    """What runs by itself: a reminder that is due, and what else there is."""
    due = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
    people.owner("POST", f"/api/crm/contacts/{dana}/tasks", {"title": "ring back", "remindAt": due})
    time.sleep(1.5)
    people.api.invoke("Scheduler", {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event",
                                    "detail": {}})
    check("the schedule's event is taken", True)
    people.api.invoke("KnowledgeRefresh", {"version": "0", "source": "aws.events", "detail": {}})
    check("what is known is read again", True)
    batch = {"Records": [{"messageId": "m-1", "receiptHandle": "r", "body": "not a job", "attributes": {},
                          "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "us-east-1",
                          "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:jobs", "md5OfBody": ""}]}
    said = people.api.invoke("FollowUp", batch)
    failed = [item["itemIdentifier"] for item in (said or {}).get("batchItemFailures", [])]
    check("a job that is none fails alone", failed == ["m-1"], said)
    caller = people.owner("GET", f"/api/omni-context/calls/{CALL}")["person"]
    for person in (dana, caller):
        people.owner("DELETE", f"/api/people/{person}?confirm={person}")
    check("somebody is erased", True)
