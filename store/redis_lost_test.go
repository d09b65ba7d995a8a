package store_test

import (
	"testing"

	"kvitt/store"
	"kvitt/store/redistest"
)

// The server does what it is told, and the answer to every second script is
// lost. go-redis then repeats the script, and nobody may notice.
func TestRedisKeepsEveryPromiseWhenAnswersAreLost(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, redistest.Start(t))
	t.Cleanup(func() {
		if n := proxy.Lost.Load(); n < 500 {
			t.Errorf("%d answers were lost; the test proves nothing", n)
		}
	})
	conform(t, proxy.URL()+"?min_retry_backoff=1ms&max_retry_backoff=1ms", 2*unit)
}

// A document remembers the last few writes; a call that go-redis repeats may
// find that many others came in between.
func TestABurstOfOthersDoesNotMakeARepeatedWriteHappenTwice(t *testing.T) {
	t.Parallel()
	r := openRedis(t, redistest.Start(t).URL(), store.RedisOptions{})
	mine := store.Write{Key: trouble, Token: "mine"}
	must(t, r.Write(t.Context(), mine))
	for i := range int64(3 * store.Remembered) {
		must(t, r.Write(t.Context(), store.Write{Key: trouble, If: i + 1}))
	}
	must(t, r.Write(t.Context(), mine))
}
