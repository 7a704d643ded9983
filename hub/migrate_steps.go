package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/hub/admin/access/redisaccess"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/redisstore"
	"github.com/ocpihub/ocpihub/routing/catalog/rediscatalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/redisrejections"
	"github.com/ocpihub/ocpihub/routing/held"
	"github.com/ocpihub/ocpihub/routing/held/redisheld"
	"github.com/ocpihub/ocpihub/routing/pull/redismarks"
	"github.com/ocpihub/ocpihub/routing/quality"
	"github.com/ocpihub/ocpihub/routing/quality/redisquality"
	"github.com/ocpihub/ocpihub/routing/trail"
	"github.com/ocpihub/ocpihub/routing/trail/redistrail"
	"github.com/ocpihub/ocpihub/routing/watch"
	"github.com/ocpihub/ocpihub/routing/watch/rediswatch"
)

// steps are in an order in which each may rest on those before it.
func (m *migration) steps() []moving {
	return []moving{
		{"sealing key", m.moveSeal},
		{"platforms", m.movePlatforms},
		{"agreements", m.moveAgreements},
		{"what members were told", m.moveBook},
		{"access tokens", m.moveTokens},
		{"catalog", m.moveCatalog},
		{"trails", m.moveTrails},
		{"marks of pulls", m.moveMarks},
		{"held removals", m.moveHeld},
		{"rejected deliveries", m.moveRejections},
		{"findings", m.moveFindings},
		{"rhythms and alerts", m.moveWatch},
	}
}

// errDiffers reports that Redis does not hold what was moved.
var errDiffers = errors.New("what is in Redis differs from what was moved: is a hub running?")

// compared is the balance of both sides, which hold the same in any order.
func compared[T any](from, to []T) (balance, error) {
	mine, theirs := digest(from), digest(to)
	if mine != theirs {
		return balance{}, fmt.Errorf("%w: %d of hash %.16s became %d of %.16s", errDiffers, mine.count, mine.hash, theirs.count, theirs.hash)
	}
	return mine, nil
}

func digest[T any](all []T) balance {
	lines := make([]string, len(all))
	for i, one := range all {
		raw, _ := json.Marshal(one) // plain data
		lines[i] = string(raw)
	}
	slices.Sort(lines)
	sum := sha256.New()
	for _, line := range lines {
		_, _ = fmt.Fprintf(sum, "%d:%s", len(line), line)
	}
	return balance{len(all), hex.EncodeToString(sum.Sum(nil))}
}

// moveSeal notes with which key the tokens are sealed.
func (m *migration) moveSeal(ctx context.Context) (balance, error) {
	fingerprint := m.from.sealer.Fingerprint()
	sum := sha256.Sum256([]byte(fingerprint))
	return balance{1, hex.EncodeToString(sum[:])}, redisstore.New(m.redis).CheckSeal(ctx, fingerprint)
}

func (m *migration) movePlatforms(ctx context.Context) (balance, error) {
	to := redisstore.New(m.redis)
	mine, _, err := m.from.registry.Load(ctx)
	if err != nil {
		return balance{}, err
	}
	theirs, _, err := to.Load(ctx)
	if err != nil {
		return balance{}, err
	}
	there := map[string]bool{}
	for _, p := range theirs {
		there[p.ID] = true
	}
	for _, p := range mine {
		if p.Revision = 0; there[p.ID] {
			continue
		}
		saved := *p
		if err := to.Save(ctx, &saved); err != nil {
			return balance{}, err
		}
	}
	theirs, _, err = to.Load(ctx)
	for _, p := range theirs {
		p.Revision = 0
	}
	if err != nil {
		return balance{}, err
	}
	return compared(mine, theirs)
}

func (m *migration) moveAgreements(ctx context.Context) (balance, error) {
	to := redisstore.New(m.redis)
	mine, err := m.from.registry.LoadAgreements(ctx)
	if err != nil {
		return balance{}, err
	}
	theirs, err := to.LoadAgreements(ctx)
	if err != nil {
		return balance{}, err
	}
	there := map[string]bool{}
	for _, a := range theirs {
		there[a.ID] = true
	}
	for _, a := range mine {
		if a.Revision = 0; there[a.ID] {
			continue
		}
		saved := *a
		if err := to.SaveAgreement(ctx, &saved); err != nil {
			return balance{}, err
		}
	}
	theirs, err = to.LoadAgreements(ctx)
	for _, a := range theirs {
		a.Revision = 0
	}
	if err != nil {
		return balance{}, err
	}
	return compared(mine, theirs)
}

// told is what others were told of a member, in a form that is compared.
type told struct {
	Claim parties.Claim
	Told  parties.Told
}

func toldOf(all map[parties.Claim]parties.Told) (out []told) {
	for claim, what := range all {
		out = append(out, told{claim, what})
	}
	return out
}

func (m *migration) moveBook(ctx context.Context) (balance, error) {
	to := redisstore.New(m.redis)
	mine, err := m.from.registry.Told(ctx)
	if err == nil && len(mine) > 0 {
		err = to.Tell(ctx, mine)
	}
	theirs, failed := to.Told(ctx)
	if err = errors.Join(err, failed); err != nil {
		return balance{}, err
	}
	return compared(toldOf(mine), toldOf(theirs))
}

func (m *migration) moveTokens(ctx context.Context) (balance, error) {
	to := redisaccess.New(m.redis)
	mine, _, err := m.from.access.Load(ctx)
	if err != nil {
		return balance{}, err
	}
	used := map[access.Hash]time.Time{}
	for _, t := range mine {
		if err := to.Add(ctx, t); err != nil && !errors.Is(err, access.ErrTaken) {
			return balance{}, err
		}
		if !t.Used.IsZero() {
			used[t.Hash] = t.Used
		}
	}
	if len(used) > 0 {
		if err := to.Use(ctx, used); err != nil {
			return balance{}, err
		}
	}
	theirs, _, err := to.Load(ctx)
	if err != nil {
		return balance{}, err
	}
	return compared(inUTC(mine), inUTC(theirs))
}

// inUTC has the times as both sides tell them.
func inUTC(tokens []access.Token) []access.Token {
	for i, t := range tokens {
		tokens[i].Created, tokens[i].Expires, tokens[i].Used = t.Created.UTC(), t.Expires.UTC(), t.Used.UTC()
	}
	return tokens
}

// progressEvery is how many objects of the catalog one line of progress is for.
const progressEvery = 10_000

func (m *migration) moveCatalog(ctx context.Context) (balance, error) {
	to := rediscatalog.New(m.redis)
	told := 0
	moved, err := m.from.catalog.MoveTo(ctx, to.Keyed, func(objects int) {
		if objects >= told+progressEvery {
			told = objects
			_, _ = fmt.Fprintf(m.progress, "catalog: %d objects so far\n", objects)
		}
	})
	return balance{moved.Objects, moved.Hash}, errors.Join(err, to.Close())
}

func (m *migration) moveTrails(ctx context.Context) (balance, error) {
	to, now := redistrail.New(m.redis, m.now), m.now()
	var mine, theirs []trail.Trail
	err := m.from.trails.Each(ctx, func(t trail.Trail) error {
		if !now.Before(t.Expires) {
			return nil
		}
		if err := to.Remember(ctx, t); err != nil {
			return err
		}
		there, err := to.Recall(ctx, t.Kind, t.Key, now)
		t.Expires, there.Expires = t.Expires.UTC().Truncate(time.Millisecond), there.Expires.UTC().Truncate(time.Millisecond)
		mine, theirs = append(mine, t), append(theirs, there)
		return err
	})
	if err != nil {
		return balance{}, err
	}
	return compared(mine, theirs)
}

func (m *migration) moveMarks(ctx context.Context) (balance, error) {
	to := redismarks.New(m.redis)
	platforms, _, err := m.from.registry.Load(ctx)
	if err != nil {
		return balance{}, err
	}
	var mine, theirs []string
	for _, p := range platforms {
		marks, err := m.from.marks.Load(ctx, p.ID)
		if err != nil {
			return balance{}, err
		}
		for list, mark := range marks {
			if err := to.Save(ctx, p.ID, list, mark); err != nil {
				return balance{}, err
			}
			mine = append(mine, fmt.Sprint(p.ID, list, mark.Newest.UnixNano(), mark.Read.UnixNano(), mark.Doubt))
		}
		there, err := to.Load(ctx, p.ID)
		if err != nil {
			return balance{}, err
		}
		for list, mark := range there {
			theirs = append(theirs, fmt.Sprint(p.ID, list, mark.Newest.UnixNano(), mark.Read.UnixNano(), mark.Doubt))
		}
	}
	return compared(mine, theirs)
}

// moveHeld adds what is not there yet: entries keep their order, and get new
// numbers.
func (m *migration) moveHeld(ctx context.Context) (balance, error) {
	to := redisheld.New(m.redis)
	mine, err := m.from.held.List(ctx)
	if err != nil {
		return balance{}, err
	}
	theirs, err := to.List(ctx)
	if err != nil {
		return balance{}, err
	}
	for _, e := range mine[min(len(theirs), len(mine)):] {
		if _, err := to.Add(ctx, e, nil); err != nil {
			return balance{}, err
		}
	}
	theirs, err = to.List(ctx)
	if err != nil {
		return balance{}, err
	}
	return compared(numberless(mine), numberless(theirs))
}

func numberless(all []held.Entry) []held.Entry {
	for i := range all {
		all[i].ID, all[i].Since = 0, all[i].Since.UTC()
	}
	return all
}

func (m *migration) moveRejections(ctx context.Context) (balance, error) {
	to := redisrejections.New(m.redis, m.from.sealer, slog.New(slog.DiscardHandler))
	mine, err := m.from.rejections.Load(ctx)
	if err != nil {
		return balance{}, err
	}
	for _, r := range mine {
		if err := to.Write(ctx, []fanout.Rejection{r}, nil); err != nil {
			return balance{}, err
		}
	}
	theirs, err := to.Load(ctx)
	if err != nil {
		return balance{}, err
	}
	return compared(mine, theirs)
}

// moveFindings adds the rows that are not there: rows add up, and each is added
// once.
func (m *migration) moveFindings(ctx context.Context) (balance, error) {
	to := redisquality.New(m.redis)
	mine, err := m.from.quality.Rows(ctx)
	if err != nil {
		return balance{}, err
	}
	theirs, err := to.Rows(ctx)
	if err != nil {
		return balance{}, err
	}
	there := map[quality.Place]bool{}
	for _, row := range theirs {
		there[row.Place] = true
	}
	for _, row := range mine {
		if there[row.Place] {
			continue
		}
		if err := to.Add(ctx, []quality.Row{row}); err != nil {
			return balance{}, err
		}
	}
	if theirs, err = to.Rows(ctx); err != nil {
		return balance{}, err
	}
	return compared(counted(mine), counted(theirs))
}

// counted is what of a row is compared: all but the example's time zone.
func counted(rows []quality.Row) (out []string) {
	for _, r := range rows {
		out = append(out, fmt.Sprint(r.Place, r.Count, r.FirstSeen.UnixNano(), r.LastSeen.UnixNano()))
	}
	return out
}

func (m *migration) moveWatch(ctx context.Context) (balance, error) {
	to := rediswatch.New(m.redis)
	mine, err := m.from.watch.Load(ctx)
	if err != nil {
		return balance{}, err
	}
	if err := to.Save(ctx, mine, nil); err != nil {
		return balance{}, err
	}
	theirs, err := to.Load(ctx)
	if err != nil {
		return balance{}, err
	}
	return compared(remembered(mine), remembered(theirs))
}

func remembered(memo watch.Memo) (out []any) {
	for _, r := range memo.Rhythms {
		out = append(out, r)
	}
	for _, a := range memo.Alerts {
		out = append(out, a)
	}
	return out
}
