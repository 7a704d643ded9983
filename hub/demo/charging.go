package demo

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// charging is who charges where.
type charging struct {
	spot
	cpo    *ocpitest.Platform
	driver receiver // the driver's eMSP
	token  []byte
	start  string
}

const (
	sessionID = "DEMO-SESSION-1"
	cdrID     = "DEMO-CDR-1"
)

func (c *charging) session() ocpitest.Key {
	return ocpitest.Key{Module: ocpi.Sessions, Owner: c.owner, ID: sessionID}
}

// startSession lets the first eMSP start a session by the location's id alone.
func (d *Demo) startSession(ctx context.Context) (string, error) {
	spots, err := d.spots(1)
	if err != nil {
		return "", err
	}
	driver := d.receivers()[0]
	d.charging = charging{
		spot: spots[0], cpo: d.homes[spots[0].owner], driver: driver,
		token: driver.platform.Offers(ocpi.Tokens)[0].Raw, start: d.stamp(),
	}
	c := &d.charging
	return d.command(ctx, "START_SESSION", fmt.Appendf(nil, `{"token":%s,"location_id":%q,"evse_uid":%q,"connector_id":%q}`,
		c.token, c.location, c.evse, c.connector))
}

// stopSession lets the eMSP stop it by the session's id alone.
func (d *Demo) stopSession(ctx context.Context) (string, error) {
	return d.command(ctx, "STOP_SESSION", fmt.Appendf(nil, `{"session_id":%q}`, sessionID))
}

// command sends a command without OCPI-to, and checks its answer, the way that
// the operator is given back, and the result that comes that way.
func (d *Demo) command(ctx context.Context, name string, body []byte) (string, error) {
	c := &d.charging
	result, later, err := c.driver.platform.Command(ctx, ocpitest.Order{Name: name, From: c.driver.party, Body: body})
	if err != nil {
		return "", err
	}
	if result != "ACCEPTED" {
		return "", fmt.Errorf("%s was answered %q, want ACCEPTED", name, result)
	}
	call, err := c.cpo.WaitFor(ctx, func(call ocpitest.Call) bool {
		return call.Module == ocpi.Commands && call.Routing.To == c.owner && strings.HasSuffix(call.Path, "/"+name)
	})
	if err != nil {
		return "", err
	}
	if url := ocpi.FindString(call.Body, "response_url"); !d.leadsToTheHub(url) {
		return "", fmt.Errorf("the operator was given the response_url %s, which is not the hub's", url)
	}
	answer, err := later.Wait(ctx)
	if err != nil {
		return "", fmt.Errorf("the result of %s does not come: %w", name, err)
	}
	if answer.Result() != "ACCEPTED" || answer.Routing.From != c.owner || answer.Routing.To != c.driver.party {
		return "", fmt.Errorf("the result of %s is %q from %s to %s", name, answer.Result(), answer.Routing.From, answer.Routing.To)
	}
	return fmt.Sprintf("%s of %s found its way to %s: ACCEPTED at once, and ACCEPTED by response_url through the hub",
		name, c.driver.party, c.owner), nil
}

func (d *Demo) leadsToTheHub(url string) bool {
	return strings.HasPrefix(url, strings.TrimSuffix(d.VersionsURL(), "versions"))
}

// runSession pushes the session and a change of it without OCPI-to.
func (d *Demo) runSession(ctx context.Context) (string, error) {
	c := &d.charging
	if err := accepted(c.cpo.Push(ctx, ocpi.Sessions, ocpi.PartyID{}, d.sessionBody())); err != nil {
		return "", err
	}
	change := fmt.Appendf(nil, `{"kwh":7.25,"last_updated":%q}`, d.stamp())
	if err := accepted(c.cpo.Patch(ctx, ocpitest.Change{Key: c.session(), Body: change})); err != nil {
		return "", err
	}
	if err := d.onlyTheDriver(c.session()); err != nil {
		return "", err
	}
	return fmt.Sprintf("PUT and PATCH of %s reached %s, and none of the other %s",
		c.session().ID, c.driver.party, count(len(d.receivers())-1, "eMSP")), nil
}

// sendCDR ends the session and bills it.
func (d *Demo) sendCDR(ctx context.Context) (string, error) {
	c := &d.charging
	end := d.stamp()
	change := fmt.Appendf(nil, `{"status":"COMPLETED","end_date_time":%q,"last_updated":%q}`, end, end)
	if err := accepted(c.cpo.Patch(ctx, ocpitest.Change{Key: c.session(), Body: change})); err != nil {
		return "", err
	}
	cdr := d.cdrBody(end)
	reply, err := c.cpo.Push(ctx, ocpi.CDRs, ocpi.PartyID{}, cdr)
	if err := accepted(reply, err); err != nil {
		return "", err
	}
	if err := d.onlyTheDriver(ocpitest.Key{Module: ocpi.CDRs, Owner: c.owner, ID: cdrID}); err != nil {
		return "", err
	}
	at := reply.Header.Get("Location")
	if !d.leadsToTheHub(at) {
		return "", fmt.Errorf("the Location of the CDR is %q, which is not the hub's", at)
	}
	reply, err = c.cpo.Do(ctx, ocpitest.Request{URL: at, Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: http.MethodGet, From: c.owner})
	if err := accepted(reply, err); err != nil {
		return "", err
	}
	if !bytes.Equal(reply.Envelope.Data, cdr) {
		return "", fmt.Errorf("the CDR under its Location is not the one that was sent")
	}
	return fmt.Sprintf("%s reached %s alone, and its Location leads through the hub back to it", cdrID, c.driver.party), nil
}

// onlyTheDriver checks that the driver's eMSP has an object as its owner has
// it, and that nobody else has it.
func (d *Demo) onlyTheDriver(key ocpitest.Key) error {
	c := &d.charging
	want, _ := c.cpo.Offered(key)
	for _, r := range d.receivers() {
		got, ok := r.object(key)
		switch {
		case r.party != c.driver.party && ok:
			return fmt.Errorf("%s has %s, which is for %s", r.party, key.ID, c.driver.party)
		case r.party == c.driver.party && !bytes.Equal(got.Raw, want.Raw):
			return fmt.Errorf("%s does not have %s as it was sent", r.party, key.ID)
		}
	}
	return nil
}

// cdrToken is the driver's token as sessions and CDRs hold it.
func (c *charging) cdrToken() string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"uid":%q,"type":"RFID","contract_id":%q}`,
		c.driver.party.Country, c.driver.party.ID, ocpi.FindString(c.token, "uid"), ocpi.FindString(c.token, "contract_id"))
}

func (d *Demo) sessionBody() []byte {
	c := &d.charging
	return fmt.Appendf(nil, `{"country_code":%q,"party_id":%q,"id":%q,"start_date_time":%q,"kwh":0.5,"cdr_token":%s,`+
		`"auth_method":"COMMAND","location_id":%q,"evse_uid":%q,"connector_id":%q,"currency":"EUR","status":"ACTIVE","last_updated":%q}`,
		c.owner.Country, c.owner.ID, sessionID, c.start, c.cdrToken(), c.location, c.evse, c.connector, d.stamp())
}

func (d *Demo) cdrBody(end string) []byte {
	c := &d.charging
	place := fmt.Sprintf(`{"id":%q,"address":"Demo 1","city":"Demo","country":"DEU","coordinates":{"latitude":"52.370216","longitude":"4.895168"},`+
		`"evse_uid":%q,"evse_id":"DE*DEM*E1","connector_id":%q,"connector_standard":"IEC_62196_T2","connector_format":"SOCKET",`+
		`"connector_power_type":"AC_3_PHASE"}`, c.location, c.evse, c.connector)
	period := fmt.Sprintf(`{"start_date_time":%q,"dimensions":[{"type":"ENERGY","volume":7.25}]}`, c.start)
	return fmt.Appendf(nil, `{"country_code":%q,"party_id":%q,"id":%q,"start_date_time":%q,"end_date_time":%q,"session_id":%q,"cdr_token":%s,`+
		`"auth_method":"COMMAND","cdr_location":%s,"currency":"EUR","charging_periods":[%s],"total_cost":{"excl_vat":3.10,"incl_vat":3.69},`+
		`"total_energy":7.25,"total_time":0.5,"last_updated":%q}`,
		c.owner.Country, c.owner.ID, cdrID, c.start, end, sessionID, c.cdrToken(), place, period, end)
}
