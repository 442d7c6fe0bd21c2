// A call to the model over WebRTC: our microphone out, its voice in, and events on a data channel. Knows no page.

const EVENTS = "oai-events";
// How long a connection may take, and how long one that falters may recover by itself.
const CONNECT_MS = 15_000;
const RECOVER_MS = 6000;

/** The microphone was not given: `why` is `blocked`, `missing`, `busy` or `unsupported`. */
export class NoMicrophone extends Error {
  constructor(why, options) {
    super(why, options);
    this.why = why;
  }
}

/** The model's side does not take the call. */
export class NotTaken extends Error {
  constructor(status, options) {
    super(`status ${status}`, options);
    this.status = status;
  }
}

const REASONS = {
  NotAllowedError: "blocked",
  SecurityError: "blocked",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

/** The microphone's sound. Without a device, the one that the browser is set to. */
export async function microphone(deviceId = "") {
  if (!navigator.mediaDevices?.getUserMedia || !globalThis.RTCPeerConnection) throw new NoMicrophone("unsupported");
  const device = deviceId ? { deviceId: { exact: deviceId } } : {};
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...device };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (cause) {
    throw new NoMicrophone(REASONS[cause.name] ?? "busy", { cause });
  }
}

/** The microphones that there are; their names are known once one was given. */
export const microphones = () => devicesOf("audioinput");

/** The loudspeakers, where the browser lets one choose. */
export const speakers = async () => ("setSinkId" in HTMLMediaElement.prototype ? devicesOf("audiooutput") : []);

async function devicesOf(wanted) {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind, deviceId }) => kind === wanted && deviceId !== "");
}

/** One call. `tells` is told of `event`s, of the `voice` as a stream, when the line is `faltering` or `lost`, and when
 * the other side has `hungUp`. */
export class Call {
  #peer = new RTCPeerConnection();
  #channel = this.#peer.createDataChannel(EVENTS);
  #audio = new Audio();
  #sender;
  #tells;
  #falters = null;
  #over = false;
  /** `rtc_…`, as the model's side names it, where it tells that. */
  id = null;

  constructor(sound, tells) {
    this.#tells = tells;
    this.#sender = this.#peer.addTrack(sound.getAudioTracks()[0], sound);
    this.#audio.autoplay = true;
    this.#peer.addEventListener("track", ({ streams, track }) => {
      const voice = streams[0] ?? new MediaStream([track]);
      this.#audio.srcObject = voice;
      tells.voice(voice);
    });
    this.#peer.addEventListener("connectionstatechange", () => this.#connection(this.#peer.connectionState));
    this.#channel.addEventListener("message", ({ data }) => this.#event(data));
    this.#channel.addEventListener("close", () => this.#gone(this.#falters ? "lost" : "hungUp"));
  }

  /** What we offer, as SDP. */
  async offer() {
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    return this.#peer.localDescription.sdp;
  }

  /** What we offered was answered elsewhere. Resolves once events flow. */
  async answered(sdp) {
    const limit = AbortSignal.timeout(CONNECT_MS);
    const open = this.#opened();
    await this.#peer.setRemoteDescription({ type: "answer", sdp });
    await Promise.race([open, failing(limit)]);
  }

  #opened() {
    return new Promise((resolve) => this.#channel.addEventListener("open", resolve, { once: true }));
  }

  /** Takes what we offered to where it is answered. Resolves once events flow. */
  async connect(url, secret) {
    const open = this.#opened();
    const headers = { Authorization: `Bearer ${secret}`, "Content-Type": "application/sdp" };
    const request = { method: "POST", body: this.#peer.localDescription.sdp, headers };
    const limit = AbortSignal.timeout(CONNECT_MS);
    let answer;
    try {
      answer = await fetch(url, { ...request, signal: limit });
    } catch (cause) {
      throw new NotTaken(0, { cause });
    }
    if (!answer.ok) throw new NotTaken(answer.status);
    this.id = answer.headers.get("Location")?.split("/").pop() ?? null;
    await this.#peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
    await Promise.race([open, failing(limit)]);
  }

  send(event) {
    if (this.#channel.readyState === "open") this.#channel.send(JSON.stringify(event));
  }

  /** Another microphone in the middle of the call. */
  async replace(sound) {
    await this.#sender.replaceTrack(sound.getAudioTracks()[0]);
  }

  /** The voice sounds from this loudspeaker; `false` where it cannot. */
  async soundsFrom(deviceId) {
    return deviceId === "" || this.#audio.setSinkId(deviceId).then(() => true, () => false);
  }

  close() {
    this.#over = true;
    clearTimeout(this.#falters);
    this.#channel.close();
    this.#peer.close();
    this.#audio.srcObject = null;
  }

  #event(data) {
    let event;
    try {
      event = JSON.parse(data);
    } catch {
      // One event that cannot be read is no reason to hang up.
      return;
    }
    if (!this.#over) this.#tells.event(event);
  }

  #connection(state) {
    clearTimeout(this.#falters);
    this.#falters = null;
    if (state === "failed") this.#gone("lost");
    if (state === "disconnected") {
      this.#tells.faltering(true);
      this.#falters = setTimeout(() => this.#gone("lost"), RECOVER_MS);
    }
    if (state === "connected") this.#tells.faltering(false);
  }

  #gone(how) {
    if (this.#over) return;
    this.close();
    this.#tells[how]();
  }
}

function failing(signal) {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new NotTaken(0)), { once: true });
  });
}
