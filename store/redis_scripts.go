package store

import _ "embed"

// Everything that changes the store is one of these scripts, and each may run
// twice: go-redis repeats a call whose answer was lost. What they share is put
// before each. They need no more of Redis than the commands they name and
// cjson, and no newer one than 5, the first to replicate what a script does
// rather than the script.
var (
	//go:embed scripts/prelude.lua
	preludeSource string
	//go:embed scripts/write.lua
	writeSource string
	//go:embed scripts/lease.lua
	leaseSource string
	//go:embed scripts/extend.lua
	extendSource string
	//go:embed scripts/release.lua
	releaseSource string
	//go:embed scripts/see.lua
	seeSource string
	//go:embed scripts/settle.lua
	settleSource string
	//go:embed scripts/ping.lua
	pingSource string

	writeScript   = script(preludeSource + writeSource)
	leaseScript   = script(preludeSource + leaseSource)
	extendScript  = script(preludeSource + extendSource)
	releaseScript = script(preludeSource + releaseSource)
	seeScript     = script(preludeSource + seeSource)
	settleScript  = script(preludeSource + settleSource)
	pingScript    = script(preludeSource + pingSource)
)

// script is the text of one of them.
type script string
