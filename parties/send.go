package parties

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Invitation is what the operator of a platform gave out, so that the hub may
// register there.
type Invitation struct {
	Name        string // what the operator of the hub calls the platform
	VersionsURL string
	Token       string // token A
	// Claims limit the parties that the platform may register, as when the hub
	// invites; none: any that are free, or those that it was written down with.
	// A platform of OCPI 2.1.1 needs one: its credentials say no role.
	Claims []Claim
	// Pinned is the one version that the platform is kept to; empty: the highest
	// that both have, or what it was written down with.
	Pinned ocpi.Version
	// As is the one party that the hub stands for there; zero: for all.
	As ocpi.PartyID
}

// Connect registers the hub with a platform: the hub is the Sender. It returns
// when the handshake is done. When it fails no platform is left; when it is
// repeated with the same name and URL, no second one is made.
func (r *Registry) Connect(ctx context.Context, in Invitation) (*Platform, error) {
	if err := r.checkInvitation(in); err != nil {
		return nil, err
	}
	expected, err := r.writtenDown(in)
	if err != nil {
		return nil, err
	}
	found, err := r.discover(ctx, in.VersionsURL, in.Token, r.wishes(expected, ""))
	if err != nil {
		r.log.WarnContext(ctx, "no registration with a platform", "name", in.Name, "error", err)
		return nil, err
	}
	mine := newToken()
	p, was, err := r.prepare(ctx, in, mine)
	if err != nil {
		return nil, err
	}
	if r.rehearsal {
		return p.foreseen(found), nil
	}
	p, err = r.propose(ctx, p, exchange{found: found, method: http.MethodPost, token: in.Token, mine: mine, was: was})
	if err != nil {
		return nil, err
	}
	r.welcome(ctx, p)
	return p, nil
}

func (r *Registry) checkInvitation(in Invitation) error {
	switch {
	case strings.TrimSpace(in.Name) == "":
		return fault.New(fault.Invalid, "a platform needs a name")
	case !isHTTP(in.VersionsURL):
		return fault.New(fault.Invalid, "versions URL %q: want an http or https URL", in.VersionsURL)
	case len(in.Token) > longestToken || !ocpi.ValidToken(in.Token):
		return fault.New(fault.Invalid, "the token is empty, too long, or has characters that are not printable ASCII")
	}
	return r.checkClaims(in.Claims)
}

// writtenDown is the platform of an invitation as an earlier try or the operator
// left it, or else a new one.
func (r *Registry) writtenDown(in Invitation) (*Platform, error) {
	p := r.newPlatform(in.Name)
	for _, q := range r.Directory().All() {
		if q.Name != in.Name || q.VersionsURL != in.VersionsURL || q.As != in.As {
			continue
		}
		if q.Registered() {
			return nil, fault.New(fault.Conflict, "platform %s is connected with this name and URL: rotate it to renew its tokens", q.ID)
		}
		p = q.Clone()
		if p.Removed { // what a try that failed was to be limited to is no limit of this one
			p.Claims, p.Pinned = nil, ""
		}
		break
	}
	if len(in.Claims) > 0 {
		p.Claims = slices.Clone(in.Claims)
	}
	p.Pinned, p.As = cmp.Or(in.Pinned, p.Pinned), in.As
	return p, r.checkNewcomer(p)
}

// prepare saves a planned platform with the token that the partner is about
// to get, because the partner uses it to read the hub's versions before it
// answers. What an earlier try left is used again. Was is the platform as the
// operator had written it down; nil when he had not.
func (r *Registry) prepare(ctx context.Context, in Invitation, mine string) (p, was *Platform, err error) {
	r.preparing.Lock()
	defer r.preparing.Unlock()
	end, err := r.renewing.begin(ctx, "connect")
	if err != nil {
		return nil, nil, err
	}
	defer end()
	if p, err = r.writtenDown(in); err != nil {
		return nil, nil, err
	}
	if stored, ok := r.Directory().Platform(p.ID); ok && len(stored.Keys) == 0 { // a try that is under way has one
		was = stored
	}
	p.Removed, p.Status, p.Updated = false, Planned, r.time()
	p.VersionsURL = in.VersionsURL
	p.Keys = []Key{{Hash: HashToken(mine), Use: ForRegistration}}
	if err := r.save(ctx, p); errors.Is(err, ErrConflict) {
		return nil, nil, fault.Wrap(fault.Conflict, err, "platform %s is being changed by somebody else: try again", p.ID)
	} else if err != nil {
		return nil, nil, err
	}
	return p, was, nil
}

// exchange is a POST or PUT of the hub's credentials.
type exchange struct {
	found  contact
	method string
	token  string // by which the hub calls the partner
	mine   string // by which the partner shall call the hub
	send   Credentials
	was    *Platform // as it was written down before; nil: it was not
}

func (x exchange) call() RegisterCall {
	return RegisterCall{
		Version: x.found.version, Method: x.method, URL: x.found.credentialsURL,
		Token: x.token, Encoding: x.found.encoding, Send: x.send,
	}
}

// propose sends the hub's credentials to a partner that has never answered,
// and cleans up when that fails.
func (r *Registry) propose(ctx context.Context, p *Platform, x exchange) (*Platform, error) {
	// From here on the two sides must not part ways because the operator's
	// connection broke.
	ctx = context.WithoutCancel(ctx)
	x.send = r.present(p, x.found.version, x.mine)
	answer, err := r.partner.Register(ctx, x.call())
	if fault.Is(err, fault.NoMethod) { // it takes us for registered: some want PUT then
		x.method = http.MethodPut
		answer, err = r.partner.Register(ctx, x.call())
	}
	if err != nil {
		err = unusable(err, "the platform did not take the hub's credentials")
		r.abandon(ctx, p.ID, x)
		return nil, err
	}
	registered, err := r.accept(ctx, p.ID, x, answer)
	if err != nil {
		r.withdraw(ctx, x, answer)
		r.abandon(ctx, p.ID, x)
		return nil, err
	}
	return registered, nil
}

// withdraw tells a partner whose answer was refused that it is not registered,
// so that a later try does not meet a 405. It may fail: the partner is not
// ours.
func (r *Registry) withdraw(ctx context.Context, x exchange, answer Credentials) {
	if answer.Token == x.mine || !ocpi.ValidToken(answer.Token) {
		return
	}
	const within = 10 * time.Second
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	x.method, x.token, x.send = http.MethodDelete, answer.Token, Credentials{}
	_, err := r.partner.Register(ctx, x.call())
	r.log.InfoContext(ctx, "a refused registration was withdrawn", "url", x.found.credentialsURL, "error", err)
}

// abandon removes a platform whose handshake failed, or leaves it as it was written
// down, unless a later try has taken it over.
func (r *Registry) abandon(ctx context.Context, id string, x exchange) {
	_, err := r.change(ctx, id, func(p *Platform) error {
		if p.Registered() || !p.holdsKey(HashToken(x.mine), r.now()) {
			return errUnchanged
		}
		p.Keys, p.Updated = nil, r.time()
		if x.was != nil {
			p.Claims, p.Pinned, p.Status = slices.Clone(x.was.Claims), x.was.Pinned, x.was.Status
			return nil
		}
		p.Removed, p.Status = true, Suspended
		return nil
	})
	if err != nil {
		r.log.WarnContext(ctx, "a platform is left over from a failed handshake", "platform_id", id, "error", err)
	}
}
