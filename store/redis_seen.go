package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"time"
)

// FirstSight implements Backend.
func (r *Redis) FirstSight(ctx context.Context, team, id, token string, ttl time.Duration) (bool, error) {
	if err := CheckSeen(team, id, ttl); err != nil {
		return false, err
	}
	// Without a token it gets one that nobody else knows: go-redis may repeat it.
	token = cmp.Or(token, rand.Text())
	keys := []string{r.keys.seen(team, id), r.keys.pulse()}
	answer, err := r.change(ctx, "seen id "+team+"/"+id, seeScript, keys, token, microDigits(ttl))
	return err == nil && answer[0] == "first", err
}
