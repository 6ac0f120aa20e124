// Short tones made in code: no file is fetched, and nothing is heard unless somebody has switched them on.

/** What a tone tells. */
export type Cue = "answered" | "ended" | "incoming" | "lost";

/** A tone: pitch in hertz, when it begins and how long it lasts in seconds. */
interface Tone {
  hz: number;
  at: number;
  for: number;
}

/** Rising for somebody who answers, falling for an end, twice for a call that comes in, low and long for a lost connection. */
export const tones: Record<Cue, readonly Tone[]> = {
  answered: [{ hz: 660, at: 0, for: 0.09 }, { hz: 880, at: 0.1, for: 0.14 }],
  ended: [{ hz: 660, at: 0, for: 0.09 }, { hz: 495, at: 0.1, for: 0.14 }],
  incoming: [{ hz: 784, at: 0, for: 0.12 }, { hz: 988, at: 0.14, for: 0.12 }, { hz: 784, at: 0.5, for: 0.12 }, { hz: 988, at: 0.64, for: 0.12 }],
  lost: [{ hz: 220, at: 0, for: 0.5 }],
};

const loud = 0.12; // of full scale: beside a headset that somebody talks in

/** What is happening at a desk, as far as tones go. */
export interface Heard {
  phase: string;
  talking: boolean;
  lost: boolean;
}

/** The tone for what has changed; null for none. */
export function cueFor(before: Heard, now: Heard): Cue | null {
  if (now.lost && !before.lost) return "lost";
  if (now.phase === "ringing" && before.phase !== "ringing") return "incoming";
  if (now.talking && !before.talking) return "answered";
  const up = (h: Heard) => h.phase === "calling" || h.phase === "talking";
  return up(before) && !up(now) ? "ended" : null;
}

const nameOf = (user: string) => `kakeru-sound:${user}`;

/** Whether a person wants tones, on this machine. */
export function wantsCues(user: string): boolean {
  try {
    return localStorage.getItem(nameOf(user)) === "on";
  } catch {
    return false;
  }
}

/** Remembers it. */
export function setCues(user: string, on: boolean): void {
  try {
    if (on) localStorage.setItem(nameOf(user), "on");
    else localStorage.removeItem(nameOf(user));
  } catch {
    // not remembered: it is off after a reload
  }
}

let context: AudioContext | null = null;

/** Sounds a tone. A browser that has no sound, or forbids it, stays silent. */
export function play(cue: Cue): void {
  try {
    context ??= new AudioContext();
    void context.resume();
    for (const tone of tones[cue]) sound(context, tone);
  } catch {
    // silent
  }
}

function sound(context: AudioContext, tone: Tone): void {
  const begin = context.currentTime + tone.at;
  const end = begin + tone.for;
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, begin);
  gain.gain.linearRampToValueAtTime(loud, begin + 0.01); // no click
  gain.gain.setValueAtTime(loud, end - 0.02);
  gain.gain.linearRampToValueAtTime(0, end);
  const pitch = context.createOscillator();
  pitch.frequency.value = tone.hz;
  pitch.connect(gain).connect(context.destination);
  pitch.start(begin);
  pitch.stop(end);
}
