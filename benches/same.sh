#!/usr/bin/env bash
# Whether the measured queries give the same bytes for every number of threads and block size. Needs the inputs and the
# program that benches/measure.py makes; prints a line a query, and fails where two outputs differ.
#
#     bash benches/same.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program=target/release/plimsoll
settings=("--threads 1" "--threads 2" "--threads 8" "--threads 2 --block-size 65536" "--threads 3 --block-size 1000003")
output=$(mktemp)
trap 'rm -f "$output"' EXIT
differ=0

# compare NAME SQL [FLAG…]
compare() {
    local name=$1 sql=$2 sums=()
    shift 2
    for setting in "${settings[@]}"; do
        # A setting is flags, so it is split at its spaces.
        # shellcheck disable=SC2086
        "$program" query --quiet $setting "$@" -o "$output" "$sql"
        sums+=("$(md5sum <"$output" | cut -d ' ' -f 1)")
    done
    if [ "$(printf '%s\n' "${sums[@]}" | sort -u | wc -l)" -eq 1 ]; then
        echo "$name: the same ${sums[0]} in ${#sums[@]} settings"
    else
        echo "$name: DIFFERENT ${sums[*]}"
        differ=1
    fi
}

brc=bench-data/brc-100000000.csv
g1=bench-data/g1-10000000.csv
compare brc "SELECT station, min(t), avg(t), max(t) FROM '$brc' GROUP BY station ORDER BY station" \
    --no-header --columns station,t --delimiter ';'
compare g1-q1 "SELECT id1, sum(v1) FROM '$g1' GROUP BY id1"
compare g1-q3 "SELECT id3, sum(v1), avg(v3) FROM '$g1' GROUP BY id3"
compare g1-q5 "SELECT id6, sum(v1), sum(v2), sum(v3) FROM '$g1' GROUP BY id6"
exit "$differ"
