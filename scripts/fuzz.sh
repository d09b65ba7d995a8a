#!/usr/bin/env bash
# Fuzzes every target of the module in turn, each for an equal share of the budget in seconds, and says how often each was run. A failure is kept by the
# go command in testdata/fuzz, named, and ends it with 1.
set -euo pipefail
budget=${1:?how many seconds in all}

targets=()
while read -r _ package dir; do # What is built fast comes first.
  for target in $(grep -oshE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | cut -d' ' -f2); do
    targets+=("$package $target")
  done
done < <(go list -f '{{len .Deps}} {{.ImportPath}} {{.Dir}}' ./... | sort -n)

share=$((budget / ${#targets[@]}))
[ "$share" -gt 0 ] || { echo "a budget of ${budget} s is too short for ${#targets[@]} targets" >&2; exit 2; }
echo "${#targets[@]} targets, ${share} s each"
failed=0
for entry in "${targets[@]}"; do
  read -r package target <<<"$entry"
  # What to minimize is bounded, or one interesting input takes a minute.
  if said=$(go test -run '^$' -fuzz "^$target\$" -fuzztime "${share}s" -fuzzminimizetime 10x "$package" 2>&1); then
    runs=$(sed -n 's/.*execs: \([0-9]*\).*/\1/p' <<<"$said" | tail -n 1)
    echo "$package $target: ${runs:-0} executions"
  else
    echo "$package $target FAILED"
    echo "$said"
    failed=1
  fi
done
exit "$failed"
