package admin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ocpihub/ocpihub/internal/fault"
)

func TestEveryKindOfFailureHasItsCode(t *testing.T) {
	want := map[fault.Kind]codes.Code{
		fault.Internal:        codes.Internal,
		fault.Unauthorized:    codes.Unauthenticated,
		fault.Malformed:       codes.InvalidArgument,
		fault.TooLarge:        codes.InvalidArgument,
		fault.TooMany:         codes.ResourceExhausted,
		fault.Suspended:       codes.FailedPrecondition,
		fault.Invalid:         codes.InvalidArgument,
		fault.ForeignOwner:    codes.PermissionDenied,
		fault.NotFound:        codes.NotFound,
		fault.NoMethod:        codes.InvalidArgument,
		fault.UnknownLocation: codes.NotFound,
		fault.UnknownToken:    codes.NotFound,
		fault.UnknownReceiver: codes.NotFound,
		fault.NoInterface:     codes.FailedPrecondition,
		fault.NotConnected:    codes.FailedPrecondition,
		fault.Timeout:         codes.DeadlineExceeded,
		fault.BadAnswer:       codes.FailedPrecondition,
		fault.ClientUnusable:  codes.FailedPrecondition,
		fault.Unsupported:     codes.FailedPrecondition,
		fault.NoMatching:      codes.FailedPrecondition,
		fault.Forbidden:       codes.PermissionDenied,
		fault.Conflict:        codes.Aborted,
		fault.Busy:            codes.Unavailable,
		fault.Unavailable:     codes.Unavailable,
	}
	reasons := map[string]fault.Kind{}
	for kind := range fault.Unavailable + 1 {
		code, known := want[kind]
		if !known {
			t.Errorf("kind %d is not in the table", kind)
		}
		s := status.Convert(toStatus(fmt.Errorf("doing: %w", fault.New(kind, "mend this"))))
		if s.Code() != code {
			t.Errorf("kind %d: got %s, want %s", kind, s.Code(), code)
		}
		why := reasonOf(s)
		if other, taken := reasons[why]; why == "" || taken {
			t.Errorf("kinds %d and %d share the reason %q", kind, other, why)
		}
		reasons[why] = kind
	}
}

func reasonOf(s *status.Status) string {
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetDomain() == Domain {
			return info.GetReason()
		}
	}
	return ""
}

func TestWhatIsInsideStaysInside(t *testing.T) {
	secret := errors.New("bbolt: secret")
	for _, err := range []error{
		secret,
		fmt.Errorf("save: %w", secret),
		fault.Wrap(fault.Internal, secret, "secret too"),
		fault.Wrap(fault.Unavailable, secret, "try again"),
	} {
		s := status.Convert(toStatus(err))
		if strings.Contains(s.Message(), "secret") {
			t.Errorf("%v: the answer says %q", err, s.Message())
		}
	}
}

func TestTheEndOfAContextKeepsItsCode(t *testing.T) {
	for err, want := range map[error]codes.Code{
		context.Canceled:         codes.Canceled,
		context.DeadlineExceeded: codes.DeadlineExceeded,
	} {
		if got := status.Code(toStatus(fmt.Errorf("ask: %w", err))); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAStatusOfGRPCItselfPasses(t *testing.T) {
	if got := status.Code(toStatus(status.Error(codes.Unimplemented, "x"))); got != codes.Unimplemented {
		t.Errorf("got %s", got)
	}
	if err := toStatus(nil); err != nil {
		t.Errorf("got %v", err)
	}
}
