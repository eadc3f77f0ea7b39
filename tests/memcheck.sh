#!/usr/bin/env bash
# Runs the unit tests of all unsafe code under valgrind's memcheck: reads past the end of a block, of bytes that nobody
# wrote, after they were freed. Needs valgrind, which runs the loops for AVX2 and not those for AVX-512.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Each case takes some fifty times as long as without.
export PROPTEST_CASES=${PROPTEST_CASES:-16}

# The unit tests of a crate, as a program.
program() {
    cargo test --quiet --package "$1" --lib --no-run --message-format json |
        python3 -c 'import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("executable") and message["target"]["kind"] == ["lib"]:
        print(message["executable"])'
}

# The tests of a crate whose names have one of the texts.
check() {
    local crate=$1 tests
    shift
    tests=$(program "$crate")
    printf '\n== %s: %s\n' "$crate" "$*"
    valgrind --quiet --error-exitcode=99 --leak-check=no "$tests" --test-threads 1 "$@"
}

check plimsoll-csv structure:: views:: parse::lanes:: stride::
check plimsoll-memory heap:: process:: trace::
check plimsoll-columnar ipc::map::
