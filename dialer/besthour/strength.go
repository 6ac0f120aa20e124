package besthour

import "math"

// group is what was seen of one value of a factor (one hour of one kind, say): tries, answers, and the rate that
// everything but this factor lets expect.
type group struct {
	tried, answered, expected float64
}

// none is the strength of a factor that has no effect: every group keeps the rate expected of it.
var none = math.Inf(1)

// strengths are those tried out, in tries: the number of tries that the expectation is worth against a group's own.
var strengths = []float64{5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120}

// proof is by how much the likelihood of "the factor matters" must exceed that of "it does not" before it is believed:
// e³, twenty to one, which is called strong evidence (Kass and Raftery 1995, Bayes Factors, JASA 90:773).
const proof = 3.0

// strengthOf estimates how strongly the groups of a factor are to be held to what is expected of them: empirical Bayes, the
// strength under which what was seen is likeliest, each group's rate being drawn from a Beta around its expectation. A
// factor without proof has strength none.
func strengthOf(groups []group) float64 {
	flat, best, strength := 0.0, math.Inf(-1), none
	for _, g := range groups {
		flat += g.answered*math.Log(g.expected) + (g.tried-g.answered)*math.Log1p(-g.expected)
	}
	for _, k := range strengths {
		sum := 0.0
		for _, g := range groups {
			sum += g.logLikelihood(k)
		}
		if sum > best {
			best, strength = sum, k
		}
	}
	if best-flat < proof {
		return none
	}
	return strength
}

// logLikelihood is that of the group's answers under a beta-binomial around the expectation, less the number of orders in
// which they may have come, which is the same for every strength.
func (g group) logLikelihood(strength float64) float64 {
	a, b := g.prior(strength)
	return logBeta(a+g.answered, b+g.tried-g.answered) - logBeta(a, b)
}

func (g group) prior(strength float64) (a, b float64) {
	return strength * g.expected, strength * (1 - g.expected)
}

// shrunk is the group's rate after what was seen of it: between its own and the expected one, by the weight of each.
func (g group) shrunk(strength float64) float64 {
	if math.IsInf(strength, 1) {
		return g.expected
	}
	return (g.answered + strength*g.expected) / (g.tried + strength)
}
