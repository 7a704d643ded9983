package access_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/hub/admin/access/accesstest"
	"github.com/ocpihub/ocpihub/internal/fault"
)

const root = "the-root-token"

func TestMemoryKeepsTokens(t *testing.T) {
	accesstest.Run(t, func(*testing.T) access.Store { return access.NewMemory() })
}

// run opens a replica on a store that it may share, and runs it until the test
// ends.
func run(t *testing.T, store access.Store) (k *access.Keyring, stop func() error) {
	t.Helper()
	k, err := access.Open(t.Context(), access.Options{Store: store, Root: root, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return k, stop
}

func create(t *testing.T, k *access.Keyring, o access.Order) (secret string) {
	t.Helper()
	_, secret, err := k.Create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestARoleCoversThoseBelow(t *testing.T) {
	covers := map[access.Role]string{
		access.Viewer: "viewer", access.Operator: "viewer operator", access.Admin: "viewer operator admin", "king": "", "": "",
	}
	for role, want := range covers {
		for _, need := range append(access.Roles(), "king", "") {
			if got := role.Covers(need); got != (need != "" && strings.Contains(" "+want+" ", " "+string(need)+" ")) {
				t.Errorf("%q covers %q: %v", role, need, got)
			}
		}
	}
}

func TestATokenOpensUnderItsNameAndRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, _ := run(t, access.NewMemory())
		secret := create(t, k, access.Order{Name: "ann", Role: access.Operator, By: "root"})
		c, err := k.Authenticate(secret)
		if err != nil || c.Name != "ann" || c.Role != access.Operator || len(secret) != 52 {
			t.Errorf("got %+v, %v", c, err)
		}
		if c, err := k.Authenticate(root); err != nil || c.Name != access.RootName || c.Role != access.Admin {
			t.Errorf("root: %+v, %v", c, err)
		}
		for _, wrong := range []string{"", "x", root + "x", root[1:], secret[1:], strings.ToLower(secret)} {
			if c, err := k.Authenticate(wrong); !fault.Is(err, fault.Unauthorized) || c != (access.Caller{}) {
				t.Errorf("%q opens: %+v, %v", wrong, c, err)
			}
		}
	})
}

func TestWithoutARootTokenNothingOpens(t *testing.T) {
	if _, err := access.Open(t.Context(), access.Options{Store: access.NewMemory()}); err == nil {
		t.Error("it opens")
	}
}

func TestATokenExpiresByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, _ := run(t, access.NewMemory())
		secret := create(t, k, access.Order{Name: "ann", Role: access.Viewer, Expires: time.Now().Add(time.Hour)})
		c, err := k.Authenticate(secret)
		if err != nil {
			t.Fatal(err)
		}
		ctx, leave := k.Attend(t.Context(), c)
		defer leave()
		time.Sleep(time.Hour - time.Second)
		if _, err := k.Authenticate(secret); err != nil || ctx.Err() != nil {
			t.Errorf("before its end: %v, %v", err, ctx.Err())
		}
		time.Sleep(3 * time.Second)
		if _, err := k.Authenticate(secret); !fault.Is(err, fault.Unauthorized) || !strings.Contains(err.Error(), `"ann" has expired`) {
			t.Errorf("after its end: %v", err)
		}
		if !fault.Is(context.Cause(ctx), fault.Unauthorized) {
			t.Errorf("the call goes on: %v", context.Cause(ctx))
		}
	})
}

// Two replicas share a store, and nobody tells the second one anything.
func TestARevokedTokenIsDeadOnEveryReplicaWithinTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := access.NewMemory()
		here, _ := run(t, store)
		there, _ := run(t, store)
		secret := create(t, here, access.Order{Name: "ann", Role: access.Viewer})
		time.Sleep(2 * time.Second)
		var calls []context.Context
		for _, k := range []*access.Keyring{here, there} {
			c, err := k.Authenticate(secret)
			if err != nil {
				t.Fatal(err)
			}
			ctx, leave := k.Attend(t.Context(), c)
			defer leave()
			calls = append(calls, ctx)
		}
		other, leave := there.Attend(t.Context(), mustKnow(t, there, root))
		defer leave()
		if _, err := here.Revoke(t.Context(), "ann", false); err != nil {
			t.Fatal(err)
		}
		if _, err := here.Authenticate(secret); err == nil || calls[0].Err() == nil {
			t.Errorf("where it was revoked it goes on: %v", err)
		}
		time.Sleep(2 * time.Second)
		if _, err := there.Authenticate(secret); err == nil || !fault.Is(context.Cause(calls[1]), fault.Unauthorized) {
			t.Errorf("elsewhere it goes on: %v, %v", err, context.Cause(calls[1]))
		}
		if other.Err() != nil {
			t.Errorf("another call ended: %v", context.Cause(other))
		}
	})
}

func mustKnow(t *testing.T, k *access.Keyring, token string) access.Caller {
	t.Helper()
	c, err := k.Authenticate(token)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACallThatBeginsAsItsTokenIsRevokedEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, _ := run(t, access.NewMemory())
		c := mustKnow(t, k, create(t, k, access.Order{Name: "ann", Role: access.Viewer}))
		if _, err := k.Revoke(t.Context(), "ann", false); err != nil {
			t.Fatal(err)
		}
		ctx, leave := k.Attend(t.Context(), c)
		defer leave()
		if !fault.Is(context.Cause(ctx), fault.Unauthorized) {
			t.Errorf("it goes on: %v", context.Cause(ctx))
		}
	})
}

// counting counts what is written.
type counting struct {
	access.Store
	uses  atomic.Int32
	fails atomic.Bool
}

func (c *counting) Use(ctx context.Context, used map[access.Hash]time.Time) error {
	c.uses.Add(1)
	if c.fails.Load() {
		return errors.New("down")
	}
	return c.Store.Use(ctx, used)
}

func TestTheLastUseIsShownAtOnceAndWrittenOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &counting{Store: access.NewMemory()}
		k, stop := run(t, store)
		secret := create(t, k, access.Order{Name: "ann", Role: access.Viewer})
		used := func() time.Time {
			t.Helper()
			list, err := k.Tokens(t.Context())
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			return list[0].Used
		}
		if !used().IsZero() {
			t.Errorf("used at %v before its first use", used())
		}
		var last time.Time
		for range 1000 {
			time.Sleep(10 * time.Millisecond)
			last = time.Now().UTC()
			mustKnow(t, k, secret)
		}
		if !used().Equal(last) || store.uses.Load() != 0 {
			t.Errorf("used at %v, want %v; written %d times", used(), last, store.uses.Load())
		}
		store.fails.Store(true)
		time.Sleep(time.Minute)
		store.fails.Store(false)
		time.Sleep(time.Minute)
		if n := store.uses.Load(); n != 2 || !used().Equal(last) {
			t.Errorf("written %d times, shown as %v, want %v", n, used(), last)
		}
		time.Sleep(5 * time.Minute)
		if n := store.uses.Load(); n != 2 {
			t.Errorf("an idle token is written %d times", n)
		}
		last = time.Now().UTC()
		mustKnow(t, k, secret)
		if err := stop(); err != nil {
			t.Error(err)
		}
		if list, _, _ := store.Load(t.Context()); !list[0].Used.Equal(last) {
			t.Errorf("after the stop %v is stored, want %v", list[0].Used, last)
		}
	})
}

func TestWhatCannotBeMadeOrRevokedIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, _ := run(t, access.NewMemory())
		create(t, k, access.Order{Name: "ann", Role: access.Viewer})
		for _, dry := range []bool{true, false} {
			for _, test := range []struct {
				o    access.Order
				want fault.Kind
			}{
				{access.Order{Name: "ann", Role: access.Admin}, fault.Conflict},
				{access.Order{Name: access.RootName, Role: access.Viewer}, fault.Conflict},
				{access.Order{Name: "new", Role: access.Viewer, Expires: time.Now()}, fault.Invalid},
			} {
				test.o.Dry = dry
				if _, secret, err := k.Create(t.Context(), test.o); !fault.Is(err, test.want) || secret != "" {
					t.Errorf("%+v: %q, %v", test.o, secret, err)
				}
			}
			if _, err := k.Revoke(t.Context(), "bob", dry); !fault.Is(err, fault.NotFound) {
				t.Errorf("revoke nobody: %v", err)
			}
			if _, err := k.Revoke(t.Context(), access.RootName, dry); !fault.Is(err, fault.Invalid) {
				t.Errorf("revoke root: %v", err)
			}
		}
	})
}

func TestATrialChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := access.NewMemory()
		k, _ := run(t, store)
		create(t, k, access.Order{Name: "ann", Role: access.Viewer})
		got, secret, err := k.Create(t.Context(), access.Order{Name: "bob", Role: access.Operator, By: "ann", Dry: true})
		if err != nil || secret != "" || got.Name != "bob" || got.By != "ann" {
			t.Errorf("got %+v, %q, %v", got, secret, err)
		}
		if got, err := k.Revoke(t.Context(), "ann", true); err != nil || got.Name != "ann" {
			t.Errorf("got %+v, %v", got, err)
		}
		if list, epoch, _ := store.Load(t.Context()); len(list) != 1 || epoch != 1 {
			t.Errorf("there are %d tokens at epoch %d", len(list), epoch)
		}
	})
}

func TestNoMoreThanAThousandTokensAreMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := access.NewMemory()
		k, _ := run(t, store)
		for i := range 1000 {
			one := accesstest.Named(strings.Repeat("x", i+1))
			if err := store.Add(t.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := k.Create(t.Context(), access.Order{Name: "new", Role: access.Viewer}); !fault.Is(err, fault.Conflict) {
			t.Errorf("one more: %v", err)
		}
	})
}

// broken is a store that can be switched off.
type broken struct {
	access.Store
	off atomic.Bool
}

var errOff = errors.New("secret.internal is off")

func (b *broken) Load(ctx context.Context) ([]access.Token, uint64, error) {
	if b.off.Load() {
		return nil, 0, errOff
	}
	return b.Store.Load(ctx)
}

func (b *broken) Epoch(ctx context.Context) (uint64, error) {
	if b.off.Load() {
		return 0, errOff
	}
	return b.Store.Epoch(ctx)
}

func TestWithoutTheStoreTheTokensLastKnownStillOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, log := &broken{Store: access.NewMemory()}, &bytes.Buffer{}
		k, err := access.Open(t.Context(), access.Options{Store: store, Root: root, Now: time.Now, Log: slog.New(slog.NewTextHandler(log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		secret := create(t, k, access.Order{Name: "ann", Role: access.Viewer})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.Run(ctx) }()
		store.off.Store(true)
		time.Sleep(10 * time.Second)
		mustKnow(t, k, secret)
		mustKnow(t, k, root)
		if _, _, err := k.Create(t.Context(), access.Order{Name: "bob", Role: access.Viewer}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("create: %v", err)
		}
		if _, err := k.Revoke(t.Context(), "ann", false); !fault.Is(err, fault.Unavailable) {
			t.Errorf("revoke: %v", err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), "those last known are used") || strings.Contains(log.String(), secret) {
			t.Errorf("the log says %s", log)
		}
	})
}
