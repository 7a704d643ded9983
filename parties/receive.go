package parties

import (
	"context"
	"errors"
	"net/http"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Register answers POST credentials: the hub as Receiver of a registration in
// version v. When it fails nothing has changed, and token A can be used again
// (H-017); when it succeeds token A is dead at once (H-016).
func (r *Registry) Register(ctx context.Context, l Login, v ocpi.Version, c Credentials) (Credentials, error) {
	p, answer, err := r.receive(ctx, proposal{login: l, version: v, theirs: c, allowed: mayRegister})
	if err != nil {
		return Credentials{}, err
	}
	r.welcome(ctx, p)
	return answer, nil
}

// Update answers PUT credentials: new tokens for both sides, and the partner's
// versions and endpoints anew even if nothing seems to have changed (H-020).
// The old token lives on for the grace time (H-021).
func (r *Registry) Update(ctx context.Context, l Login, v ocpi.Version, c Credentials) (Credentials, error) {
	end, err := r.renewing.begin(ctx, l.Platform.ID)
	if err != nil {
		return Credentials{}, err
	}
	defer end()
	p, answer, err := r.receive(ctx, proposal{login: l, version: v, theirs: c, allowed: mayUpdate})
	if err != nil {
		return Credentials{}, err
	}
	r.log.InfoContext(ctx, "platform renewed its credentials", "platform_id", p.ID, "version", p.Version)
	return answer, nil
}

// proposal is a POST or PUT of credentials.
type proposal struct {
	login   Login
	version ocpi.Version
	theirs  Credentials
	allowed func(*Platform, Key) error
}

// receive takes the steps of the handshake for a partner that called the hub.
func (r *Registry) receive(ctx context.Context, in proposal) (*Platform, Credentials, error) {
	p, err := r.find(in.login.Platform.ID)
	if err != nil {
		return nil, Credentials{}, unknownToken()
	}
	if _, err := r.examine(p, in); err != nil {
		return nil, Credentials{}, err
	}
	found, err := r.discover(ctx, in.theirs.URL, in.theirs.Token, wish{of: []ocpi.Version{in.version}})
	if err != nil {
		return nil, Credentials{}, err
	}
	sealed, err := r.seal(in.theirs.Token)
	if err != nil {
		return nil, Credentials{}, err
	}
	token := newToken()
	var admitted []Party
	var answer Credentials
	p, err = r.change(ctx, p.ID, func(p *Platform) (err error) {
		if admitted, err = r.examine(p, in); err != nil {
			return err
		}
		p.enter(found, admitted, sealed, r.time())
		p.OldFields = in.theirs.hasOldFields()
		p.reissue(token, r.now(), r.now().Add(r.grace))
		answer = r.present(p, in.version, token)
		p.Shown = answer.shown()
		return nil
	})
	if err != nil {
		return nil, Credentials{}, r.explainClaim(err, in.login.Platform.ID, admitted)
	}
	return p, answer, nil
}

// examine says whether the platform, as it is now, may do what is proposed,
// and with which parties. It is asked before the partner is called and again
// when the outcome is saved.
func (r *Registry) examine(p *Platform, in proposal) ([]Party, error) {
	if err := r.checkLogin(p, in.login); err != nil {
		return nil, err
	}
	if err := in.allowed(p, in.login.Key); err != nil {
		return nil, err
	}
	if err := p.obeys(in.version); err != nil {
		return nil, err
	}
	if err := checkCredentials(in.version, in.theirs); err != nil {
		return nil, err
	}
	return r.admit(p, in.version, in.theirs.Roles)
}

// checkLogin says whether a login is still good: the platform may have been
// changed since the request was authenticated.
func (r *Registry) checkLogin(p *Platform, l Login) error {
	switch {
	case !p.holdsKey(l.Key.Hash, r.now()):
		return unknownToken()
	case p.Status == Suspended:
		return fault.New(fault.Suspended, "the platform is suspended: ask the operator of the hub")
	}
	return nil
}

func unknownToken() error {
	return fault.New(fault.Unauthorized, "the credentials token is not known or no longer valid")
}

// explainClaim names the party when the store found it claimed: somebody else
// registered it between the last look and the save.
func (r *Registry) explainClaim(err error, id string, admitted []Party) error {
	if !errors.Is(err, ErrClaimed) || fault.Is(err, fault.Invalid) {
		return err
	}
	if p, there := r.Directory().Platform(id); there {
		for _, c := range claimsOf(admitted) {
			if opposed := r.Directory().opposed(p, c); opposed != nil {
				return opposed
			}
		}
	}
	return fault.Wrap(fault.Invalid, err, "one of the parties is registered by another platform")
}

// mayRegister: POST is for those who hold token A (H-018).
func mayRegister(p *Platform, k Key) error {
	if p.Registered() || k.Use != ForRegistration {
		return noMethod("the platform is registered: change its credentials with PUT", http.MethodPut, http.MethodDelete)
	}
	return nil
}

// mayUpdate: PUT and DELETE are for registered platforms (H-019).
func mayUpdate(p *Platform, _ Key) error {
	if !p.Registered() {
		return noMethod("the platform is not registered: register with POST", http.MethodPost)
	}
	return nil
}

func noMethod(message string, allow ...string) error {
	f := fault.New(fault.NoMethod, "%s", message)
	f.Allow = append([]string{http.MethodGet}, allow...)
	return f
}

// welcome tells of a new registration.
func (r *Registry) welcome(ctx context.Context, p *Platform) {
	r.log.InfoContext(ctx, "platform registered", "platform_id", p.ID, "name", p.Name, "version", p.Version, "parties", len(p.Parties))
	if err := r.joined(ctx, p); err != nil {
		r.log.ErrorContext(ctx, "a registered platform could not be prepared", "platform_id", p.ID, "error", err)
	}
}

// SignOff answers DELETE credentials: nothing goes between the hub and the
// platform any more (H-022). Its parties stay listed as SUSPENDED and are free
// for others; Rotate gives the platform a new token A.
func (r *Registry) SignOff(ctx context.Context, l Login) error {
	_, err := r.change(ctx, l.Platform.ID, func(p *Platform) error {
		if err := r.checkLogin(p, l); err != nil {
			return err
		}
		if err := mayUpdate(p, l.Key); err != nil {
			return err
		}
		p.giveUp(nil)
		p.disconnect()
		p.Status, p.Updated = Suspended, r.time()
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return unknownToken()
	}
	if err == nil {
		r.log.InfoContext(ctx, "platform signed off", "platform_id", l.Platform.ID)
	}
	return err
}

// Credentials answers GET credentials on an endpoint of version v: those of the
// hub, as it would tell them now, with the token that the request came with
// (H-023).
func (r *Registry) Credentials(l Login, v ocpi.Version) Credentials {
	return r.present(l.Platform, v, l.Token)
}
