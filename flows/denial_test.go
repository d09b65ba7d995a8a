package flows

import (
	"testing"
	"time"
)

func TestARefusalForAnotherReasonIsNotCountedAsTheSame(t *testing.T) {
	r := openRecord()
	for _, why := range []string{"not a billing admin", "not a billing admin", "outsider"} {
		r.denied(bo, ActPay, why, monday)
	}
	r.denied(asha, ActPay, "outsider", monday)
	if len(r.Denials) != 3 || r.Denials[0].Times != 2 || r.Denials[1].Why != "outsider" {
		t.Errorf("they are noted as %+v", r.Denials)
	}
	said := map[string]int{}
	r.fold(monday.Add(48 * time.Hour))
	for _, n := range r.notes {
		said[n.What]++
	}
	if said["denied"] != 3 || said["denied again"] != 1 {
		t.Errorf("the trail says %v", said)
	}
}
