package sandbox

import "slices"

// What goes wrong with sockets, on demand.

// Connections returns the number of open sockets, ghosts included.
func (s *Slack) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

func (s *Slack) openSockets() []*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sockets)
}

// CutSockets ends every connection without a goodbye.
func (s *Slack) CutSockets() {
	for _, k := range s.openSockets() {
		k.conn.NetConn().Close()
	}
}

// FreezeSockets makes every open connection half-open: it stays up, but nothing is sent, not even pings, and nothing that
// arrives is heard. Payloads may still go to it and are lost, as with Slack. Later connections work.
func (s *Slack) FreezeSockets() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.sockets {
		k.frozen = true
	}
}

// StopPings keeps Slack from pinging, or lets it again.
func (s *Slack) StopPings(stop bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flaws.noPings = stop
}

// HelloThenClose makes every later connection end right after its hello, as long as it is on.
func (s *Slack) HelloThenClose(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flaws.helloAndClose = on
}

// Disconnect sends a disconnect frame over every connection; reason is "warning", "refresh_requested" or "link_disabled".
// After a warning payloads keep coming; each connection is cut 10 seconds later unless the app left before.
func (s *Slack) Disconnect(reason string) {
	for _, k := range s.openSockets() {
		s.mu.Lock()
		k.leaving = k.leaving || reason != "warning"
		s.mu.Unlock()
		k.write(goodbye(reason))
		k.once.Do(func() { close(k.leave) })
	}
}

func goodbye(reason string) []byte {
	return encode(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink-sandbox"}})
}

// DuplicateNext makes each of the next n deliveries arrive twice at the same time, in both modes; over sockets each copy has its own
// envelope_id.
func (s *Slack) DuplicateNext(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flaws.duplicates += n
}

// takeDuplicate says whether this delivery arrives twice.
func (s *Slack) takeDuplicate() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flaws.duplicates == 0 {
		return false
	}
	s.flaws.duplicates--
	return true
}

// SendFrame sends any text frame over every open connection: an envelope that cannot be decoded, or of a kind nobody knows.
func (s *Slack) SendFrame(frame []byte) {
	for _, k := range s.openSockets() {
		k.write(frame)
	}
}

// Shutdown ends every connection for good and waits until all that Slack started is over. Call it at the end of a test: a
// server that is closed does not close what was upgraded.
func (s *Slack) Shutdown() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.CutSockets()
	s.hands.Wait()
}

// begin counts work that Shutdown waits for; it returns false once there is to be no more.
func (s *Slack) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.hands.Add(1)
	}
	return !s.ended
}
