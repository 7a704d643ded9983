package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// call connects to the hub, asks it, and puts what goes wrong into words that
// say what to do.
func (o *options) call(cmd *cobra.Command, ask func(context.Context, *grpc.ClientConn) error) error {
	token, err := o.readToken()
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient("passthrough:///"+o.addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithPerRPCCredentials(bearer(token)))
	if err != nil {
		return fmt.Errorf("--addr %s: %w", o.addr, err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(cmd.Context(), o.timeout)
	defer cancel()
	return o.inWords(ask(ctx, conn))
}

func (o *options) readToken() (string, error) {
	b, err := os.ReadFile(o.tokenFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no token file %s: "+
			"start the hub, which makes it in its data directory, or name the file with --token-file", o.tokenFile)
	}
	if err != nil {
		return "", fmt.Errorf("the token file cannot be read: %w", err)
	}
	token := strings.TrimSpace(string(b))
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("%s does not hold a token: name the hub's admin.token file with --token-file", o.tokenFile)
	}
	return token, nil
}

// bearer sends the token with every call. The admin API has no TLS of its own:
// it listens on loopback, and beyond that belongs behind something that has.
type bearer string

// GetRequestMetadata is the header of a call.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

// RequireTransportSecurity allows the call without TLS.
func (bearer) RequireTransportSecurity() bool { return false }

// inWords tells the hub's own refusals, which carry an ErrorInfo, from what
// gRPC says when it does not reach a hub at all.
func (o *options) inWords(err error) error {
	s, ok := status.FromError(err)
	if err == nil || !ok {
		return err
	}
	reason := reasonOf(s)
	switch {
	case s.Code() == codes.Unauthenticated:
		return fmt.Errorf("the hub at %s does not take the token in %s (%s): "+
			"name its admin.token file, or one with a token of your own, with --token-file", o.addr, o.tokenFile, s.Message())
	case s.Code() == codes.DeadlineExceeded && reason != "TIMEOUT":
		return fmt.Errorf("the hub at %s did not answer within %s: look into its log, or wait longer with --timeout",
			o.addr, o.timeout)
	case s.Code() == codes.Canceled:
		return errors.New("interrupted")
	case reason != "":
		return errors.New(s.Message())
	case s.Code() == codes.Unavailable:
		return fmt.Errorf("no hub can be reached at %s: is it running? --addr names another address", o.addr)
	}
	return fmt.Errorf("%s does not speak the hub's admin API (%s): check --addr", o.addr, s.Message())
}

// reasonOf is the kind of failure that the hub names; empty when it was not the
// hub that answered. TIMEOUT is that of a partner.
func reasonOf(s *status.Status) string {
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}
