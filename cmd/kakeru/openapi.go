package main

import (
	"context"

	"kakeru/webui"
)

// runOpenAPI prints the HTTP API's description, from which the panel's client is generated.
func runOpenAPI(_ context.Context, _ []string, std streams) error {
	b, err := webui.OpenAPI()
	if err != nil {
		return err
	}
	_, err = std.out.Write(b)
	return err
}
