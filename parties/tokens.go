package parties

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// newToken makes a credentials token: 52 letters and digits, 260 random bits,
// so that no two platforms ever share one (H-008).
func newToken() string { return rand.Text() + rand.Text() }

// newID makes the id of a platform, short enough to type.
func newID() string { return strings.ToLower(rand.Text()[:12]) }

// holdsKey says whether a token with this hash opens the platform at now.
func (p *Platform) holdsKey(h TokenHash, now time.Time) bool {
	for _, k := range p.Keys {
		if k.Hash == h && !k.Expired(now) {
			return true
		}
	}
	return false
}

// reissue makes token the platform's key for all. Older keys for all live on
// until end, keys for registration die (H-016), ended ones are dropped.
func (p *Platform) reissue(token string, now, end time.Time) {
	fresh := Key{Hash: HashToken(token), Use: ForAll}
	var keys []Key
	for _, k := range p.Keys {
		if k.Use == ForRegistration && k.Hash != fresh.Hash {
			p.Spent = k.Hash
		}
		if k.Use != ForAll || k.Hash == fresh.Hash || k.Expired(now) {
			continue
		}
		if k.Until.IsZero() || k.Until.After(end) {
			k.Until = end
		}
		keys = append(keys, k)
	}
	p.Keys, p.SealedOffer = append(keys, fresh), nil
}

// linger is how long an old key lives on once the newest was seen: requests
// with it may be under way, sent before the platform had the new one.
const linger = time.Second

// supersedes says whether the key with this hash is the newest of a rotation
// that is not over: another has ended, or lives longer than it should now.
func (p *Platform) supersedes(h TokenHash, now time.Time) bool {
	newest, ending := false, false
	for _, k := range p.Keys {
		if k.Hash == h {
			newest = k.Use == ForAll && k.Until.IsZero()
		} else if k.Expired(now) || k.Until.After(now.Add(linger)) {
			ending = true
		}
	}
	return newest && ending
}

// retire ends the keys that another supersedes: those that have ended are
// dropped, the others linger.
func (p *Platform) retire(now time.Time) {
	p.Keys = slices.DeleteFunc(p.Keys, func(k Key) bool { return k.Expired(now) })
	for i, k := range p.Keys {
		if k.Until.After(now.Add(linger)) {
			p.Keys[i].Until = now.Add(linger)
		}
	}
}

// openedTokens remembers the tokens that were opened, by their sealed bytes:
// opening one for each outgoing call would cost more than the look-up.
type openedTokens struct {
	mu     sync.RWMutex
	tokens map[string]string
}

func (o *openedTokens) open(s Sealer, sealed []byte) (string, error) {
	o.mu.RLock()
	token, ok := o.tokens[string(sealed)]
	o.mu.RUnlock()
	if ok {
		return token, nil
	}
	token, err := s.Open(sealed)
	if err != nil {
		return "", err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tokens[string(sealed)] = token
	return token, nil
}

// keepOnly forgets the tokens that no platform of the directory has.
func (o *openedTokens) keepOnly(d *Directory) {
	o.mu.Lock()
	defer o.mu.Unlock()
	kept := make(map[string]string, len(o.tokens))
	for _, p := range d.Platforms() {
		if token, ok := o.tokens[string(p.SealedToken)]; ok {
			kept[string(p.SealedToken)] = token
		}
	}
	o.tokens = kept
}

// Token returns the token by which the hub calls the platform and the way to
// write it. A platform that is not registered has none: NotConnected.
func (r *Registry) Token(p *Platform) (string, ocpi.TokenEncoding, error) {
	if !p.Registered() {
		return "", "", fault.New(fault.NotConnected, "platform %s is not registered", p.ID)
	}
	token, err := r.opened.open(r.sealer, p.SealedToken)
	if err != nil {
		return "", "", fmt.Errorf("open the token of platform %s: %w", p.ID, err)
	}
	return token, p.TokenEncoding, nil
}
