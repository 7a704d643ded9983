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
	code, reason := grpcCode(f.Kind)
	message := f.Message
	if f.Kind == fault.Internal {
		message = "internal error; see the log of the hub"
	}
	return withReason(code, reason, message)
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

func withReason(code codes.Code, reason, message string) error {
	s, err := status.New(code, message).WithDetails(&errdetails.ErrorInfo{Reason: reason, Domain: Domain})
	if err != nil {
		return status.Error(code, message)
	}
	return s.Err()
}

// grpcCode maps the kinds of failure to gRPC codes and to the reasons of
// ErrorInfo. FailedPrecondition stands for what fails at the partner:
// Unavailable would say that the hub itself is down.
func grpcCode(k fault.Kind) (code codes.Code, reason string) {
	switch k {
	case fault.Internal:
		return codes.Internal, "INTERNAL"
	case fault.Unauthorized:
		return codes.Unauthenticated, "UNAUTHORIZED"
	case fault.Malformed:
		return codes.InvalidArgument, "MALFORMED"
	case fault.TooLarge:
		return codes.InvalidArgument, "TOO_LARGE"
	case fault.TooMany:
		return codes.ResourceExhausted, "TOO_MANY"
	case fault.Suspended:
		return codes.FailedPrecondition, "SUSPENDED"
	case fault.Invalid:
		return codes.InvalidArgument, "INVALID"
	case fault.ForeignOwner:
		return codes.PermissionDenied, "FOREIGN_OWNER"
	case fault.NotFound:
		return codes.NotFound, "NOT_FOUND"
	case fault.NoMethod:
		return codes.InvalidArgument, "NO_METHOD"
	case fault.UnknownLocation:
		return codes.NotFound, "UNKNOWN_LOCATION"
	case fault.UnknownToken:
		return codes.NotFound, "UNKNOWN_TOKEN"
	case fault.UnknownReceiver:
		return codes.NotFound, "UNKNOWN_RECEIVER"
	case fault.NoInterface:
		return codes.FailedPrecondition, "NO_INTERFACE"
	case fault.NotConnected:
		return codes.FailedPrecondition, "NOT_CONNECTED"
	case fault.Timeout:
		return codes.DeadlineExceeded, "TIMEOUT"
	case fault.BadAnswer:
		return codes.FailedPrecondition, "BAD_ANSWER"
	case fault.ClientUnusable:
		return codes.FailedPrecondition, "CLIENT_UNUSABLE"
	case fault.Unsupported:
		return codes.FailedPrecondition, "UNSUPPORTED"
	case fault.NoMatching:
		return codes.FailedPrecondition, "NO_MATCHING"
	case fault.Conflict:
		return codes.Aborted, "CONFLICT"
	case fault.Unavailable:
		return codes.Unavailable, "UNAVAILABLE"
	}
	return codes.Internal, "INTERNAL"
}
