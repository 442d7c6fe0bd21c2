#!/usr/bin/env python3
"""A relay on FastAPI and websockets with the architecture of Twilio's public sample for Python: every message
parsed and written anew, one at a time; a mark behind each delta; truncation and `clear` when the caller speaks.

    python.py PORT ws://127.0.0.1:MODEL/v1/realtime?model=m

Its packages are those of requirements.txt beside it.
"""

import asyncio
import base64
import json
import sys

import uvicorn
import websockets
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from websockets.protocol import State

PORT, MODEL = int(sys.argv[1]), sys.argv[2]
MARK = "part"
LOGGED = [
    "error",
    "rate_limits.updated",
    "response.done",
    "session.created",
    "input_audio_buffer.committed",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
]
SESSION = {
    "type": "session.update",
    "session": {
        "type": "realtime",
        "output_modalities": ["audio"],
        "instructions": "Be of help.",
        "audio": {
            "input": {"format": {"type": "audio/pcmu"}, "turn_detection": {"type": "server_vad"}},
            "output": {"format": {"type": "audio/pcmu"}, "voice": "marin"},
        },
    },
}

app = FastAPI()


class Call:
    """Both sockets of a call, and what of the answer was played."""

    def __init__(self, twilio, model):
        self.twilio = twilio
        self.model = model
        self.stream_sid = None
        self.heard_until = 0  # the timestamp of the caller's last frame
        self.spoken_since = None  # the same, when the answer began
        self.item = None
        self.marks = []

    async def from_twilio(self):
        try:
            async for text in self.twilio.iter_text():
                message = json.loads(text)
                if message["event"] == "media" and self.model.state is State.OPEN:
                    self.heard_until = int(message["media"]["timestamp"])
                    append = {"type": "input_audio_buffer.append", "audio": message["media"]["payload"]}
                    await self.model.send(json.dumps(append))
                elif message["event"] == "start":
                    self.stream_sid = message["start"]["streamSid"]
                    self.spoken_since = None
                    self.heard_until = 0
                elif message["event"] == "mark" and self.marks:
                    self.marks.pop(0)
        except WebSocketDisconnect:
            pass
        await self.model.close()

    async def from_model(self):
        async for text in self.model:
            event = json.loads(text)
            if event["type"] in LOGGED:
                print(event["type"], event)
            if event["type"] == "response.output_audio.delta" and event.get("delta"):
                await self.play(event)
            if event["type"] == "input_audio_buffer.speech_started" and self.item:
                await self.interrupt()

    async def play(self, event):
        payload = base64.b64encode(base64.b64decode(event["delta"])).decode()
        media = {"event": "media", "streamSid": self.stream_sid, "media": {"payload": payload}}
        await self.twilio.send_json(media)
        if self.spoken_since is None:
            self.spoken_since = self.heard_until
        if event.get("item_id"):
            self.item = event["item_id"]
        if self.stream_sid:
            mark = {"event": "mark", "streamSid": self.stream_sid, "mark": {"name": MARK}}
            await self.twilio.send_json(mark)
            self.marks.append(MARK)

    async def interrupt(self):
        if not self.marks or self.spoken_since is None:
            return
        truncate = {
            "type": "conversation.item.truncate",
            "item_id": self.item,
            "content_index": 0,
            "audio_end_ms": self.heard_until - self.spoken_since,
        }
        await self.model.send(json.dumps(truncate))
        await self.twilio.send_json({"event": "clear", "streamSid": self.stream_sid})
        self.marks.clear()
        self.item = None
        self.spoken_since = None


@app.websocket("/media/{ticket}")
async def media(twilio: WebSocket):
    await twilio.accept()
    headers = {"Authorization": "Bearer none"}
    async with websockets.connect(MODEL, additional_headers=headers) as model:
        await model.send(json.dumps(SESSION))
        call = Call(twilio, model)
        await asyncio.gather(call.from_twilio(), call.from_model())


uvicorn.run(app, host="127.0.0.1", port=PORT)
