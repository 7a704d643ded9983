package access

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// Order asks for a new token. Whoever fills it has validated name and role.
type Order struct {
	Name    string
	Role    Role
	By      string    // the name of the caller
	Expires time.Time // zero: never
	Dry     bool      // only say what would be made
}

// maxTokens bounds how many tokens there may be: they are read as a whole.
const maxTokens = 1000

// Create makes a named token and returns it with what opens the API, which is
// not kept and cannot be shown again; with Order.Dry it is empty and nothing is
// made. Faults: Conflict when the name is taken, Invalid when it would have
// expired already, Unavailable.
func (k *Keyring) Create(ctx context.Context, o Order) (t Token, secret string, err error) {
	secret = rand.Text() + rand.Text()
	t = Token{
		Name: o.Name, Role: o.Role, Hash: HashOf(secret), By: o.By,
		Created: k.now().UTC().Truncate(time.Millisecond), Expires: o.Expires.UTC(),
	}
	if t.Expired(t.Created) {
		return Token{}, "", fault.New(fault.Invalid, "expires: want a time that is still ahead")
	}
	if err := k.hasRoomFor(ctx, o.Name); err != nil {
		return Token{}, "", err
	}
	if o.Dry {
		return t, "", nil
	}
	if err := k.store.Add(ctx, t); errors.Is(err, ErrTaken) {
		return Token{}, "", taken(o.Name)
	} else if err != nil {
		return Token{}, "", unavailable(err)
	}
	k.refresh(ctx)
	return t, secret, nil
}

// hasRoomFor refuses what the store would refuse, for a dry run, and one too
// many.
func (k *Keyring) hasRoomFor(ctx context.Context, name string) error {
	tokens, _, err := k.store.Load(ctx)
	switch {
	case err != nil:
		return unavailable(err)
	case name == RootName || slices.ContainsFunc(tokens, func(t Token) bool { return t.Name == name }):
		return taken(name)
	case len(tokens) >= maxTokens:
		return fault.New(fault.Conflict, "there are %d tokens, no more may be: revoke some", maxTokens)
	}
	return nil
}

// Tokens returns the named tokens by name, those that have expired too. When one
// was used on another replica is told up to a minute late.
func (k *Keyring) Tokens(ctx context.Context) ([]Token, error) {
	tokens, _, err := k.store.Load(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	for i, t := range tokens {
		if at := k.used.last(t.Hash); at.After(t.Used) {
			tokens[i].Used = at
		}
	}
	slices.SortFunc(tokens, func(a, b Token) int { return cmp.Compare(a.Name, b.Name) })
	return tokens, nil
}

// Revoke ends a token at once, with all that was opened with it, and returns it
// as it was; on other replicas it ends within two seconds. With dry nothing is
// done. Faults: NotFound, Unavailable.
func (k *Keyring) Revoke(ctx context.Context, name string, dry bool) (Token, error) {
	if name == RootName {
		return Token{}, fault.New(fault.Invalid, "the root token is the file admin.token_file: put another one into it and restart the hub")
	}
	tokens, err := k.Tokens(ctx)
	if err != nil {
		return Token{}, err
	}
	i := slices.IndexFunc(tokens, func(t Token) bool { return t.Name == name })
	if i < 0 {
		return Token{}, unknown(name)
	}
	if dry {
		return tokens[i], nil
	}
	if err := k.store.Remove(ctx, name); errors.Is(err, ErrUnknown) {
		return Token{}, unknown(name)
	} else if err != nil {
		return Token{}, unavailable(err)
	}
	k.refresh(ctx)
	return tokens[i], nil
}

// refresh brings a change that is stored into use. When the store does not
// answer any more, Run does so later.
func (k *Keyring) refresh(ctx context.Context) { k.report(ctx, k.reload(ctx)) }

func taken(name string) error {
	return fault.Wrap(fault.Conflict, ErrTaken, "there is a token %q already: revoke it, or choose another name", name)
}

func unknown(name string) error {
	return fault.Wrap(fault.NotFound, ErrUnknown, "there is no token %q; tokens list shows those that are", name)
}

func unavailable(cause error) error {
	return fault.Wrap(fault.Unavailable, cause, "the admin tokens cannot be reached now: try again")
}
