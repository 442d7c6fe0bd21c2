// What was said, in the order in which it was said: events of the model in, lines and turns out. Knows no page, no
// connection and no clock: times are milliseconds since the conversation began.

// How fast the assistant is taken to speak, where only the time is known that it was heard for.
const CHARACTERS_A_SECOND = 15;
// What was interrupted is cut by an event of its own, a moment later.
const CUT_WITHIN_MS = 800;
// What a person said is written down by then, or not at all.
const WRITTEN_WITHIN_MS = 8000;
const LONGEST_TEXT = 1000;

export class Said {
  #lines = [];
  #byItem = new Map();
  #told = 0;

  /** The line that an event has changed; null if it changed none. */
  take(event, now) {
    return this.#takes[event.type]?.(event, now) ?? null;
  }

  /** What is final and was not given yet, as turns: in order, up to the first line that may still change. */
  turns(now) {
    const turns = [];
    for (; this.#told < this.#lines.length; this.#told += 1) {
      const line = this.#lines[this.#told];
      if (now < line.finalAt) break;
      const turn = asTurn(line, this.#told + 1);
      if (turn) turns.push(turn);
    }
    return turns;
  }

  /** Everything that was not given yet: the conversation is over. */
  rest(now) {
    for (const line of this.#lines.slice(this.#told)) {
      if (line.finalAt === Infinity && line.speaker === "twin") this.#cut(line, heardFor(line, now), now);
      line.finalAt = 0;
    }
    return this.turns(now);
  }

  #line(item, speaker, now, known = {}) {
    const found = this.#byItem.get(item);
    if (found) return found;
    const line = {
      item, speaker, text: "", interrupted: false, dropped: false, offsetMs: Math.round(now), startedAt: null,
      finalAt: Infinity, response: null, ...known,
    };
    this.#byItem.set(item, line);
    this.#lines.push(line);
    return line;
  }

  #of(response) {
    return this.#lines.filter((line) => line.response === response && line.finalAt === Infinity);
  }

  /** Of a line only so many milliseconds were heard. */
  #cut(line, ms, now) {
    line.interrupted = true;
    line.finalAt = Math.min(line.finalAt, now);
    const most = Math.floor((ms / 1000) * CHARACTERS_A_SECOND);
    if (most < line.text.length) line.text = line.text.slice(0, most).replace(/\s*\S*$/, "");
    line.dropped = line.text === "";
    return line;
  }

  #written(item, now, change) {
    const line = this.#line(item, "person", now);
    change(line);
    return line;
  }

  #takes = {
    "input_audio_buffer.speech_started": ({ item_id: item }, now) => this.#line(item, "person", now),
    "input_audio_buffer.committed": ({ item_id: item }, now) =>
      this.#written(item, now, (line) => (line.finalAt = now + WRITTEN_WITHIN_MS)),
    "conversation.item.input_audio_transcription.delta": ({ item_id: item, delta }, now) =>
      this.#written(item, now, (line) => (line.text += delta ?? "")),
    "conversation.item.input_audio_transcription.completed": ({ item_id: item, transcript }, now) =>
      this.#written(item, now, (line) => {
        line.text = transcript.trim();
        line.dropped = line.text === "";
        line.finalAt = now;
      }),
    "conversation.item.input_audio_transcription.failed": ({ item_id: item }, now) =>
      this.#written(item, now, (line) => {
        line.dropped = true;
        line.finalAt = now;
      }),
    "response.output_item.added": ({ item, response_id: response }, now) =>
      item.type === "message" ? this.#line(item.id, "twin", now, { response }) : null,
    "response.output_audio_transcript.delta": ({ item_id: item, response_id: response, delta }, now) => {
      const line = this.#line(item, "twin", now, { response });
      if (!line.interrupted) line.text += delta;
      return line;
    },
    "response.output_audio_transcript.done": ({ item_id: item, response_id: response, transcript }, now) => {
      const line = this.#line(item, "twin", now, { response });
      if (!line.interrupted) line.text = transcript;
      return line;
    },
    "output_audio_buffer.started": ({ response_id: response }, now) => {
      const line = this.#of(response)[0];
      if (line) Object.assign(line, { startedAt: line.startedAt ?? now, offsetMs: Math.round(now) });
      return line;
    },
    "output_audio_buffer.stopped": ({ response_id: response }, now) =>
      this.#of(response).map((line) => Object.assign(line, { finalAt: now })).at(-1),
    "output_audio_buffer.cleared": ({ response_id: response }, now) =>
      this.#of(response).map((line) => Object.assign(line, { interrupted: true, finalAt: now + CUT_WITHIN_MS })).at(-1),
    "conversation.item.truncated": ({ item_id: item, audio_end_ms: ms }, now) => {
      const line = this.#byItem.get(item);
      return line && this.#cut(line, ms, now);
    },
    // A response that was cancelled before a word of it was heard.
    "response.done": ({ response: { id, status } }, now) =>
      this.#of(id)
        .filter((line) => status !== "completed" && line.startedAt === null)
        .map((line) => Object.assign(line, { dropped: true, finalAt: now }))
        .at(-1),
  };
}

function heardFor(line, now) {
  return line.startedAt === null ? 0 : now - line.startedAt;
}

/** As the server takes it; null for what nobody said or understood. */
function asTurn({ offsetMs, speaker, text, interrupted, dropped }, sequence) {
  // Half of a character is none, and no JSON.
  const words = text.toWellFormed().trim().slice(0, LONGEST_TEXT).replace(/[\ud800-\udbff]$/, "");
  if (dropped || words === "") return null;
  return { offsetMs, sequence, speaker, text: words, interrupted };
}
