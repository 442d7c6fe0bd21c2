// GPT-Live as the page knows a call: its transcripts are pieces without an end, so a stretch of speech is over when nothing
// more of it came for a while. Knows no page and no connection.

const GAP_MS = 800;

export class Live {
  #tells;
  #stretches = 0;
  #saying = null;
  #hearing = null;

  /** `tells` is told what the other API would have told. */
  constructor(tells) {
    this.#tells = tells;
  }

  take(event) {
    this.#takes[event.type]?.(event);
  }

  close() {
    clearTimeout(this.#saying?.ends);
    clearTimeout(this.#hearing?.ends);
  }

  #takes = {
    "session.input_transcript.delta": ({ delta }) => {
      this.#hearing ??= this.#begin((item) => [{ type: "input_audio_buffer.speech_started", item_id: item }]);
      const stretch = this.#hearing;
      stretch.text += delta;
      this.#tells({ type: "conversation.item.input_audio_transcription.delta", item_id: stretch.id, delta });
      this.#lasts(stretch, () => {
        this.#hearing = null;
        this.#tells({ type: "input_audio_buffer.speech_stopped", item_id: stretch.id });
        const done = "conversation.item.input_audio_transcription.completed";
        this.#tells({ type: done, item_id: stretch.id, transcript: stretch.text });
      });
    },
    "session.output_transcript.delta": ({ delta }) => {
      const begins = !this.#saying;
      this.#saying ??= this.#begin((id) => [{ type: "response.created", response: { id } }]);
      const stretch = this.#saying;
      const of = { response_id: stretch.id, item_id: stretch.id };
      this.#tells({ type: "response.output_audio_transcript.delta", ...of, delta });
      if (begins) this.#tells({ type: "output_audio_buffer.started", response_id: stretch.id });
      this.#lasts(stretch, () => {
        this.#saying = null;
        this.#tells({ type: "response.done", response: { id: stretch.id, status: "completed", output: [] } });
        this.#tells({ type: "output_audio_buffer.stopped", response_id: stretch.id });
      });
    },
    "session.closed": ({ reason }) => {
      if (reason === "expired") this.#tells({ type: "error", error: { code: "session_expired" } });
    },
  };

  #begin(first) {
    this.#stretches += 1;
    const stretch = { id: `live_${this.#stretches}`, text: "", ends: null };
    for (const event of first(stretch.id)) this.#tells(event);
    return stretch;
  }

  #lasts(stretch, over) {
    clearTimeout(stretch.ends);
    stretch.ends = setTimeout(over, GAP_MS);
  }
}
