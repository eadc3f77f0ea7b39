#!/usr/bin/env bash
# Runs the unit tests of all unsafe code under valgrind's memcheck: reads past the end of a block, of bytes that nobody
# wrote, after they were freed. Needs valgrind, which runs the loops for AVX2 and not those for AVX-512.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Each case takes some fifty times as long as without.
export PROPTEST_CASES=${PROPTEST_CASES:-16}

# All unit tests at once: the features of dependencies are then those of `cargo test --workspace`, which need not be built anew.
programs=$(cargo test --quiet --workspace --lib --no-run --message-format json |
    python3 -c 'import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("executable"):
        print(message["target"]["name"], message["executable"])')

# The tests of a crate whose names have one of the texts.
check() {
    local crate=$1 tests
    shift
    tests=$(awk -v name="$crate" '$1 == name { print $2 }' <<<"$programs")
    printf '\n== %s: %s\n' "$crate" "$*"
    valgrind --quiet --error-exitcode=99 --leak-check=no "$tests" --test-threads 1 "$@"
}

check plimsoll_csv structure:: views:: parse::lanes:: stride::
# The test that measures time has none to spare here.
check plimsoll_memory heap:: process:: trace:: --skip tag_figures
check plimsoll_columnar ipc::map::
