package bridge

import "github.com/ocpihub/ocpihub/ocpi"

// Trip carries an object from version to version on one tree, so that its
// findings are those of the whole way: pointers into the very first source and
// the very last result.
func Trip(class Class, body []byte, s Surroundings, versions ...ocpi.Version) Result {
	t := &walk{s: s, owner: s.Owner, hops: hops}
	t.arena = &arena{}
	root := t.arena.parse(body, true)
	for i := 1; i < len(versions); i++ {
		way, _ := route(hops, versions[i-1], versions[i])
		t.to = versions[i]
		t.take(class, root, way)
	}
	return t.result(root, body)
}
