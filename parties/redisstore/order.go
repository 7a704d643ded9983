package redisstore

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/internal/record"
)

// order is what save.lua is to write. Numbers are strings: Lua has only floating
// point.
type order struct {
	Epoch      string      `json:"epoch"` // empty: any
	Nonce      string      `json:"nonce"` // by which the write is known again
	Channel    string      `json:"channel"`
	Platforms  []platform  `json:"platforms"`
	Agreements []agreement `json:"agreements"`
}

type revised struct {
	Key      string `json:"key"`
	Revision string `json:"revision"` // that was loaded
	Next     string `json:"next"`
	Record   string `json:"record"`
}

type platform struct {
	revised
	ID   string   `json:"id"`
	Held []string `json:"held"`
}

type agreement struct {
	revised
	Pair int    `json:"pair"` // which of the keys holds those of its parties
	Span string `json:"span"` // from when to when it holds; empty: it does not stand
}

// Save implements parties.Store.
func (s *Store) Save(ctx context.Context, p *parties.Platform) error {
	return s.write(ctx, "", []*parties.Platform{p}, nil)
}

// SaveAgreement implements parties.Store.
func (s *Store) SaveAgreement(ctx context.Context, a *parties.Agreement) error {
	return s.write(ctx, "", nil, []*parties.Agreement{a})
}

// SaveAll implements parties.Store.
func (s *Store) SaveAll(ctx context.Context, b parties.Batch) error {
	return s.write(ctx, number(b.Epoch), b.Platforms, b.Agreements)
}

func (s *Store) write(ctx context.Context, epoch string, platforms []*parties.Platform, agreements []*parties.Agreement) error {
	o := order{Epoch: epoch, Nonce: rand.Text(), Channel: s.in.channel, Platforms: []platform{}, Agreements: []agreement{}}
	keys := []string{
		s.in.epoch, s.in.write, s.redis.Key(tag, "done", o.Nonce), s.in.platforms, s.in.revisions, s.in.held, s.in.claims, s.in.agreements,
	}
	for _, p := range platforms {
		one, err := orderPlatform(p)
		if err != nil {
			return fmt.Errorf("platform %s: %w", p.ID, err)
		}
		o.Platforms = append(o.Platforms, one)
	}
	for _, a := range agreements {
		one, err := orderAgreement(a)
		if err != nil {
			return fmt.Errorf("agreement %s: %w", a.ID, err)
		}
		pair := s.redis.Key(tag, "pair", a.CPO.String(), a.EMSP.String())
		if !slices.Contains(keys, pair) {
			keys = append(keys, pair)
		}
		one.Pair = slices.Index(keys, pair) + 1 // Lua counts from 1
		o.Agreements = append(o.Agreements, one)
	}
	if err := s.run(ctx, o, keys); err != nil {
		return err
	}
	for _, p := range platforms {
		p.Revision++
	}
	for _, a := range agreements {
		a.Revision++
	}
	return nil
}

func orderPlatform(p *parties.Platform) (platform, error) {
	next := p.Clone()
	next.Revision++
	raw, err := record.EncodePlatform(next)
	held := make([]string, 0, len(p.Parties))
	for _, h := range p.Held() {
		held = append(held, h.String())
	}
	return platform{revised: revision("platform/"+p.ID, p.Revision, raw), ID: p.ID, Held: held}, err
}

func orderAgreement(a *parties.Agreement) (agreement, error) {
	next := a.Clone()
	next.Revision++
	raw, err := record.EncodeAgreement(next)
	key := a.CPO.String() + "/" + a.EMSP.String() + "/" + a.ID
	return agreement{revised: revision(key, a.Revision, raw), Span: span(a)}, err
}

func revision(key string, loaded uint64, raw []byte) revised {
	return revised{Key: key, Revision: number(loaded), Next: number(loaded + 1), Record: string(raw)}
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// span is from when to when an agreement holds, so that strings compare as times
// do. It is empty for one that clashes with nothing.
func span(a *parties.Agreement) string {
	if a.State != parties.AgreementActive && a.State != parties.AgreementSuspended {
		return ""
	}
	const never = "999999999999999999999"
	ending := never
	if !a.Until.IsZero() {
		ending = instant(a.Until)
	}
	return instant(a.From) + ending
}

// instant writes a time in 21 digits: seconds since the year 1 and nanoseconds.
func instant(t time.Time) string {
	return fmt.Sprintf("%012d%09d", t.Unix()-time.Time{}.Unix(), t.Nanosecond())
}

// run has the order carried out and reads the answer.
func (s *Store) run(ctx context.Context, o order, keys []string) error {
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	answer, err := s.redis.Run(ctx, s.scripts.save, keys, text).StringSlice()
	if err != nil {
		return err
	}
	switch {
	case len(answer) == 2 && answer[0] == "OK":
		return nil
	case len(answer) == 1 && answer[0] == "CONFLICT":
		return parties.ErrConflict
	case len(answer) == 3 && answer[0] == "CLAIMED":
		return fmt.Errorf("%s is held by platform %s: %w", answer[1], answer[2], parties.ErrClaimed)
	case len(answer) == 2 && answer[0] == "CLASH":
		other, err := record.DecodeAgreement([]byte(answer[1]))
		if err != nil {
			return fmt.Errorf("an agreement: %w", err)
		}
		return &parties.ClashError{Other: other}
	}
	return errors.New("the script gave an answer that is not understood")
}
