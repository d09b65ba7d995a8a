# Reads the output of go test -v. Lets through what is worth reading, counts, and names what did not run at the end.
# Something that did not run is a failure unless ALLOW_SKIP=1.
/^=== |^PASS$|\[no test files\]$/ { next }
/^ *--- PASS: / { passed++; next }
/^ *--- FAIL: / { failed++ }
/^ *--- SKIP: / { skipped[++missing] = $3 }
{ print; fflush() }
END {
	for (i = 1; i <= missing; i++) print "did not run: " skipped[i]
	printf "%d passed, %d failed, %d skipped\n", passed, failed, missing
	if (failed || (missing && ENVIRON["ALLOW_SKIP"] != "1")) exit 1
}
