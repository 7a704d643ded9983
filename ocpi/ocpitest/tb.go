package ocpitest

// TB is what a test has, as far as it is needed here.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Run starts a platform for the length of a test.
func Run(t TB, o Options) *Platform {
	t.Helper()
	p, err := New(o)
	if err != nil {
		t.Fatalf("start platform %s: %v", o.Name, err)
	}
	t.Cleanup(p.Close)
	return p
}
