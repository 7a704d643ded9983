package hub_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

// choice is a key of bridge, and an object that shows what it does.
type choice struct {
	key, value string
	class      bridge.Class
	from, to   ocpi.Version
	body       string
	// before is what the result has by default, or why it is withheld; after what
	// it has by the value.
	before, after string
}

var choices = []choice{
	{
		"bridge.time_zone", "America/Chicago", bridge.Location, ocpi.V211, ocpi.V221,
		`{"id":"L1","country":"USA"}`, `"time_zone":"Etc/UTC"`, `"time_zone":"America/Chicago"`,
	},
	{
		"bridge.command_timeout", "45s", bridge.CommandResponse, ocpi.V211, ocpi.V221,
		`{"result":"ACCEPTED"}`, `"timeout":30`, `"timeout":45`,
	},
	{
		"bridge.unspecified_fields", hub.BridgeDrop, bridge.Tariff, ocpi.V221, ocpi.V211,
		`{"id":"T1","x_own":1}`, `,"x_own":1}`, `"id":"DE*ABC*T1"}`,
	},
	{
		"bridge.long_addresses", hub.BridgeKeep, bridge.Location, ocpi.V221, ocpi.V211,
		`{"id":"L1","publish":true,"address":"` + strings.Repeat("A", 46) + `"}`, `"` + strings.Repeat("A", 45) + `"`, `"` + strings.Repeat("A", 46) + `"`,
	},
	{
		"bridge.connector_types_211", hub.BridgeKeep, bridge.Connector, ocpi.V221, ocpi.V211,
		`{"id":"1","standard":"CHAOJI"}`, string(bridge.ConnectorUnknown), `"standard":"CHAOJI"`,
	},
	{
		"bridge.connector_types_221", hub.BridgeDrop, bridge.Connector, ocpi.V230, ocpi.V221,
		`{"id":"1","standard":"MCS"}`, `"standard":"MCS"`, string(bridge.ConnectorUnknown),
	},
	{
		"bridge.sae_j3400", hub.BridgeTesla, bridge.Connector, ocpi.V230, ocpi.V211,
		`{"id":"1","standard":"SAE_J3400"}`, string(bridge.ConnectorUnknown), `"standard":"TESLA_S"`,
	},
	{
		"bridge.closed_parking", hub.BridgeCustomers, bridge.EVSE, ocpi.V230, ocpi.V221,
		`{"uid":"E1","parking_restrictions":["TENANTS"]}`, `"parking_restrictions":[]`, `"parking_restrictions":["CUSTOMERS"]`,
	},
	{
		"bridge.credit_cdrs", hub.BridgeSend, bridge.CDR, ocpi.V221, ocpi.V211,
		`{"id":"C1","credit":true}`, string(bridge.CreditCDR), `"id":"C1"`,
	},
}

// under carries the object of a choice in a configuration.
func (ch choice) under(t *testing.T, c hub.Config) string {
	t.Helper()
	i := interpret.New(interpret.Options{Catalog: catalog.NewMemory(), Choices: c.Bridge.Choices()})
	got, err := i.Carry(t.Context(), interpret.Talk{Class: ch.class, From: ch.from, To: ch.to, Owner: cpo, EMSP: emsp, Reader: emsp}, []byte(ch.body))
	if err != nil {
		t.Fatal(err)
	}
	if got.Withheld != nil {
		return string(got.Withheld.Reason)
	}
	return string(got.Body)
}

func TestEachChoiceOfTheBridgeTakesEffect(t *testing.T) {
	for _, ch := range choices {
		t.Run(ch.key, func(t *testing.T) {
			c := hub.Defaults()
			if got := ch.under(t, c); !strings.Contains(got, ch.before) {
				t.Errorf("by default it is %s, want %s", got, ch.before)
			}
			if err := setting(t, &c, ch.key).Set(ch.value); err != nil || c.Verify() != nil {
				t.Fatal(err, c.Verify())
			}
			if got := ch.under(t, c); !strings.Contains(got, ch.after) {
				t.Errorf("by %s it is %s, want %s", ch.value, got, ch.after)
			}
		})
	}
}

func TestEveryChoiceOfTheBridgeIsAKeyAndBack(t *testing.T) {
	var keys, named, tried []string
	c := hub.Defaults()
	for _, s := range c.Settings() {
		if strings.HasPrefix(s.Key, "bridge.") {
			keys = append(keys, s.Key)
		}
	}
	for _, row := range bridge.Losses() {
		for _, name := range row.Choices {
			named = append(named, "bridge."+name)
		}
	}
	for _, ch := range choices {
		tried = append(tried, ch.key)
	}
	slices.Sort(keys)
	for what, list := range map[string][]string{"the table of losses names": named, "tried are": tried} {
		slices.Sort(list)
		if list = slices.Compact(list); !slices.Equal(list, keys) {
			t.Errorf("%s %v, the keys are %v", what, list, keys)
		}
	}
}

func TestAChosenTimeZoneIsInCopiesListsAndWhatAnUpgradeCarriesOver(t *testing.T) {
	const chosen = `"time_zone":"America/Chicago"`
	h := startHub(t, both211, func(c *hub.Config) { c.Bridge.TimeZone = "America/Chicago" })
	reader := join(t, h, of(ocpi.EMSP, emsp))
	older := of(ocpi.CPO, cpo)
	older.Versions = []ocpi.Version{ocpi.V211}
	sender := join(t, h, older)
	body := `{"id":"L1","type":"ON_STREET","address":"a","city":"b","postal_code":"c","country":"USA","coordinates":{"latitude":"41.870216","longitude":"-87.895168"},"last_updated":"2026-01-01T00:00:00Z"}`
	want(t, send(t, sender, putLocation(hubParty, cpo, "L1", body)), 200, ocpi.StatusOK)
	if got := waitFor(t, reader, ocpitest.Is(ocpi.Locations, "PUT")); !strings.Contains(string(got.Body), chosen) {
		t.Errorf("the copy is %s", got.Body)
	}
	list := ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", From: emsp, To: hubParty}
	if got := send(t, reader, list); !strings.Contains(string(got.Envelope.Data), chosen) {
		t.Errorf("the list is %s", got.Envelope.Data)
	}
	if err := sender.Upgrade(t.Context(), ocpi.V221); err != nil {
		t.Fatal(err)
	}
	patch := putLocation(hubParty, cpo, "L1", `{"city":"Chicago","last_updated":"2026-01-02T00:00:00Z"}`)
	patch.Method = "PATCH"
	want(t, send(t, sender, patch), 200, ocpi.StatusOK)
	if got := send(t, reader, list); !strings.Contains(string(got.Envelope.Data), chosen) || !strings.Contains(string(got.Envelope.Data), `"Chicago"`) {
		t.Errorf("after the upgrade the list is %s", got.Envelope.Data)
	}
}
