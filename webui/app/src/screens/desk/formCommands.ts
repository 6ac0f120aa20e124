import { type Command, noPerson } from "../../keys/keymap";
import { chooseKind, chooseParty, type Draft, toggleBusiness } from "./draft";

interface Filling {
  draft: Draft;
  change(draft: Draft): void;
  save(): Promise<void>;
}

/** Does what a key means inside a result form. */
export function obeyInForm(command: Command, form: HTMLFormElement | null, filling: Filling): void {
  switch (command.do) {
    case "save":
      return void filling.save();
    case "leave_field":
      return (document.activeElement as HTMLElement | null)?.blur();
    case "focus":
      return command.field === "call_again" ? callAgain(form) : focusField(form, command.field);
    case "more":
      return more(form, command.what);
    case "next_bank_day":
    case "split":
      return form?.querySelector<HTMLButtonElement>(`[data-promise="${command.do}"]`)?.click();
    case "party":
      return filling.change(chooseParty(filling.draft, command.party, noPerson.includes(command.party)));
    case "business":
      // A result that needs a person cannot be chosen by its letter either while its button is disabled.
      if (form?.querySelector<HTMLButtonElement>(`[data-business="${command.business}"]`)?.disabled) return;
      return filling.change(toggleBusiness(filling.draft, command.business));
    case "kind":
      return form?.dataset.cameIn === undefined ? undefined : filling.change(chooseKind(filling.draft, command.kind));
    default:
      return;
  }
}

/** A line is gone to, anything else is done. */
function more(form: HTMLFormElement | null, what: string) {
  const control = form?.querySelector<HTMLElement>(`[data-more="${what}"]`);
  if (what === "told") control?.focus();
  else control?.click();
}

// The next opening morning is proposed first; the key once more goes to the field.
function callAgain(form: HTMLFormElement | null) {
  const propose = form?.querySelector<HTMLElement>("[data-propose=call_again]");
  if (propose) propose.click();
  else focusField(form, "call_again");
}

function focusField(form: HTMLFormElement | null, field: string) {
  const input = form?.querySelector<HTMLElement>(`[data-field="${field}"]`);
  input?.focus();
  if (input instanceof HTMLInputElement && input.type === "text") input.select();
}
