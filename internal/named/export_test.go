package named

// Number is number.
func Number(mark Mark, sql string) (text string, names []string, err error) { return number(mark, sql) }
