package sandbox

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

const maxBody = 1 << 20

// readArgs reads the arguments and the token of a Web API call: form, multipart, JSON or query. A JSON body takes its token
// from the header only (https://docs.slack.dev/apis/web-api/#slack-api__evaluating-responses).
func readArgs(r *http.Request) (Args, string, error) {
	args := Args{}
	addForm(args, r.URL.Query())
	delete(args, "token")
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	var err error
	switch kind {
	case "application/json":
		err = addJSON(args, r.Body)
		delete(args, "token")
	case "multipart/form-data":
		if r.ParseMultipartForm(maxBody) != nil {
			err = refuse("invalid_form_data")
		}
		addForm(args, r.PostForm)
	default:
		// Slack takes an unlabelled body for a form, too.
		body, _ := io.ReadAll(r.Body)
		form, bad := url.ParseQuery(string(body))
		if bad != nil {
			err = refuse("invalid_form_data")
		}
		addForm(args, form)
	}
	token := args["token"]
	delete(args, "token")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = bearer
	}
	return args, token, err
}

func addForm(args Args, form url.Values) {
	for name, values := range form {
		args[name] = values[0]
	}
}

// addJSON adds the fields of a JSON object; what is no string stays JSON, and null is as good as absent.
func addJSON(args Args, body io.Reader) error {
	raw, err := io.ReadAll(body)
	if err != nil || (len(raw) > 0 && !json.Valid(raw)) {
		return refuse("invalid_json")
	}
	var fields map[string]json.RawMessage
	if len(raw) > 0 && json.Unmarshal(raw, &fields) != nil {
		return refuse("json_not_object")
	}
	for name, value := range fields {
		var text string
		switch {
		case string(value) == "null":
		case json.Unmarshal(value, &text) == nil:
			args[name] = text
		default:
			args[name] = string(value)
		}
	}
	return nil
}
