package parties

import (
	"context"
	"slices"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Pin keeps a platform to one version, or, with none, lets it speak the highest
// that both have. What it speaks now it goes on to speak until the credentials are
// renewed in another one: by the platform, or by Rotate.
func (r *Registry) Pin(ctx context.Context, id string, v ocpi.Version) (*Platform, error) {
	p, err := r.change(ctx, id, func(p *Platform) error {
		if p.Pinned == v {
			return errUnchanged
		}
		p.Pinned = v
		return r.checkPin(p)
	})
	if err == nil {
		r.log.InfoContext(ctx, "platform pinned", "platform_id", id, "version", v)
	}
	return p, err
}

// checkPin says whether the hub can speak the version that a platform is kept to,
// and stand for the one party that it is for.
func (r *Registry) checkPin(p *Platform) error {
	if err := r.checkAs(p); err != nil {
		return err
	}
	switch {
	case !p.As.IsZero() && !slices.Contains(r.self.Versions, ocpi.V211):
		return fault.New(fault.Invalid, "as: a connection for one party is of OCPI 2.1.1, which this hub does not offer")
	case p.Pinned == "":
	case !slices.Contains(r.self.Versions, p.Pinned):
		return fault.New(fault.Invalid, "pinned_version: this hub offers OCPI %s, not %q", join(r.self.Versions), p.Pinned)
	case len(p.Speakable(r.self.Versions)) == 0:
		return fault.New(fault.Invalid, "pinned_version: %s", p.not211())
	}
	return nil
}

// obeys says whether a platform may send credentials on an endpoint of a version.
// In the one that it speaks it may always renew them.
func (p *Platform) obeys(v ocpi.Version) error {
	if !p.As.IsZero() && v != ocpi.V211 {
		return fault.New(fault.Unsupported, "this connection is for %s alone, which only OCPI 2.1.1 has: to speak %s, ask the operator of the hub for an ordinary one in the place of all that are for one party", p.As, v)
	}
	if p.Pinned == "" || p.Pinned == v || p.Registered() && p.Version == v {
		return nil
	}
	return fault.New(fault.Unsupported, "the operator of the hub keeps this platform to OCPI %s: use its endpoints, which the version list names", p.Pinned)
}
