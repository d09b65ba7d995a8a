package sandbox

import (
	"encoding/json"
	"errors"
	"strings"
)

// What a message may hold.

const (
	longestPost   = 40_000 // longer text is cut
	longestUpdate = 4_000  // longer text is msg_too_long
	mostMetadata  = 1_000  // bytes; Slack documents no number, apps are told to keep it small
)

// content reads text, blocks and metadata. For an update, old is what the message says now.
func (s *Slack) content(args Args, old *Message) (Version, error) {
	v := Version{Text: escaped(args["text"])}
	if args["markdown_text"] != "" {
		if args["text"] != "" || args["blocks"] != "" {
			return v, refuse("markdown_text_conflict")
		}
		v.Text = args["markdown_text"]
	}
	raw := json.RawMessage(args["blocks"])
	if len(raw) > 0 {
		if err := blocksError(raw, "message", "/blocks"); err != nil {
			return v, err
		}
		v.Blocks = s.keepBlocks(raw)
	}
	if attachments := readBlocks(json.RawMessage(args["attachments"])); len(attachments) > 100 {
		return v, refuse("too_many_attachments")
	} else if v.Text == "" && v.Blocks == nil && len(attachments) == 0 {
		return v, refuse("no_text")
	}
	var err error
	v.Metadata, err = keepMetadata(args["metadata"], old)
	return v, err
}

// keepMetadata checks message metadata: absent keeps what was there, {} removes it. Values may be text, numbers, truth values,
// or flat lists and objects of those (https://docs.slack.dev/messaging/message-metadata).
func keepMetadata(raw string, old *Message) (json.RawMessage, error) {
	if raw == "" {
		if old != nil {
			return old.Metadata, nil
		}
		return nil, nil
	}
	var fields object
	if json.Unmarshal([]byte(raw), &fields) != nil {
		return nil, refuse("invalid_metadata_format")
	}
	if len(fields) == 0 {
		return nil, nil
	}
	kind, _ := fields["event_type"].(string)
	payload, ok := fields["event_payload"].(object)
	if kind == "" || !ok {
		return nil, refuse("invalid_metadata_format")
	}
	if len(raw) > mostMetadata {
		return nil, refuse("metadata_too_large")
	}
	for _, value := range payload {
		if depth(value) > 1 {
			return nil, refuse("invalid_metadata_schema")
		}
	}
	return json.RawMessage(raw), nil
}

// depth is 0 for a plain value, 1 for a list or object of those.
func depth(v any) int {
	inside := 0
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			inside = max(inside, depth(item))
		}
	case object:
		for _, item := range v {
			inside = max(inside, depth(item))
		}
	default:
		return 0
	}
	return inside + 1
}

// blocksError is Slack's answer to blocks that break its rules, or nil. The pointers begin with at.
func blocksError(raw json.RawMessage, surface, at string) error {
	if len(readBlocks(raw)) == 0 && strings.TrimSpace(string(raw)) != "[]" {
		return refuse("invalid_blocks_format")
	}
	found := checkBlocks(raw, surface, at)
	if len(found) == 0 {
		return nil
	}
	for _, err := range found {
		if errors.Is(err, errTooLong) {
			return refuse("msg_blocks_too_long")
		}
	}
	return invalid("invalid_blocks", found)
}

func invalid(code string, found []error) error {
	errs, messages := []string{}, []string{}
	for _, err := range found {
		errs = append(errs, err.Error())
		messages = append(messages, "[ERROR] "+err.Error())
	}
	return &refusal{code, object{"errors": errs, "response_metadata": object{"messages": messages}}}
}
