package catalog

import (
	"context"
	"errors"
	"sync"
)

// Applied is what came of one change of several.
type Applied struct {
	Outcome Outcome
	Err     error
}

// ApplyAll implements Store. A table that is near takes all changes in one step,
// so that they share its cost; one that is far away joins by itself what comes
// at once.
func (s *Keyed) ApplyAll(ctx context.Context, changes []Change) []Applied {
	_, far := s.table.(Dated)
	if !far && len(changes) > 1 {
		if out, err := s.inOneStep(ctx, changes); err == nil {
			return out
		} // one of them cannot be made, which shall harm no other
	}
	return s.sideBySide(ctx, changes)
}

func (s *Keyed) inOneStep(ctx context.Context, changes []Change) ([]Applied, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := make([]Applied, len(changes))
	err := s.table.Update(ctx, About{}, func(rows Rows) error {
		for i, c := range changes {
			outcome, err := apply(rows, c)
			if err != nil && !errors.Is(err, ErrUnknown) {
				return err
			}
			out[i] = Applied{outcome, err}
		}
		return nil
	})
	return out, err
}

// sideBySide makes changes of different objects at once, those of one object in
// their order.
func (s *Keyed) sideBySide(ctx context.Context, changes []Change) []Applied {
	of := map[Key][]int{}
	for i, c := range changes {
		c.Key.ID = fold(c.Key.ID)
		of[c.Key] = append(of[c.Key], i)
	}
	out := make([]Applied, len(changes))
	var work sync.WaitGroup
	for _, places := range of {
		work.Go(func() {
			for _, i := range places {
				out[i].Outcome, out[i].Err = s.Apply(ctx, changes[i])
			}
		})
	}
	work.Wait()
	return out
}
