package fanout

import "context"

// Resend puts the newest state of the object of a change into the queue of one
// platform, whatever it got before; false when the platform is away or gets no
// copy. The order of the object is kept; a restart of the hub forgets it.
func (e *Engine) Resend(platform string, c Change) bool {
	if s := e.local(platform); s != nil || e.Peers == nil {
		return s.resend(platform, c)
	}
	c.Body = nil
	r, err := e.ask(context.Background(), platform, Question{About: AskResend, Change: &c})
	return err == nil && r.Done
}

func (s *shard) resend(platform string, c Change) bool {
	if s == nil {
		return false
	}
	o := s.outlet(platform)
	return o != nil && o.resend(c)
}

// resend queues the newest state of an object for every party that gets it.
func (o *outlet) resend(c Change) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.stopped() || o.holds(c.Key.Module) {
		return false
	}
	c.Body = nil
	receivers := o.engine.Audience.Receivers(o.platform, c)
	for _, to := range receivers {
		o.queue.add(to, &entry{part: c.Part, change: c, newest: true, came: o.engine.Now()})
	}
	o.pump()
	return len(receivers) > 0
}
