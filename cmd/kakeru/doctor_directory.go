package main

import (
	"context"

	"kakeru/configs"
)

// checkDirectory asks the ward's directory for its description, as a sign-in does. Calls can be made without it.
func checkDirectory(ctx context.Context, s configs.Settings) []finding {
	const about = "directory"
	d, err := directoryOf(s)
	switch {
	case err != nil:
		return []finding{{minor, about, err.Error(), "name a file with the certificate of whoever signed the directory's, as PEM"}}
	case d == nil:
		return nil
	}
	if err := d.Answers(ctx); err != nil {
		return []finding{{minor, about, err.Error(), "see that auth.oidc.issuer is as the directory names itself, and that this machine reaches it"}}
	}
	return []finding{{fine, about, "it answers, and sends browsers back to " + d.Redirect, ""}}
}
