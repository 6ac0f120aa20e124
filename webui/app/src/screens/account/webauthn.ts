/** Whether this browser can use passkeys here: the origin must be the one that the server's setting names. */
export function passkeysHere(origin: string | null): boolean {
  return origin === location.origin && typeof PublicKeyCredential === "function" && "parseCreationOptionsFromJSON" in PublicKeyCredential;
}

/** Has the browser make a passkey. It throws when the person says no. */
export async function makePasskey(options: PublicKeyCredentialCreationOptionsJSON): Promise<unknown> {
  const made = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  return (made as PublicKeyCredential).toJSON();
}

/** Has a passkey answer. It throws when the person says no. */
export async function usePasskeyOnce(options: PublicKeyCredentialRequestOptionsJSON): Promise<unknown> {
  const given = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  return (given as PublicKeyCredential).toJSON();
}
