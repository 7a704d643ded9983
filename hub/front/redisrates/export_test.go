package redisrates

// Unused is what was drawn for a platform and not used.
func (r *Rates) Unused(platform string) int {
	p := r.purse(platform)
	p.drawing.Lock() // what is drawn ahead is done
	defer p.drawing.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.left
}
