package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/internal/fault"
)

// desk has tokens that never change, behind a real door.
type desk struct{ *access.Keyring }

func ann() access.Token {
	return access.Token{Name: "ann", Role: access.Operator, Created: at(1), By: "root", Used: at(8)}
}

func (desk) Create(_ context.Context, o access.Order) (access.Token, string, error) {
	if o.Name == "taken" {
		return access.Token{}, "", fault.New(fault.Conflict, `there is a token "taken" already: revoke it, or choose another name`)
	}
	t := access.Token{Name: o.Name, Role: o.Role, Created: at(1), By: o.By, Expires: o.Expires}
	if o.Dry {
		return t, "", nil
	}
	return t, "SECRET-1", nil
}

func (desk) Tokens(context.Context) ([]access.Token, error) {
	old := access.Token{Name: "bob@x", Role: access.Viewer, Created: at(2), By: "ann", Expires: at(9).AddDate(-10, 0, 0)}
	return []access.Token{ann(), old}, nil
}

func (desk) Revoke(context.Context, string, bool) (access.Token, error) { return ann(), nil }

func TestTokensSayWhatIsWrong(t *testing.T) {
	s := start(t)
	create := []string{"tokens", "create"}
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{append(create, "--name", "x"), 2, "role"},
		{append(create, "--role", "viewer"), 2, "name"},
		{append(create, "--name", "x", "--role", "viewer", "--expires", "soon"), 2, "want a duration such as"},
		{append(create, "--name", "x", "--role", "viewer", "--expires=-1h"), 2, "want a duration such as"},
		{append(create, "--name", "x", "--role", "king"), 1, "role: want one of viewer, operator, admin"},
		{append(create, "--name", "x y", "--role", "viewer"), 1, "name: want"},
		{append(create, "--name", "taken", "--role", "viewer"), 1, "choose another name"},
		{[]string{"tokens", "revoke"}, 2, "arg"},
		{[]string{"tokens", "revoke", "x/y"}, 1, "name: want"},
	} {
		code, out, errs := s.hubctl(t, test.args...)
		if code != test.code || out != "" || !strings.Contains(errs, test.says) {
			t.Errorf("%v: exit code %d, %q; want %d and %q", test.args, code, errs, test.code, test.says)
		}
	}
}

func TestATokenExpiresAfterADurationOrItsLastDay(t *testing.T) {
	now := at(0)
	for s, want := range map[string]time.Time{
		"30m": at(30), "2026-12-31": time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), "2026-12-31T12:00:00Z": time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC),
	} {
		if got, err := readExpires(s, now); err != nil || !got.AsTime().Equal(want) {
			t.Errorf("%s is read as %v, %v", s, got, err)
		}
	}
	if got, err := readExpires("", now); got != nil || err != nil {
		t.Errorf("nothing is read as %v, %v", got, err)
	}
}
