package e2e

import (
	"fmt"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// platformOf describes a platform of parties in one role.
func platformOf(role ocpi.Role, ids ...string) ocpitest.Options {
	o := ocpitest.Options{Name: string(role) + " " + strings.Join(ids, " "), CallsKept: 1000}
	for _, id := range ids {
		party, err := ocpi.ParsePartyID(id)
		if err != nil {
			panic(err)
		}
		o.Parties = append(o.Parties, ocpitest.Party{Role: role, ID: party})
	}
	return o
}

// join starts a platform, invites it with hubctl and registers it.
func (h *hubProcess) join(o ocpitest.Options) *ocpitest.Platform {
	h.t.Helper()
	p := ocpitest.Run(h.t, o)
	if err := p.Register(h.t.Context(), h.versionsURL(), h.invite(o)); err != nil {
		h.t.Fatal(err)
	}
	return p
}

// invite makes an invitation for the parties of a platform.
func (h *hubProcess) invite(o ocpitest.Options) (tokenA string) {
	h.t.Helper()
	args := []string{"platforms", "invite", "--name", o.Name}
	for _, p := range o.Parties {
		args = append(args, "--party", p.String())
	}
	var invitation struct {
		TokenA string `json:"token_a"`
	}
	h.hubctl(&invitation, args...)
	return invitation.TokenA
}

// locationWith is a location that conforms, with some EVSEs.
func locationWith(owner ocpi.PartyID, id string, evses int) string {
	var list []string
	for n := range evses {
		list = append(list, fmt.Sprintf(`{"uid":"%s-%d","status":"AVAILABLE","connectors":[{"id":"1","standard":"IEC_62196_T2","format":"SOCKET",`+
			`"power_type":"AC_3_PHASE","max_voltage":230,"max_amperage":32,"last_updated":"2026-01-01T00:00:00Z"}],"last_updated":"2026-01-01T00:00:00Z"}`, id, n))
	}
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"publish":true,"address":"Dam 1","city":"Amsterdam","country":"NLD",`+
		`"coordinates":{"latitude":"52.370216","longitude":"4.895168"},"evses":[%s],"time_zone":"Europe/Amsterdam","last_updated":"2026-01-01T00:00:00Z"}`,
		owner.Country, owner.ID, id, strings.Join(list, ","))
}
