package fanout

// Resend puts the newest state of the object of a change into the queue of one
// platform, whatever it got before; false when the platform is away or gets no
// copy. The order of the object is kept; a restart of the hub forgets it.
func (e *Engine) Resend(platform string, c Change) bool {
	o := e.outlet(platform)
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
