package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"golang.org/x/term"
)

// The formats of the log.
const (
	FormatAuto = ""     // text on a terminal, else JSON
	FormatText = "text" // for people
	FormatJSON = "json" // for machines, one object a line
)

// NewLogger makes a logger that writes to w. The level is debug, info, warn or
// error. What is logged with the context of a message has its trace_id.
func NewLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q: want debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: least, ReplaceAttr: hideSecrets}
	if format == FormatAuto {
		format = formatFor(w)
	}
	switch format {
	case FormatText:
		return slog.New(traced{slog.NewTextHandler(w, options)}), nil
	case FormatJSON:
		return slog.New(traced{slog.NewJSONHandler(w, options)}), nil
	}
	return nil, fmt.Errorf("log format %q: want text or json", format)
}

func formatFor(w io.Writer) string {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return FormatText
	}
	return FormatJSON
}

// hideSecrets is the last line of defence: nobody logs a token, and if somebody
// does under its name it is not written.
func hideSecrets(_ []string, a slog.Attr) slog.Attr {
	switch strings.ToLower(a.Key) {
	case "token", "token_a", "token_b", "token_c", "authorization", "uid", "contract_id":
		return slog.String(a.Key, "***")
	}
	return a
}
