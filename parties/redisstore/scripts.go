package redisstore

import (
	_ "embed" // the scripts

	"github.com/redis/go-redis/v9"
)

//go:embed save.lua
var saveText string

//go:embed mend.lua
var mendText string

//go:embed tell.lua
var tellText string

//go:embed seal.lua
var sealText string

// scripts are the writes of the store: one each.
type scripts struct{ save, mend, tell, seal *redis.Script }

func newScripts() scripts {
	return scripts{redis.NewScript(saveText), redis.NewScript(mendText), redis.NewScript(tellText), redis.NewScript(sealText)}
}
