package demo

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// tokensPublished is how many tokens the first eMSP has.
const tokensPublished = 3

// publishTokens lets the first eMSP push its tokens to all operators.
func (d *Demo) publishTokens(ctx context.Context) (string, error) {
	r := d.receivers()[0]
	for i := range tokensPublished {
		body := d.token(r.party, fmt.Sprintf("04A1B2C3D4%02d", i))
		if err := accepted(r.platform.Push(ctx, ocpi.Tokens, d.hubParty(), body)); err != nil {
			return "", err
		}
	}
	all := tokensPublished * len(d.homes)
	err := await(ctx, "the operators have not got all tokens", func() bool {
		come := 0
		for _, p := range d.cpos {
			come += len(p.Objects(ocpi.Tokens, nil))
		}
		d.counter.show(come, all, "received")
		return come >= all
	})
	if err != nil {
		return "", err
	}
	for owner, p := range d.homes {
		if err := sameTokens(r.platform, p, owner); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s of %s at all %s, byte by byte", count(tokensPublished, "token"), r.party, count(len(d.homes), "operator")), nil
}

// sameTokens compares the tokens that an eMSP offers with those of an operator.
func sameTokens(emsp, cpo *ocpitest.Platform, owner ocpi.PartyID) error {
	for _, want := range emsp.Offers(ocpi.Tokens) {
		got, ok := cpo.Object(want.Key, owner)
		if !ok || !bytes.Equal(got.Raw, want.Raw) {
			return fmt.Errorf("%s does not have token %s as it was published", owner, want.ID)
		}
	}
	return nil
}

// token is a token that is asked about each time.
func (d *Demo) token(issuer ocpi.PartyID, uid string) []byte {
	return fmt.Appendf(nil, `{"country_code":%q,"party_id":%q,"uid":%q,"type":"RFID","contract_id":"%s-%s-C%s","issuer":"Demo",`+
		`"valid":true,"whitelist":"NEVER","last_updated":%q}`, issuer.Country, issuer.ID, uid, issuer.Country, issuer.ID, uid, d.stamp())
}

// unpublished is a token that its eMSP knows and the hub does not.
const unpublished = "04FFEEDDCC00"

// authorise asks, without OCPI-to, about a token that the hub knows, one that
// only its eMSP knows, and one that nobody knows.
func (d *Demo) authorise(ctx context.Context) (string, error) {
	spots, err := d.spots(1)
	if err != nil {
		return "", err
	}
	all := d.receivers()
	first, last := all[0], all[len(all)-1]
	known := first.platform.Offers(ocpi.Tokens)[0].ID
	if err := d.allowed(ctx, spots[0], known, first); err != nil {
		return "", err
	}
	for _, p := range d.emsps[1:] {
		if n := len(p.Calls(ocpitest.Is(ocpi.Tokens, http.MethodPost))); n > 0 {
			return "", fmt.Errorf("%s was asked about a token of %s", p.Name(), first.party)
		}
	}
	last.platform.Offer(ocpi.Tokens, d.token(last.party, unpublished))
	if err := d.allowed(ctx, spots[0], unpublished, last); err != nil {
		return "", err
	}
	reply, err := d.ask(ctx, spots[0], "04000000000000")
	if err != nil {
		return "", err
	}
	if reply.Status != http.StatusNotFound || reply.Code() != ocpi.StatusUnknownToken {
		return "", fmt.Errorf("an unknown token was answered HTTP %d with %d, want 404 with %d", reply.Status, reply.Code(), ocpi.StatusUnknownToken)
	}
	return fmt.Sprintf("%s alone was asked about its token and said ALLOWED; an unpublished one was found at %s; an unknown one is 404 with 2004",
		first.party, last.party), nil
}

// allowed checks that the right eMSP allows a token.
func (d *Demo) allowed(ctx context.Context, s spot, uid string, by receiver) error {
	reply, err := d.ask(ctx, s, uid)
	if err := accepted(reply, err); err != nil {
		return err
	}
	if said := ocpi.FindString(reply.Envelope.Data, "allowed"); said != "ALLOWED" {
		return fmt.Errorf("token %s of %s is %q, want ALLOWED", uid, by.party, said)
	}
	if from := reply.Routing().From; from != by.party {
		return fmt.Errorf("the answer about token %s is from %s, want %s", uid, from, by.party)
	}
	return nil
}

func (d *Demo) ask(ctx context.Context, s spot, uid string) (ocpitest.Reply, error) {
	body := fmt.Appendf(nil, `{"location_id":%q,"evse_uids":[%q]}`, s.location, s.evse)
	return d.homes[s.owner].Authorize(ctx, uid, s.owner, ocpi.PartyID{}, body)
}
