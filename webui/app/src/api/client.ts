import createClient from "openapi-fetch";
import { toProblem } from "./problem";

// Interim until openapi.json is there: untyped paths behind typed functions in kakeru.ts.
interface Options {
  params?: { path?: Record<string, string>; query?: Record<string, unknown>; header?: Record<string, string> };
  body?: unknown;
  bodySerializer?: (body: never) => BodyInit;
}
type Answer = Promise<{ data?: unknown; error?: unknown; response: Response }>;
type Ask = (path: string, options?: Options) => Answer;
export const api = createClient({ baseUrl: "" }) as unknown as Record<"GET" | "POST" | "PUT" | "PATCH" | "DELETE", Ask>;

/** The answer's data, or the Problem that the server named. */
export async function take<T>(answer: Answer): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw toProblem(response.status, error);
  return data as T;
}
