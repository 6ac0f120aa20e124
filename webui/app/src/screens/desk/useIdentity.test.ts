import { describe, expect, it } from "vitest";
import { parties } from "../../keys/keymap";
import { mayBeThePerson, ticked } from "./useIdentity";

describe("identity", () => {
  const allowed = ["name", "born_on", "address"] as const;

  it("ticks off in the order of the form, and takes back", () => {
    expect(ticked(allowed, [], "address")).toEqual(["address"]);
    expect(ticked(allowed, ["address"], "name")).toEqual(["name", "address"]);
    expect(ticked(allowed, ["name", "address"], "name")).toEqual(["address"]);
  });

  it("shows nothing to anybody but the person", () => {
    expect(parties.filter(mayBeThePerson)).toEqual(["self"]);
    expect(mayBeThePerson("")).toBe(true);
  });
});
