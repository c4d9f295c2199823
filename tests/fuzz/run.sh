#!/bin/sh
# Runs libFuzzer targets: tests/fuzz/run.sh SECONDS TARGET...
#
# Each target replays its corpus (tests/fuzz/corpus/NAME for NAME_fuzz), then
# looks for more during SECONDS in a scratch copy of it; two targets at a time.
# One line a target; inputs that were found stay in build/fuzz/artifacts.
# Fails if there was a finding.
set -eu

corpora=$(dirname "$0")/corpus
scratch=build/fuzz/scratch
artifacts=build/fuzz/artifacts

# fail NAME LOG: a finding; what libFuzzer said of it.
fail()
{
	echo "fuzz $1: FAILED"
	grep -E 'ERROR|SUMMARY|Test unit written|runtime error' "$2" || true
	tail -n 30 "$2"
	exit 1
}

count()
{
	find "$1" -type f | wc -l
}

# one SECONDS TARGET
one()
{
	name=$(basename "$2" _fuzz)
	corpus=$corpora/$name
	work=$scratch/$name
	log=$scratch/$name.log
	if [ ! -d "$corpus" ] || [ "$(count "$corpus")" -eq 0 ]; then
		echo "fuzz $name: there is no corpus in $corpus"
		exit 1
	fi
	rm -rf "$work"
	mkdir -p "$work" "$artifacts"
	"$2" -runs=0 -timeout=10 -rss_limit_mb=1024 \
	    -artifact_prefix="$artifacts/$name-" "$corpus" \
	    >"$log" 2>&1 || fail "$name" "$log"
	seeds=$(count "$corpus")
	cp -R "$corpus/." "$work"
	"$2" -max_total_time="$1" -timeout=10 -rss_limit_mb=1024 \
	    -print_final_stats=1 -artifact_prefix="$artifacts/$name-" \
	    "$work" >"$log" 2>&1 || fail "$name" "$log"
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	echo "fuzz $name: ok ($seeds replayed, $runs runs in $1 s," \
	    "$(($(count "$work") - seeds)) inputs found)"
}

if [ $# -lt 2 ]; then
	echo "usage: $0 SECONDS TARGET..." >&2
	exit 2
fi
if [ "$1" = --one ]; then
	one "$2" "$3"
	exit 0
fi
seconds=$1
shift
case $seconds in
''|0|*[!0-9]*)
	echo "$0: SECONDS is a whole number over 0, not '$seconds'" >&2
	exit 2
	;;
esac
mkdir -p "$scratch"
printf '%s\n' "$@" | xargs -n 1 -P 2 "$0" --one "$seconds" || {
	echo "fuzz: there are findings: see above, and $artifacts" >&2
	exit 1
}
