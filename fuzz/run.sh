#!/usr/bin/env bash
# Fuzzes each target for that many seconds: fuzz/run.sh SECONDS [TARGET…]. Ends with the first crash and leaves its input
# under fuzz/artifacts. Needs cargo-fuzz (cargo install cargo-fuzz --locked); a stable toolchain is enough.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

seconds=${1:?how many seconds each target runs}
shift
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    targets=(scanner sniffer values sql ipc)
fi

# cargo-fuzz asks for sanitizers, which a stable compiler has behind this variable.
export RUSTC_BOOTSTRAP=1

for target in "${targets[@]}"; do
    printf '\n== %s\n' "$target"
    mkdir -p "corpus/$target"
    # Inputs longer than the head's first look are no better, and slower.
    cargo fuzz run --fuzz-dir . "$target" "corpus/$target" "seeds/$target" -- \
        -max_total_time="$seconds" -max_len=2048 -timeout=20 -rss_limit_mb=4096 -print_final_stats=1
done
