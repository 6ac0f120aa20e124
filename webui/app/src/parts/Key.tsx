/** A key as it stands on the keyboard, beside what it does. Read aloud by aria-keyshortcuts of its button, so hidden here. */
export function Key({ name }: { name: string }) {
  return (
    <kbd className="key" aria-hidden="true">
      {name}
    </kbd>
  );
}
