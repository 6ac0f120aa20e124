package casework

import (
	"bufio"
	"fmt"
	"io"

	"kakeru/dialer"
)

// SamplePayment is one made-up payment: of a made-up case, by its 宛名番号.
type SamplePayment struct {
	WardNumber string
	Payment
}

// WriteSamplePaid writes a made-up paid list in the ward's format, every row marked as a sample, as WriteSample does.
func WriteSamplePaid(w io.Writer, payments []SamplePayment) error {
	out := bufio.NewWriterSize(w, 64<<10)
	m := PaidMapping()
	names := make([]string, 0, len(paidFields))
	for _, f := range paidFields {
		names = append(names, m.Name(f))
	}
	writeRow(out, names)
	for i, p := range payments {
		insurance := "国保"
		if p.Insurance == Kouki {
			insurance = "後期"
		}
		cells := map[Field]string{
			FieldWardNumber: p.WardNumber, FieldInsurance: insurance, FieldTerm: p.Term, FieldPaidYen: fmt.Sprint(p.Yen),
			FieldPaidOn: fmt.Sprintf("%d/%02d/%02d", p.PaidOn.Year, int(p.PaidOn.Month), p.PaidOn.Day),
			FieldPaidBy: []string{"コンビニ", "金融機関", "口座振替"}[i%3], FieldSample: SampleMark,
		}
		row := make([]string, 0, len(paidFields))
		for _, f := range paidFields {
			row = append(row, cells[f])
		}
		writeRow(out, row)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the made-up paid list: %w", err)
	}
	return nil
}

// SamplePayments makes payments up for a promise of a made-up case, paid on one day: of four promises in a row two are paid whole,
// one half and one not at all. A promise that is not split is paid from the oldest balance on.
func SamplePayments(nth int, c Case, p Promise, on dialer.Date) (paid []SamplePayment) {
	left := p.Yen
	switch nth % 4 {
	case 2:
		left /= 2
	case 3:
		return nil
	}
	add := func(insurance Insurance, term string, upTo int64) {
		if yen := min(left, upTo); yen > 0 {
			paid = append(paid, SamplePayment{c.WardNumber, Payment{Insurance: insurance, Term: term, PaidOn: on, Yen: yen}})
			left -= yen
		}
	}
	for _, part := range p.Parts {
		add(part.Insurance, part.Term, part.Yen)
	}
	if len(p.Parts) == 0 {
		for _, b := range c.Balances {
			add(b.Insurance, b.Term, b.Yen)
		}
	}
	return paid
}
