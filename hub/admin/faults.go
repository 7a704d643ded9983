package admin

import (
	"context"
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// Domain is the domain of the google.rpc.ErrorInfo that every refused call
// carries. Its reason names the kind of failure.
const Domain = "ocpihub"

// toStatus is the one place where failures become gRPC status. What is no fault
// stays inside, and so does the cause of a fault.
func toStatus(err error) error {
	if err == nil {
		return nil
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return foreign(err)
	}
	message := f.Message
	if f.Kind == fault.Internal {
		message = "internal error; see the log of the hub"
	}
	return withReason(grpcCode(f.Kind), reason(f.Kind), message)
}

// foreign maps errors that are no faults: those of gRPC itself and of contexts
// keep their code.
func foreign(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return withReason(codes.Canceled, "CANCELED", "the call was cancelled")
	case errors.Is(err, context.DeadlineExceeded):
		return withReason(codes.DeadlineExceeded, "DEADLINE_EXCEEDED", "the call took too long")
	}
	if s, ok := status.FromError(err); ok {
		return s.Err()
	}
	return withReason(codes.Internal, "INTERNAL", "internal error; see the log of the hub")
}

func withReason(code codes.Code, why, message string) error {
	s, err := status.New(code, message).WithDetails(&errdetails.ErrorInfo{Reason: why, Domain: Domain})
	if err != nil {
		return status.Error(code, message)
	}
	return s.Err()
}

// grpcCode maps the kinds of failure to gRPC codes. FailedPrecondition stands
// for what fails at the partner: Unavailable would say that the hub itself is
// down.
func grpcCode(k fault.Kind) codes.Code {
	switch k {
	case fault.Unauthorized:
		return codes.Unauthenticated
	case fault.Malformed, fault.Invalid, fault.TooLarge, fault.NoMethod:
		return codes.InvalidArgument
	case fault.TooMany:
		return codes.ResourceExhausted
	case fault.ForeignOwner, fault.Forbidden:
		return codes.PermissionDenied
	case fault.NotFound, fault.UnknownLocation, fault.UnknownToken, fault.UnknownReceiver:
		return codes.NotFound
	case fault.Suspended, fault.NotConnected, fault.NoInterface, fault.BadAnswer,
		fault.ClientUnusable, fault.Unsupported, fault.NoMatching:
		return codes.FailedPrecondition
	case fault.Timeout:
		return codes.DeadlineExceeded
	case fault.Conflict:
		return codes.Aborted
	case fault.Busy, fault.Unavailable:
		return codes.Unavailable
	case fault.Internal:
	}
	return codes.Internal
}

// reason names a kind of failure in ErrorInfo. The names are part of the API.
func reason(k fault.Kind) string {
	names := [...]string{
		fault.Internal:        "INTERNAL",
		fault.Unauthorized:    "UNAUTHORIZED",
		fault.Malformed:       "MALFORMED",
		fault.TooLarge:        "TOO_LARGE",
		fault.TooMany:         "TOO_MANY",
		fault.Suspended:       "SUSPENDED",
		fault.Invalid:         "INVALID",
		fault.ForeignOwner:    "FOREIGN_OWNER",
		fault.NotFound:        "NOT_FOUND",
		fault.NoMethod:        "NO_METHOD",
		fault.UnknownLocation: "UNKNOWN_LOCATION",
		fault.UnknownToken:    "UNKNOWN_TOKEN",
		fault.UnknownReceiver: "UNKNOWN_RECEIVER",
		fault.NoInterface:     "NO_INTERFACE",
		fault.NotConnected:    "NOT_CONNECTED",
		fault.Timeout:         "TIMEOUT",
		fault.BadAnswer:       "BAD_ANSWER",
		fault.ClientUnusable:  "CLIENT_UNUSABLE",
		fault.Unsupported:     "UNSUPPORTED",
		fault.NoMatching:      "NO_MATCHING",
		fault.Forbidden:       "FORBIDDEN",
		fault.Conflict:        "CONFLICT",
		fault.Busy:            "BUSY",
		fault.Unavailable:     "UNAVAILABLE",
	}
	if int(k) >= len(names) {
		return names[fault.Internal]
	}
	return names[k]
}
