package natstest_test

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/internal/natstest"
)

func js(t *testing.T, s *natstest.Servers) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(s.Connect())
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func make3(t *testing.T, s *natstest.Servers, replicas int) jetstream.JetStream {
	t.Helper()
	j := js(t, s)
	if _, err := j.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}, Replicas: replicas}); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Publish(t.Context(), "s", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	return j
}

func wantKept(t *testing.T, s *natstest.Servers) {
	t.Helper()
	s.Await()
	s.Leader("S")
	stream, err := js(t, s).Stream(t.Context(), "S")
	if err == nil {
		_, err = stream.GetMsg(t.Context(), 1)
	}
	if err != nil {
		t.Error(err)
	}
}

func TestAServerKeepsItsFilesOverAKill(t *testing.T) {
	for name, start := range map[string]func(testing.TB, ...func(*natstest.Config)) *natstest.Servers{
		"in this process": natstest.Single,
		"as a process": func(t testing.TB, edit ...func(*natstest.Config)) *natstest.Servers {
			return natstest.Processes(t, 1, edit...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			make3(t, s, 1)
			s.Kill(0)
			s.Restart(0)
			wantKept(t, s)
		})
	}
}

func TestAClusterGoesOnWithoutOneNode(t *testing.T) {
	s := natstest.Cluster(t)
	make3(t, s, 3)
	s.Whole("S")
	before := s.Leader("S")
	s.Kill(before)
	wantKept(t, s)
	s.Restart(before)
	s.Whole("S")
	s.StepDown("S")
	wantKept(t, s)
}

func TestAProcessIsStoppedAndGoesOn(t *testing.T) {
	s := natstest.Processes(t, 3)
	make3(t, s, 3)
	s.Whole("S")
	leader := s.Leader("S")
	s.Pause(leader)
	s.Resume(leader)
	wantKept(t, s)
}
