import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { fetchSession, forgetSession, renewedSession } from "../api/session";
import { applyFrame, keys } from "./apply";
import { forgetServerTime, observeServerTime } from "./clock";
import { keepConnected, LiveConnection, type LinkState, type Socket } from "./connection";

interface Link {
  state: LinkState;
  /** Tries to connect now. */
  retry(): void;
}

const Context = createContext<Link>({ state: "connecting", retry: () => {} });

/** How the panel is connected; everything else that is live stands in the query caches. */
export function useLink(): Link {
  return useContext(Context);
}

function openSocket(path: string): Socket {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}${path}`);
  return socket as unknown as Socket;
}

function later(f: () => void, milliseconds: number): () => void {
  const timer = setTimeout(f, milliseconds);
  return () => clearTimeout(timer);
}

const signedIn = () => fetchSession().then((session) => session !== null, () => true);

/** Keeps the live connection for whoever is signed in. */
export function Live({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LinkState>("connecting");
  const connection = useMemo(
    () =>
      new LiveConnection(
        { open: openSocket, later, chance: Math.random, signedIn, renewed: renewedSession },
        {
          frame: (frame) => {
            if (frame.type === "snapshot") {
              forgetServerTime();
              client.setQueryData(keys.boot, frame.data.boot);
            }
            observeServerTime(frame.at);
            applyFrame(client, frame);
          },
          state: setState,
          sessionOver: () => forgetSession(client),
        },
      ),
    [client],
  );

  useEffect(() => keepConnected(connection), [connection]);

  const link = useMemo(() => ({ state, retry: () => connection.retry() }), [state, connection]);
  return <Context.Provider value={link}>{children}</Context.Provider>;
}
