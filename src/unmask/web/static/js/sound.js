// Waveform and spectrogram of the sound, computed here from the media itself.
const LARGEST = 80 * 1024 * 1024;
const LONGEST = 15 * 60;
const RATE = 16000;
const WINDOW = 256;

export async function draw(address, duration) {
  if (duration > LONGEST) return;
  const sound = await decoded(address);
  if (!sound) return;
  const samples = sound.getChannelData(0);
  const length = Math.round(duration * RATE);
  shown("wave-lane", "wave", (pen, width, height) => wave(pen, width, height, samples, length));
  shown("tone-lane", "tones", (pen, width, height) => tones(pen, width, height, samples, length));
}

async function decoded(address) {
  try {
    const answer = await fetch(address);
    if (!answer.ok || Number(answer.headers.get("Content-Length")) > LARGEST) {
      await answer.body?.cancel();
      return null;
    }
    return await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await answer.arrayBuffer());
  } catch {
    return null; // this browser can't decode it: the lane stays away
  }
}

function shown(lane, id, paint) {
  document.getElementById(lane).hidden = false;
  const canvas = document.getElementById(id);
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(canvas.clientHeight * ratio);
  paint(canvas.getContext("2d"), canvas.width, canvas.height);
}

function wave(pen, width, height, samples, length) {
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent");
  let loudest = 0.02;
  for (let i = 0; i < samples.length; i += 7) loudest = Math.max(loudest, Math.abs(samples[i]));
  for (let x = 0; x < width; x += 1) {
    const [from, to] = [Math.floor((x * length) / width), Math.floor(((x + 1) * length) / width)];
    let peak = 0;
    for (let i = from; i < to && i < samples.length; i += 1) peak = Math.max(peak, Math.abs(samples[i]));
    const tall = Math.max(1, (0.92 * height * peak) / loudest);
    pen.fillRect(x, (height - tall) / 2, 1, tall);
  }
}

/** Power in decibels, low tones at the bottom; dark is quiet. */
function tones(pen, width, height, samples, length) {
  const picture = pen.createImageData(width, height);
  const hann = Float32Array.from({ length: WINDOW }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / WINDOW));
  for (let x = 0; x < width; x += 1) {
    const start = Math.min(samples.length - WINDOW, Math.max(0, Math.floor(((x + 0.5) * length) / width) - WINDOW / 2));
    if (start < 0) break;
    const power = spectrum(samples, start, hann);
    for (let y = 0; y < height; y += 1) {
      const bin = Math.floor(((height - 1 - y) / height) * (WINDOW / 2));
      const level = Math.min(1, Math.max(0, (10 * Math.log10(power[bin] + 1e-9) + 55) / 70));
      picture.data.set([255 * Math.min(1, 1.6 * level), 255 * level ** 1.8, 255 * (0.16 + 0.5 * level * (1 - level) * 2), 255], 4 * (y * width + x));
    }
  }
  pen.putImageData(picture, 0, 0);
}

/** Power by bin of one window: an FFT of radix 2, in place. */
function spectrum(samples, start, hann) {
  const real = new Float32Array(WINDOW);
  const imaginary = new Float32Array(WINDOW);
  for (let n = 0, reversed = 0; n < WINDOW; n += 1) {
    real[reversed] = samples[start + n] * hann[n];
    let bit = WINDOW >> 1;
    while (reversed & bit) [reversed, bit] = [reversed ^ bit, bit >> 1];
    reversed |= bit;
  }
  for (let size = 2; size <= WINDOW; size *= 2) {
    for (let k = 0; k < size / 2; k += 1) {
      const [cosine, sine] = [Math.cos((-2 * Math.PI * k) / size), Math.sin((-2 * Math.PI * k) / size)];
      for (let first = k; first < WINDOW; first += size) {
        const second = first + size / 2;
        const [r, i] = [real[second] * cosine - imaginary[second] * sine, real[second] * sine + imaginary[second] * cosine];
        [real[second], imaginary[second]] = [real[first] - r, imaginary[first] - i];
        [real[first], imaginary[first]] = [real[first] + r, imaginary[first] + i];
      }
    }
  }
  return Array.from({ length: WINDOW / 2 }, (_, bin) => real[bin] ** 2 + imaginary[bin] ** 2);
}
