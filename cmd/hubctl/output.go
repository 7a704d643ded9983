package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// printList prints messages as a JSON array or as a table with a row for each.
func printList[M proto.Message](o *options, w io.Writer, items []M, columns []string, row func(M) []string) error {
	if o.output == outputJSON {
		list := make([]any, len(items))
		for i, m := range items {
			list[i] = plainMessage(m.ProtoReflect())
		}
		return printJSON(w, list)
	}
	rows := [][]string{columns}
	for _, m := range items {
		rows = append(rows, row(m))
	}
	return printRows(w, rows)
}

// printOne prints a message as a JSON object or in the words given: pairs of
// name and value.
func printOne(o *options, w io.Writer, m proto.Message, words [][]string) error {
	if o.output == outputJSON {
		return printJSON(w, plainMessage(m.ProtoReflect()))
	}
	return printRows(w, words)
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func printRows(w io.Writer, rows [][]string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = printable(cell)
		}
		if _, err := fmt.Fprintln(tw, strings.TrimRight(strings.Join(row, "\t"), "\t")); err != nil {
			return err
		}
	}
	return tw.Flush()
}

// printable keeps what partners wrote from steering the terminal.
func printable(cell string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, cell)
}

// plainMessage turns a message into what encoding/json prints as the contract
// of -o json wants it: every field under its proto name, empty ones too, and 64
// bit integers as numbers, which protojson writes as strings.
func plainMessage(m protoreflect.Message) any {
	if t, ok := m.Interface().(*timestamppb.Timestamp); ok {
		return t.AsTime().Format(time.RFC3339Nano)
	}
	fields := m.Descriptor().Fields()
	out := make(map[string]any, fields.Len())
	for i := range fields.Len() {
		f := fields.Get(i)
		out[string(f.Name())] = plainField(m, f)
	}
	return out
}

func plainField(m protoreflect.Message, f protoreflect.FieldDescriptor) any {
	switch {
	case f.IsList():
		list := m.Get(f).List()
		out := make([]any, list.Len())
		for i := range list.Len() {
			out[i] = plainValue(f, list.Get(i))
		}
		return out
	case f.HasPresence() && !m.Has(f):
		return nil
	}
	return plainValue(f, m.Get(f))
}

func plainValue(f protoreflect.FieldDescriptor, v protoreflect.Value) any {
	if f.Message() != nil {
		return plainMessage(v.Message())
	}
	return v.Interface()
}

func showTime(t *timestamppb.Timestamp) string {
	if t == nil {
		return "-"
	}
	return t.AsTime().Format(time.RFC3339)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
