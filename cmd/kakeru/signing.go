package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kakeru/configs"
)

const signingBlock = "PRIVATE KEY" // PKCS #8 (RFC 5958)

// signingKey reads the key that manifests are signed with; the first start makes one when the settings name none.
func signingKey(s configs.Settings) (ed25519.PrivateKey, error) {
	path := firstOf(s.SigningKeyFile, filepath.Join(s.StateDir, "signing.pem"))
	b, err := os.ReadFile(path) //nolint:gosec // named by the administrator
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.SigningKeyFile == "":
		return newSigningKey(path)
	case err != nil:
		return nil, fmt.Errorf("settings: signing_key_file: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != signingBlock {
		return nil, fmt.Errorf("settings: signing_key_file: %s holds no %s in PEM; make one with: openssl genpkey -algorithm ed25519", path, signingBlock)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("settings: signing_key_file: %s is no Ed25519 key; make one with: openssl genpkey -algorithm ed25519", path)
	}
	return key, nil
}

func newSigningKey(path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	b, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writeOnce(path, pem.EncodeToMemory(&pem.Block{Type: signingBlock, Bytes: b}))
}
