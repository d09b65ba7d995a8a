package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ask sends one command and reads its answer, in Redis' own protocol:
// https://redis.io/docs/latest/develop/reference/protocol-spec/.
func ask(conn io.ReadWriter, args []string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := io.WriteString(conn, b.String()); err != nil {
		return "", err
	}
	return answer(bufio.NewReader(conn))
}

func answer(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	kind, rest := line[0], strings.TrimRight(line[1:], "\r\n")
	switch kind {
	case '-':
		return rest, errors.New(rest)
	case '$':
		return bulk(r, rest)
	case '*':
		return list(r, rest)
	}
	return rest, nil
}

func bulk(r io.Reader, length string) (string, error) {
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 {
		return "", err
	}
	text := make([]byte, n+2)
	if _, err := io.ReadFull(r, text); err != nil {
		return "", err
	}
	return string(text[:n]), nil
}

func list(r *bufio.Reader, length string) (string, error) {
	n, err := strconv.Atoi(length)
	if err != nil {
		return "", err
	}
	var parts []string
	for range n {
		part, err := answer(r)
		if err != nil {
			return part, err
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "\n"), nil
}
