// How loud a stream is, for the eye: `--level` of an element goes from 0 to 1.

const QUIETEST_DB = -60;
const LOUDEST_DB = -15;

/** Shows it until the function that comes back is called. */
export function meter(context, stream, element) {
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  let source;
  try {
    source = context.createMediaStreamSource(stream);
    source.connect(analyser);
  } catch (error) {
    // Firefox joins no two rates, as of a headset and a loudspeaker: then one talks without it.
    if (error.name !== "NotSupportedError") throw error;
    return () => {};
  }
  const samples = new Float32Array(analyser.fftSize);
  let frame = 0;
  const show = () => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    const decibels = 10 * Math.log10(power + 1e-12);
    const level = Math.min(1, Math.max(0, (decibels - QUIETEST_DB) / (LOUDEST_DB - QUIETEST_DB)));
    element.style.setProperty("--level", level.toFixed(2));
    frame = requestAnimationFrame(show);
  };
  show();
  return () => {
    cancelAnimationFrame(frame);
    source.disconnect();
    element.style.setProperty("--level", "0");
  };
}
