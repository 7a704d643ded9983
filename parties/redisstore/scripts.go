package redisstore

import (
	_ "embed" // the scripts

	"github.com/redis/go-redis/v9"
)

var (
	//go:embed save.lua
	saveText string
	//go:embed mend.lua
	mendText string
	//go:embed tell.lua
	tellText string
	//go:embed seal.lua
	sealText string
	//go:embed beat.lua
	beatText string
	//go:embed leave.lua
	leaveText string
	//go:embed alive.lua
	aliveText string
	//go:embed see.lua
	seeText string
	//go:embed claim.lua
	claimText string
	//go:embed release.lua
	releaseText string
)

// scripts are the writes of the store: one each. alive only reads.
type scripts struct{ save, mend, tell, seal, beat, leave, alive, see, claim, release *redis.Script }

func newScripts() scripts {
	return scripts{
		save:    redis.NewScript(saveText),
		mend:    redis.NewScript(mendText),
		tell:    redis.NewScript(tellText),
		seal:    redis.NewScript(sealText),
		beat:    redis.NewScript(beatText),
		leave:   redis.NewScript(leaveText),
		alive:   redis.NewScript(aliveText),
		see:     redis.NewScript(seeText),
		claim:   redis.NewScript(claimText),
		release: redis.NewScript(releaseText),
	}
}
