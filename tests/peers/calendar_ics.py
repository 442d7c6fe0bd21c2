"""Invitations, updates and cancellations, also as they are in the mails that bring them, read by another implementation of
iCalendar (PyPI: icalendar).

    calendar_ics.py http://localhost:8080 OWNER-TOKEN
"""

import re
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta

import requests
from icalendar import Calendar

base, token = sys.argv[1:3]
checked = 0
# Looks for a mail, and seconds between them.
PATIENCE, PAUSE = 100, 0.2


def good(method: str, path: str, **more) -> requests.Response:
    url = path if path.startswith("http") else base + path
    answer = requests.request(method, url, timeout=10, **more)
    answer.raise_for_status()
    answer.encoding = "utf-8"
    return answer


def check(name: str, holds: bool, told: object = "") -> None:
    global checked
    checked += 1
    if not holds:
        sys.exit(f"FAILED {name}: {told}")


def event(text: str, method: str):
    calendar = Calendar.from_ical(text)
    check("the version", calendar["VERSION"] == "2.0")
    check("the method", calendar["METHOD"] == method, calendar["METHOD"])
    events = calendar.walk("VEVENT")
    check("one event", len(events) == 1)
    check("nothing is broken", not events[0].errors, events[0].errors)
    return events[0]


def read(link: str, method: str):
    answer = good("GET", f"/api/calendar/links/{link}/invitation.ics")
    check("the type", answer.headers["content-type"] == "text/calendar; charset=utf-8")
    return event(answer.text, method)


def mailed(headers: dict, words: str, method: str):
    """The event in the newest mail with these words: a job sends it, so it may be a moment away."""
    for _ in range(PATIENCE):
        for mail in re.findall(r'href="(/outbox/[^"/]+)"', good("GET", "/outbox", headers=headers).text):
            if words in good("GET", mail, headers=headers).text:
                return event(good("GET", f"{mail}/attachments/0", headers=headers).text, method)
        time.sleep(PAUSE)
    sys.exit(f"FAILED no mail came: {words}")


def approved(headers: dict, kind: str) -> None:
    waiting = good("GET", "/api/crm/follow-ups", headers=headers).json()["followUps"]
    one = next(one for one in waiting if one["content"]["kind"] == kind)
    word = {"decision": "approve", "fingerprint": one["fingerprint"]}
    good("POST", f"/api/crm/contacts/{one['person']}/follow-ups/{one['id']}", headers=headers, json=word)


def main() -> None:
    headers = {"authorization": f"Bearer {token}"}
    # Sooner, its notice may end before it is booked.
    soon = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT00:00:00Z")
    times = good("GET", "/api/calendar/slots", params={"from": soon}).json()
    first, second = times["slots"][0], times["slots"][-1]
    topic = "A role; with \\ commas, and\na line – for you"
    wish = {
        "key": str(uuid.uuid4()), "start": first["start"], "name": 'Zoë "Z" Lee; Northgate, Ltd',
        "email": "zoe@northgate.example", "timeZone": "Europe/London", "topic": topic,
    }
    booked = good("POST", "/api/calendar/bookings", json=wish).json()
    link = booked["link"].rsplit("/", 1)[1]

    one = read(link, "REQUEST")
    start = datetime.fromisoformat(first["start"])
    check("begins", one.start == start, one.start)
    check("lasts", one.end - one.start == timedelta(minutes=times["meeting"]["minutes"]))
    check("is sure", one["STATUS"] == "CONFIRMED")
    check("is new", one["SEQUENCE"] == 0)
    check("says what it is about", topic in one["DESCRIPTION"], one["DESCRIPTION"])
    check("says who comes", one["ATTENDEE"] == "mailto:zoe@northgate.example", one["ATTENDEE"])
    check("by name", one["ATTENDEE"].params["CN"] == "Zoë Z Lee; Northgate, Ltd", one["ATTENDEE"].params)
    check("and who invites", one["ORGANIZER"].startswith("mailto:"))

    told = mailed(headers, "Booked: ", "PUBLISH")
    check("the owner is told of the same", told["UID"] == one["UID"] and told.start == start)
    check("it names the guest", "Zoë" in told["SUMMARY"], told["SUMMARY"])
    approved(headers, "invitation")
    came = mailed(headers, "To zoe@northgate.example", "REQUEST")
    check("the mail brings the same", came["UID"] == one["UID"] and came.start == start and came["SEQUENCE"] == 0)
    check("for the same guest", came["ATTENDEE"] == one["ATTENDEE"])

    good("POST", f"/api/calendar/links/{link}/move", json={"start": second["start"]})
    two = read(link, "REQUEST")
    check("is the same meeting", two["UID"] == one["UID"])
    check("is newer", two["SEQUENCE"] == 1 and two["DTSTAMP"].dt >= one["DTSTAMP"].dt)
    check("has moved", two.start == datetime.fromisoformat(second["start"]))

    feed = good("POST", "/api/calendar/feed", headers=headers).json()["url"]
    listed = Calendar.from_ical(good("GET", feed).text)
    check("the feed is published", listed["METHOD"] == "PUBLISH")
    check("it has the meeting", two["UID"] in [found["UID"] for found in listed.walk("VEVENT")])

    good("POST", f"/api/calendar/links/{link}/cancel", json={})
    three = read(link, "CANCEL")
    check("is cancelled", three["STATUS"] == "CANCELLED" and three["SEQUENCE"] == 2)
    check("is still the same", three["UID"] == one["UID"] and three.start == two.start)
    listed = Calendar.from_ical(good("GET", feed).text)
    check("the feed has it no more", two["UID"] not in [found["UID"] for found in listed.walk("VEVENT")])
    print(f"{checked} checks")


main()
