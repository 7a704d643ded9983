package routing

import "testing"

func TestWhatStaysOfAPathGoesOnEscapedAsItCame(t *testing.T) {
	for _, row := range []struct {
		path          string
		before, after []string
		want          string
	}{
		{"DE/ABC/l%6Fw!/", []string{"DE", "ABC", "low!"}, []string{"DE", "ABC", "low!"}, "DE/ABC/l%6Fw!/"},
		{"DE/ABC/l%6Fw/e!1", []string{"DE", "ABC", "low", "e!1"}, []string{"DE", "ABC", "DE*ABC*low", "e!1"}, "DE/ABC/DE*ABC*low/e!1"},
		{"/a%2Fb", []string{"a/b"}, []string{"NL*X/Y"}, "NL*X%2FY"},
	} {
		if got := respelled(row.path, row.before, row.after); got != row.want {
			t.Errorf("%s with %v is %s, want %s", row.path, row.after, got, row.want)
		}
	}
}
