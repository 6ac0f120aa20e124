import { describe, expect, it } from "vitest";
import type { Phase } from "./keymap";
import { situationOf } from "./situation";

describe("situationOf", () => {
  it("shows nothing of the matter before it is known who is there", () => {
    for (const phase of ["idle", "ringing", "calling"] as Phase[]) expect(situationOf(phase, false, true, "self", ["promise"])).toEqual(["before_call"]);
    for (const phase of ["talking", "wrap_up"] as Phase[]) expect(situationOf(phase, false, true, "", [])).toEqual(["before_call"]);
  });

  it("shows the ward's name and number alone with anybody else, whatever results are ticked", () => {
    expect(situationOf("talking", false, true, "family", ["hardship"])).toEqual(["family"]);
    expect(situationOf("talking", true, true, "third_party", ["promise"])).toEqual(["third_party"]);
    expect(situationOf("talking", false, true, "voicemail", [])).toEqual(["voicemail"]);
  });

  it("follows the talk with the person", () => {
    expect(situationOf("talking", false, true, "self", [])).toEqual(["self"]);
    expect(situationOf("talking", false, true, "self", ["promise"])).toEqual(["promise"]);
    expect(situationOf("wrap_up", false, true, "self", ["promise", "instalments"])).toEqual(["hardship"]);
  });

  it("says of a call that came in no more than is known", () => {
    expect(situationOf("talking", true, false, "", [])).toEqual(["inbound_withheld"]);
    expect(situationOf("talking", true, true, "", [])).toEqual(["inbound_known"]);
  });
});
