package authtest

import (
	"slices"
	"sync"

	"github.com/tollkeeper/tollkeeper"
)

// Events returns what the Authenticator told so far, in the order in which it did, after whatever mail is due has been
// delivered; with names, only events of these. A Config.Events set by [WithConfig] is told, too.
func (k *Kit) Events(names ...tollkeeper.EventName) []tollkeeper.Event {
	k.tb.Helper()
	k.deliver()
	k.box.heard()
	k.events.mu.Lock()
	defer k.events.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(k.events.list), func(e tollkeeper.Event) bool {
		return len(names) > 0 && !slices.Contains(names, e.Name)
	})
}

// eventLog keeps what happened, and tells the host's own function.
type eventLog struct {
	next func(tollkeeper.Event)
	box  *mailbox

	mu   sync.Mutex
	list []tollkeeper.Event
}

func (l *eventLog) add(e tollkeeper.Event) {
	l.mu.Lock()
	l.list = append(l.list, e)
	l.mu.Unlock()
	switch e.Name {
	case tollkeeper.EventMailSent, tollkeeper.EventMailFailed, tollkeeper.EventMailDropped:
		defer l.box.update(func() { l.box.told++ })
	}
	if l.next != nil {
		l.next(e)
	}
}
