package parties

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// In OCPI 2.3.0 a hub names to each platform the parties that this one can reach
// through it, as roles in its credentials (H-030, H-032). They change with every
// party that comes or goes; then the hub renews its credentials (H-031).

// Reachable returns the parties in their roles that a platform may exchange with
// through the hub now, in the order of Members: those that it sees, and that have
// registered and are not stopped. One that is OFFLINE is expected back.
func (d *Directory) Reachable(reader *Platform, now time.Time) []Claim {
	var out []Claim
	for _, m := range d.members {
		m, _ = d.facing(reader, m)
		if (m.Status == Connected || m.Status == Offline) && d.Sees(reader, m, now) {
			out = append(out, m.Claim)
		}
	}
	return out
}

// Unshown returns the platforms that speak 2.3.0, are there, and were last shown
// other parties than they can reach now.
func (d *Directory) Unshown(now time.Time) []*Platform {
	var out []*Platform
	for _, p := range d.live {
		if d.unshown(p, now) {
			out = append(out, p)
		}
	}
	return out
}

func (d *Directory) unshown(p *Platform, now time.Time) bool {
	return p.Version == ocpi.V230 && p.Status == Connected && p.Registered() && !p.Untellable &&
		p.Shown != d.Print(p, now)
}

// Print stands for the parties that a platform can reach now: it is another one
// when they are others.
func (d *Directory) Print(reader *Platform, now time.Time) string {
	return printOf(d.Reachable(reader, now))
}

// printOf stands for parties: equal ones in the same order have equal prints.
func printOf(claims []Claim) string {
	h := sha256.New()
	for _, c := range claims {
		h.Write([]byte(c.String() + "\n"))
	}
	const enough = 16
	return hex.EncodeToString(h.Sum(nil)[:enough])
}

// shown stands for the parties that credentials of 2.3.0 name; it is empty in
// other versions.
func (c Credentials) shown() string {
	if c.HubPartyID == "" {
		return ""
	}
	var claims []Claim
	for _, role := range c.Roles {
		if party := ocpi.NewPartyID(role.CountryCode, role.PartyID); party.Country+party.ID != c.HubPartyID {
			claims = append(claims, Claim{Role: role.Role, Party: party})
		}
	}
	return printOf(claims)
}

// rolesFor are the roles in the hub's credentials for a platform that speaks
// 2.3.0. There must be one at least: while nobody can be reached it is the hub
// itself, which is OTHER where there is no HUB.
func (r *Registry) rolesFor(p *Platform) []CredentialsRole {
	dir := r.Directory()
	reachable := dir.Reachable(p, r.now())
	out := make([]CredentialsRole, 0, len(reachable)+1)
	for _, c := range reachable {
		out = append(out, CredentialsRole{
			Role: c.Role, BusinessDetails: dir.detailsOf(c), PartyID: c.Party.ID, CountryCode: c.Party.Country,
		})
	}
	if len(out) == 0 {
		out = append(out, CredentialsRole{
			Role: ocpi.OTHER, BusinessDetails: nameOnly(r.self.Name), PartyID: r.self.Party.ID, CountryCode: r.self.Party.Country,
		})
	}
	return out
}

// detailsOf are the business details of a registered party, or else its name.
func (d *Directory) detailsOf(c Claim) json.RawMessage {
	return d.detailsWhere(c.Party, func(q Party) bool { return q.Claim == c })
}

func (d *Directory) detailsWhere(party ocpi.PartyID, is func(Party) bool) json.RawMessage {
	for _, home := range d.homes[party] {
		i := slices.IndexFunc(home.Platform.Parties, is)
		if i < 0 {
			continue
		}
		if raw := home.Platform.Parties[i].BusinessDetails; ocpi.FindString(raw, "name") != "" {
			return raw
		}
	}
	return nameOnly(party.String())
}

// roleAs is the party that the hub stands for on a connection for one party.
func (d *Directory) roleAs(p *Platform) CredentialsRole {
	role, _ := p.Faced()
	return CredentialsRole{
		Role: role, PartyID: p.As.ID, CountryCode: p.As.Country,
		BusinessDetails: d.detailsWhere(p.As, func(q Party) bool { return q.Party == p.As }),
	}
}

// nameOnly are business details with a name and no more.
func nameOnly(name string) json.RawMessage {
	raw, _ := json.Marshal(map[string]string{"name": name}) // strings always can be written
	return raw
}

// Show renews the credentials with a platform that speaks 2.3.0, so that they name
// the parties that it can reach now. It goes on to speak 2.3.0, whatever it is
// pinned to. One that takes no PUT is not asked again until it renews its own
// (H-031); that is no failure.
func (r *Registry) Show(ctx context.Context, id string) error {
	p, err := r.find(id)
	if err != nil {
		return err
	}
	if !r.Directory().unshown(p, r.now()) {
		return nil
	}
	if _, err = r.renew(ctx, p, renewal{wish: wish{of: []ocpi.Version{ocpi.V230}}, again: true}); !refusesPUT(err) {
		return err
	}
	_, err = r.change(ctx, id, func(p *Platform) error {
		if p.Version != ocpi.V230 {
			return errUnchanged
		}
		p.Untellable = true
		return nil
	})
	r.log.InfoContext(ctx, "a platform does not take PUT credentials, and is not told of new parties by them", "platform_id", id, "error", err)
	return err
}

// refusesPUT says whether the partner answered 405.
func refusesPUT(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.NoMethod {
			return true
		}
	}
	return false
}
