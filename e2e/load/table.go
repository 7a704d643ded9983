package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// table gathers the figures. All are at most their goal when they hold, unless
// the line is one where more is better.
type table struct{ rows []row }

type row struct {
	line, what, yardstick string
	figure, goal          float64
	atLeast               bool // the goal is a least
	unit                  string
	detail                string
}

func (t *table) add(r row) { t.rows = append(t.rows, r) }

// missing notes a line that could not be measured.
func (t *table) missing(line, what, why string) {
	t.rows = append(t.rows, row{line: line, what: what, yardstick: "not measured: " + why, figure: -1})
}

func (t *table) print(w io.Writer) error {
	slices.SortStableFunc(t.rows, func(a, b row) int {
		return number(a.line) - number(b.line)
	})
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "LINE\tWHAT\tAGAINST\tFIGURE\tGOAL\tHOLDS\tDETAIL")
	for _, r := range t.rows {
		if r.figure < 0 {
			fmt.Fprintf(tw, "%s\t%s\t%s\t-\t-\t-\t\n", r.line, r.what, r.yardstick)
			continue
		}
		sign, holds := "<=", r.figure <= r.goal
		if r.atLeast {
			sign, holds = ">=", r.figure >= r.goal
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%.2f%s\t%s %g%s\t%s\t%s\n", r.line, r.what, r.yardstick,
			r.figure, r.unit, sign, r.goal, r.unit, yes(holds), r.detail)
	}
	return tw.Flush()
}

func number(line string) int {
	n := 0
	_, _ = fmt.Sscanf(strings.TrimPrefix(line, "P"), "%d", &n)
	return n
}

func yes(holds bool) string {
	if holds {
		return "yes"
	}
	return "no"
}

// median is the middle of some figures; of none it is 0.
func median(figures []float64) float64 {
	if len(figures) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(figures))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
