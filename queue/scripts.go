package queue

import (
	"embed"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/*.lua
var sources embed.FS

// The scripts. What each takes, does and returns stands at the head of its file.
var (
	claimScript   = load("claim")
	renewScript   = load("renew")
	releaseScript = load("release")
	doneScript    = load("done")
	putScript     = load("put")
	removeScript  = load("remove")
	builtScript   = load("built")
	listScript    = load("list")
	depthScript   = load("depth")
	beginScript   = load("begin")
	stageScript   = redis.NewScript(source("stage"))
	swapScript    = load("swap")
	cancelScript  = load("cancel")
	checkScript   = redis.NewScript(source("ours") + source("check"))
	discardScript = redis.NewScript(source("ours") + source("discard"))
)

func load(name string) *redis.Script { return redis.NewScript(source("prelude") + source(name)) }

// source panics on a name that is not embedded, which no test run survives.
func source(name string) string {
	text, err := sources.ReadFile("lua/" + name + ".lua")
	if err != nil {
		panic(err)
	}
	return string(text)
}
