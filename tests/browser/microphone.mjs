// What a page that talks is tried with: recorded lines, a microphone that plays them, and an ear for what comes back.

import { readFileSync } from "node:fs";

const LINES = new URL("../../infra/sim/fixtures/", import.meta.url);
export const SPOKEN = {
  role: ["recruiter/1-caller", "Hi, my name is Dana Whitfield, I'm a recruiter at Northgate Search. I have a staff engineer role in payments."],
  question: ["recruiter/2-caller", "Sorry, quick question. Has he worked with Rust in production?"],
  goodbye: ["recruiter/5-caller", "Perfect, thank you. Goodbye."],
};
// Root mean square of what is heard: silence is 0.
export const AUDIBLE = 0.01;
// What the simulated model writes where it has not understood.
export const INAUDIBLE = "[inaudible]";

/** A line as µ-law at 8 kHz. */
export const recorded = (file) => readFileSync(new URL(`${file}.ulaw`, LINES));

/**
 * Measures what comes out of each call (the loudest moment so far, and for how long it was audible), keeps the peers, to
 * break them, and the states that the page was in. `speak` has the microphone play a line, in µ-law as Base64.
 */
export function instruments({ audible, speaks }) {
  const Peer = globalThis.RTCPeerConnection;
  const EVERY_MS = 50;
  Object.assign(globalThis, { peers: [], loudest: 0, audibleMs: 0, states: [] });
  globalThis.RTCPeerConnection = class extends Peer {
    constructor(...settings) {
      super(...settings);
      globalThis.peers.push(this);
      this.addEventListener("track", ({ track }) => {
        const context = new AudioContext();
        const analyser = context.createAnalyser();
        context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
        const heard = new Float32Array(analyser.fftSize);
        setInterval(() => {
          analyser.getFloatTimeDomainData(heard);
          const rms = Math.sqrt(heard.reduce((sum, sample) => sum + sample * sample, 0) / heard.length);
          globalThis.loudest = Math.max(globalThis.loudest, rms);
          if (rms > audible) globalThis.audibleMs += EVERY_MS;
        }, EVERY_MS);
      });
    }
  };
  addEventListener("DOMContentLoaded", () => {
    const stage = document.querySelector("#stage");
    const keep = () => globalThis.states.push(stage.dataset.state);
    if (stage) new MutationObserver(keep).observe(stage, { attributeFilter: ["data-state"] });
  });
  if (!speaks) return;
  let microphone = null;
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext({ sampleRate: 48_000 });
    microphone = { context, out: context.createMediaStreamDestination() };
    // Between two lines there is silence: without a source there would be nothing at all.
    const silence = new ConstantSourceNode(context, { offset: 0 });
    silence.connect(microphone.out);
    silence.start();
    return microphone.out.stream;
  };
  globalThis.speak = (line) => {
    const { context, out } = microphone;
    const samples = Float32Array.from(atob(line), (character) => {
      const code = ~character.charCodeAt(0) & 0xff;
      const magnitude = (((code & 0x0f) * 2 + 33) << ((code >> 4) & 7)) - 33;
      return (code & 0x80 ? -magnitude : magnitude) / 8192;
    });
    const buffer = context.createBuffer(1, samples.length, 8000);
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(out);
    source.start();
  };
}
