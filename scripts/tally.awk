# Reads the output of go test -v. Lets through what is worth reading, counts, and names what did not run at the end.
# Something that did not run is a failure unless ALLOW_SKIP=1.
/^=== |^PASS$|\[no test files\]$/ { next }
/^ *--- PASS: / { passed++; next }
/^ *--- FAIL: / { failed++ }
/^ *--- SKIP: / { skipped[++missing] = $3 }
/^ *WARNING: DATA RACE/ { racing = 1 } # Every test that runs meanwhile is blamed for it: the report alone says who it was, so it is told again at the end.
racing { races[++raced] = $0 }
/^ *==================$/ { racing = 0 }
{ print; fflush() }
END {
	for (i = 1; i <= raced && i <= 200; i++) print races[i]
	for (i = 1; i <= missing; i++) print "did not run: " skipped[i]
	printf "%d passed, %d failed, %d skipped\n", passed, failed, missing
	if (failed || (missing && ENVIRON["ALLOW_SKIP"] != "1")) exit 1
}
