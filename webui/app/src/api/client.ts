import createClient from "openapi-fetch";
import { toProblem } from "./problem";
import type { paths } from "./schema";

/** The client made from the API's own description: the only way to the server. */
export const api = createClient<paths>({ baseUrl: "" });

/** The answer's data, or the Problem that the server named. */
export async function take<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw toProblem(response.status, error);
  return data as T;
}
