import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../../live/apply";

/** Asks the server for something about a close, keeps what it refused last, and has its state read anew, whatever came of it. */
export function useClosing() {
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<unknown>(null);

  async function ask(request: () => Promise<unknown>) {
    setRefusal(null);
    try {
      await request();
    } catch (failure) {
      setRefusal(failure);
    }
    await client.invalidateQueries({ queryKey: keys.closeState });
    await client.invalidateQueries({ queryKey: keys.closes });
  }
  return { refusal, ask };
}
