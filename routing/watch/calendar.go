package watch

import "time"

const (
	// hours is how many parts the cycle has: the hours of a week.
	hours = 168
	// steps is how many parts an hour has: five minutes each.
	steps = 12
	// grain is how finely a level is kept: a twentieth of a step.
	grain = 20
	// unseen is the level of an hour that was never watched as a whole.
	unseen = 255
)

// calendar divides time into the hours of a cycle, a week where nothing else is
// said, by UTC.
type calendar struct {
	cycle time.Duration
}

func (c calendar) hour() time.Duration { return max(c.cycle/hours, steps) }

// begin is when the hour of t began.
func (c calendar) begin(t time.Time) time.Time {
	return time.Unix(0, t.UnixNano()-t.UnixNano()%int64(c.hour())).UTC()
}

// index is the place of the hour of t in the cycle. That of a week begins on
// Thursday, as Unix time does.
func (c calendar) index(t time.Time) int { return int(t.UnixNano() / int64(c.hour()) % hours) }

// step is the place of t in its hour.
func (c calendar) step(t time.Time) int {
	return min(int(t.UnixNano()%int64(c.hour())*steps/int64(c.hour())), steps-1)
}
