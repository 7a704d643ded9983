package routing

import (
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

func TestTheSenderOfAPushForAllHearsFromWhomItIsWithheld(t *testing.T) {
	hidden := strings.Replace(location221, `"publish":true`, `"publish":false`, 1)
	for _, c := range []struct {
		name    string
		of      ocpi.Version
		body    string
		message string
	}{
		{"an unpublished location, and a receiver of 2.1.1", ocpi.V211, hidden, "not sent to parties that speak OCPI 2.1.1"},
		{"an unpublished location, and a receiver of 2.3.0", ocpi.V230, hidden, ""},
		{"a published location", ocpi.V211, location221, ""},
	} {
		w := speaking(t, c.of)
		w.Feed = &feed{}
		at := ocpi.Address{Version: ocpi.V221, Module: ocpi.Locations, Interface: ocpi.Receiver}
		answer, err := w.send("PUT", at, "DE/ABC/L1", c.body, hub)
		env, _ := ocpi.ParseEnvelope(answer.Body)
		if err != nil || env.StatusCode != ocpi.StatusOK || !strings.HasPrefix(env.StatusMessage, c.message) || (env.StatusMessage == "") != (c.message == "") {
			t.Errorf("%s: %s, %v", c.name, answer.Body, err)
		}
	}
}
