import { useCallback, useEffect, useState } from "react";
import * as kakeru from "../../api/kakeru";
import { Problem } from "../../api/problem";
import type { Wall } from "../../api/types";
import { forgetServerTime, observeServerTime } from "../../live/clock";
import { keepConnected, LiveConnection, type LinkState, type Socket } from "../../live/connection";

/** How a screen on the wall stands: it asks for a code, or it shows. */
export type Sight = { step: "asking" } | { step: "code"; ended: boolean } | { step: "shown"; wall: Wall; link: LinkState };

function open(): Socket {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(`${scheme}//${location.host}/api/wall/live`) as unknown as Socket;
}

function later(f: () => void, milliseconds: number): () => void {
  const timer = setTimeout(f, milliseconds);
  return () => clearTimeout(timer);
}

const letIn = () => kakeru.getWall().then(() => true, (error) => !(error instanceof Problem && error.status === 401));

/** The wall's picture, live; and how a code lets the screen in. */
export function useWall(): { sight: Sight; enter: (wall: Wall) => void } {
  const [wall, setWall] = useState<Wall | null>(null);
  const [link, setLink] = useState<LinkState>("connecting");
  const [code, setCode] = useState<{ ended: boolean } | null>(null);

  const enter = useCallback((first: Wall) => {
    observeServerTime(first.at);
    setWall(first);
    setCode(null);
  }, []);

  useEffect(() => {
    let gone = false;
    let stop = () => {};
    // A screen comes on before the server does, after a power cut: it goes on asking by itself.
    const ask = () =>
      void kakeru.getWall().then(
        (first) => gone || enter(first),
        (error) => {
          if (gone) return;
          if (error instanceof Problem && error.status === 401) setCode({ ended: false });
          else stop = later(ask, 3_000);
        },
      );
    ask();
    return () => {
      gone = true;
      stop();
    };
  }, [enter]);

  const shown = wall !== null && code === null;
  useEffect(() => {
    if (!shown) return;
    const connection = new LiveConnection(
      { open, later, chance: Math.random, signedIn: letIn, renewed: () => null },
      {
        frame: (frame) => {
          const { type, data } = frame as unknown as { type: string; data: Wall };
          if (type !== "wall") return;
          observeServerTime(frame.at);
          setWall(data);
        },
        state: (state) => {
          if (state === "lost") forgetServerTime();
          setLink(state);
        },
        sessionOver: () => setCode({ ended: true }),
      },
    );
    return keepConnected(connection);
  }, [shown]);

  if (code) return { sight: { step: "code", ended: code.ended }, enter };
  return { sight: wall ? { step: "shown", wall, link } : { step: "asking" }, enter };
}
