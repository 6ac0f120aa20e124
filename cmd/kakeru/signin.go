package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/webui"
	"kakeru/webui/auth"
)

// signingIn is how people sign in here.
func (a *app) signingIn() (auth.Settings, error) {
	s := a.settings
	need := map[dialer.Role]auth.Need{}
	for role, word := range s.Auth.SecondFactor {
		need[dialer.Role(role)] = auth.Need(word)
	}
	directory, err := directoryOf(s)
	return auth.Settings{
		Directory: directory, SecureCookie: s.HTTP.SecureCookie || s.HTTP.TLS.On(), SecondFactor: need, Secret: a.secret, Origin: s.HTTP.Origin,
		Words: []string{s.Report.Ward, s.Report.Contractor},
	}, err
}

// directoryWait is how long the ward's directory is waited for.
const directoryWait = 5 * time.Second

// directoryOf is the ward's directory as the settings have it; nil when there is none.
func directoryOf(s configs.Settings) (*auth.Directory, error) {
	none := (*auth.Directory)(nil)
	o := s.Auth.OIDC
	if !o.On() {
		return none, nil
	}
	trusted := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return none, fmt.Errorf("auth.oidc.ca_file: %w", err)
		}
		if trusted.RootCAs = x509.NewCertPool(); !trusted.RootCAs.AppendCertsFromPEM(pem) {
			return none, fmt.Errorf("auth.oidc.ca_file: %s holds no certificate (PEM)", o.CAFile)
		}
	}
	return &auth.Directory{
		Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Redirect: s.HTTP.Origin + webui.DirectoryAnswer, Label: o.Label, Claim: o.Claim,
		Scopes: o.Scopes, ACR: o.ACR, AMR: o.AMR, AskAgain: o.AskAgain, Passwords: o.Passwords,
		// A few sign-ins a day: no connection is kept.
		Client: &http.Client{Timeout: directoryWait, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: trusted, DisableKeepAlives: true}},
	}, nil
}

// awaitAdmin makes a set-up code, and says on the console alone what it is for, when nobody could administer the system.
func awaitAdmin(ctx context.Context, users dialer.Users, now dialer.Clock, console io.Writer) (*webui.Setup, error) {
	none := (*webui.Setup)(nil)
	there, err := webui.HasAdmin(ctx, users)
	if err != nil || there {
		return none, err
	}
	setup, code := webui.NewSetup(now)
	fmt.Fprintf(console, "kakeru serve: nobody can administer this system yet. Open the panel and give this code within an hour to make the first administrator: %s\n"+
		"kakeru serve: or stop, and use kakeru user add --role admin\n", code)
	return setup, nil
}
