package hearing

// spread is the mean and the variance of something.
type spread struct{ n, sum, squares float64 }

func (s *spread) add(v float64) {
	s.n++
	s.sum += v
	s.squares += v * v
}

func (s *spread) join(more spread) {
	s.n += more.n
	s.sum += more.sum
	s.squares += more.squares
}

// mean is 0 of nothing.
func (s *spread) mean() float64 { return s.sum / max(s.n, 1) }

func (s *spread) variance() float64 {
	return max(s.squares/max(s.n, 1)-s.mean()*s.mean(), 0)
}

// relative is the variance in terms of the mean squared; 0 of nothing.
func (s *spread) relative() float64 {
	if s.sum == 0 {
		return 0
	}
	return s.variance() / (s.mean() * s.mean())
}
