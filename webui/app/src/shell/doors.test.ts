import { describe, expect, it } from "vitest";
import type { Role } from "../api/types";
import { doors, mayEnter } from "./doors";

const roles = Object.keys(doors) as Role[];

describe("doors", () => {
  it("let every role into its own screens and the first one", () => {
    for (const role of roles) for (const path of ["/", ...doors[role].map((d) => d.to)]) expect(mayEnter(role, path), `${role} ${path}`).toBe(true);
  });

  it.each([
    ["ward", "/cases"],
    ["ward", "/cases/1"],
    ["ward", "/desk"],
    ["ward", "/queue"],
    ["admin", "/cases/1"],
    ["admin", "/attempts"],
    ["operator", "/board"],
    ["operator", "/users"],
    ["operator", "/casesandmore"],
    ["supervisor", "/users"],
    ["operator", "/trunks"],
    ["ward", "/trunks"],
    ["ward", "/numbers"],
    ["operator", "/scripts"],
    ["admin", "/numbers"],
  ] as [Role, string][])("keep the %s out of %s", (role, path) => expect(mayEnter(role, path)).toBe(false));

  it("let operators into a single case", () => expect(mayEnter("operator", "/cases/019a")).toBe(true));
});
